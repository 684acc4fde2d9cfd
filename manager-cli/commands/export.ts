import { TIMEFRAMES } from '../../logger/candles/timeframe.ts';
import type { ExportQuery } from '../../logger/queries/queries.ts';
import {
  CLOCKS,
  COLUMN_FORMATS,
  EXPORT_FORMATS,
  EXPORT_TYPES,
} from '../../logger/queries/validate.ts';
import { exportQuery, flag } from '../arguments.ts';
import { CancelledError } from '../client.ts';
import { ARCHIVE_OPTION, SECURITY, valued } from '../command.ts';
import type { Command, Session } from '../command.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { gapSink, gapsPath } from '../export-gaps.ts';
import type { GapSink } from '../export-gaps.ts';
import { checkFree, fileSink, stdoutSink } from '../export-sink.ts';
import type { ExportSink } from '../export-sink.ts';
import { checkNoColumnOptions, columnFormat, exportTarget } from '../export-target.ts';
import { counted } from '../format.ts';
import type { History } from '../history.ts';
import { BrokenPipeError } from '../output.ts';
import { progressLine } from '../progress.ts';

const LINE_END = 10;

interface ExportStats {
  lines: number;
  gaps: number;
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) count++;
  return count;
}

async function copy(
  session: Session,
  parts: { history: History; query: ExportQuery; sink: ExportSink; gaps: GapSink; isFile: boolean },
): Promise<ExportStats> {
  const { query, sink, gaps } = parts;
  const stats: ExportStats = { lines: 0, gaps: 0 };
  const { io } = session;
  // No progress line if the export itself goes to the terminal.
  const hasProgress = parts.isFile || io.stdout.isTTY !== true;
  const progress = hasProgress ? progressLine(io) : undefined;
  const progressText = (): string =>
    `Exporting ${query.security}: ${counted(stats.lines, 'line')}, ${counted(stats.gaps, 'gap')}`;
  try {
    for await (const part of parts.history.export(query, session.signal)) {
      if ('bytes' in part) {
        stats.lines += countLines(part.bytes);
        await sink.write(part.bytes);
        progress?.show(progressText);
        continue;
      }
      if ('scale' in part) continue;
      stats.gaps++;
      if (query.format !== 'jsonl') progress?.clear();
      await gaps.write(part.gap);
    }
  } finally {
    progress?.clear();
  }
  // A source that stops on an interrupt must not pass for a complete one.
  if (session.signal.aborted) throw new CancelledError();
  return stats;
}

async function summarise(
  { out }: Session,
  path: string,
  { lines, gaps }: ExportStats,
  gapFile: string | undefined,
): Promise<void> {
  if (out.isJson) {
    await out.json({ out: path, lines, gaps, ...(gapFile !== undefined && { gapFile }) });
  } else {
    const place = gapFile === undefined ? '' : ` (listed in ${gapFile})`;
    await out.line(
      `Wrote ${counted(lines, 'line')} to ${path}, with ${counted(gaps, 'gap')}${place}.`,
    );
  }
}

async function runExport(session: Session): Promise<ExitCode> {
  const { args, out } = session;
  const target = exportTarget(args);
  const columns = columnFormat(target.format);
  if (columns !== undefined) {
    const { exportColumns } = await import('../export-columns.ts');
    return exportColumns(session, columns, target);
  }
  const { path, format } = target;
  checkNoColumnOptions(args);
  const mayReplace = flag(args, 'force');
  if (mayReplace && path === undefined) throw usageError('--force belongs to --out; give both');
  const query = exportQuery(args, format);
  if (path !== undefined) {
    checkFree(path, mayReplace);
    if (query.format === 'tardis-csv') checkFree(gapsPath(path), mayReplace);
  }
  const history = await session.history();
  const sink = path === undefined ? stdoutSink(out) : await fileSink(path, mayReplace);
  const note = (line: string): void => out.note(line);
  const gaps = gapSink({ format: query.format, sink, path, mayReplace, note });
  let stats: ExportStats;
  try {
    stats = await copy(session, { history, query, sink, gaps, isFile: path !== undefined });
    await gaps.commit();
    await sink.commit();
    if (path === undefined) await out.flush();
  } catch (error) {
    await gaps.discard();
    await sink.discard();
    const end = path === undefined ? out.ended() : undefined;
    if (end instanceof BrokenPipeError) return EXIT.brokenPipe;
    throw end ?? error;
  }
  if (path !== undefined) await summarise(session, path, stats, gaps.path);
  if (stats.gaps === 0 || flag(args, 'allow-gaps')) return EXIT.done;
  const inFile = query.format === 'tardis-csv' ? 'listed above' : 'marked in place';
  const place = gaps.path === undefined ? inFile : `see ${gaps.path}`;
  out.note(
    `orderbook-manager: ${counted(stats.gaps, 'gap')} in the export; ${place}: accept with --allow-gaps`,
  );
  return EXIT.notRecorded;
}

export const exportCommand: Command = {
  usage: 'export <security>',
  describe:
    'Export trades, quotes, diffs, books, orders or candles to a file (exit 5 if there is a gap)',
  positionals: { security: SECURITY },
  options: {
    type: { ...valued('What to export (required)'), choices: [...EXPORT_TYPES] },
    format: {
      ...valued('Text (JSON lines, CSV, the CSV of Tardis), or a file with columns'),
      choices: [...EXPORT_FORMATS, ...COLUMN_FORMATS],
      defaultDescription: 'by the name of --out, else jsonl',
    },
    out: {
      ...valued(
        'File: .jsonl or .csv (with .gz: compressed), .parquet, .feather, .npz; - is stdout',
      ),
      defaultDescription: 'stdout',
    },
    force: { type: 'boolean', describe: 'Replace an existing file' },
    from: valued('From this time (default: the first record)'),
    to: valued('To this time, exclusive (default: the last record)'),
    clock: {
      ...valued(
        "Clock of --from and --to: the logger's receive time, or the exchange's event time",
      ),
      choices: [...CLOCKS],
      defaultDescription: 'receive',
    },
    every: {
      ...valued('Snapshots: interval, which divides a day without rest'),
      defaultDescription: '1s',
    },
    depth: valued('Snapshots: prices per side (default: all; with columns 25)'),
    level: { ...valued('Snapshots: 2 aggregates an L3 book by price'), choices: ['2'] },
    features: {
      type: 'boolean',
      describe: 'Snapshots: what was added, cancelled and traded at each price',
    },
    timeframe: { ...valued('Candles: their length'), choices: [...TIMEFRAMES] },
    floats: { type: 'boolean', describe: 'Columns: doubles instead of exact integers' },
    'rows-per-file': valued('Columns: several files (NAME-00001.parquet …) of so many rows'),
    'allow-gaps': { type: 'boolean', describe: 'Exit 0 in spite of gaps' },
    ...ARCHIVE_OPTION,
  },
  examples: [
    ['export binance:BTCUSDT --type trades --out trades.csv.gz', 'all trades, compressed'],
    ['export binance:BTCUSDT --type snapshots --every 100ms --depth 10 --from -1h', 'books'],
    [
      'export binance:BTCUSDT --type snapshots --every 1s --depth 10 --out book.parquet',
      'for pandas, polars and DuckDB',
    ],
    [
      'export binance:BTCUSDT --type incremental --format tardis-csv --out diffs.csv.gz',
      'for hftbacktest and nautilus_trader',
    ],
  ],
  completes: { recorded: true },
  run: runExport,
};
