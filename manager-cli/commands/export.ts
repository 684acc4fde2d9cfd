import type { ExportQuery } from '../../logger/queries/queries.ts';
import { CLOCKS, EXPORT_FORMATS, EXPORT_TYPES } from '../../logger/queries/validate.ts';
import { exportQuery, flag, text } from '../arguments.ts';
import { CancelledError } from '../client.ts';
import { archiveOption, valued } from '../command.ts';
import type { Command, Session } from '../command.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { checkFree, fileSink, stdoutSink } from '../export-sink.ts';
import type { ExportSink } from '../export-sink.ts';
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

/** The format where `--format` is not given: taken from the file name if possible. */
function defaultFormat(path: string | undefined): string {
  return path !== undefined && /\.csv(\.gz)?$/i.test(path) ? 'csv' : 'jsonl';
}

async function copy(
  session: Session,
  parts: { history: History; query: ExportQuery; sink: ExportSink; isFile: boolean },
): Promise<ExportStats> {
  const { query, sink } = parts;
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
      stats.gaps++;
      const line = JSON.stringify({ gap: part.gap });
      if (query.format === 'jsonl') {
        await sink.write(`${line}\n`);
      } else {
        progress?.clear();
        session.out.note(line);
      }
    }
  } finally {
    progress?.clear();
  }
  // A source that stops on an interrupt must not pass for a complete one.
  if (session.signal.aborted) throw new CancelledError();
  return stats;
}

async function summarise(session: Session, path: string, stats: ExportStats): Promise<void> {
  const { out } = session;
  if (out.isJson) {
    await out.json({ out: path, lines: stats.lines, gaps: stats.gaps });
  } else {
    await out.line(
      `Wrote ${counted(stats.lines, 'line')} to ${path}, with ${counted(stats.gaps, 'gap')}.`,
    );
  }
}

async function runExport(session: Session): Promise<ExitCode> {
  const { args, out } = session;
  const path = text(args, 'out');
  const mayReplace = flag(args, 'force');
  if (mayReplace && path === undefined) throw usageError('--force belongs to --out; give both');
  const query = exportQuery(args, defaultFormat(path));
  if (path !== undefined) checkFree(path, mayReplace);
  const history = await session.history();
  const sink = path === undefined ? stdoutSink(out) : await fileSink(path, mayReplace);
  let stats: ExportStats;
  try {
    stats = await copy(session, { history, query, sink, isFile: path !== undefined });
    await sink.commit();
    if (path === undefined) await out.flush();
  } catch (error) {
    await sink.discard();
    const end = path === undefined ? out.ended() : undefined;
    if (end instanceof BrokenPipeError) return EXIT.brokenPipe;
    throw end ?? error;
  }
  if (path !== undefined) await summarise(session, path, stats);
  if (stats.gaps === 0 || flag(args, 'allow-gaps')) return EXIT.done;
  out.note(
    `orderbook-manager: ${counted(stats.gaps, 'gap')} in the export; see orderbook-manager coverage ${query.security}, or accept them with --allow-gaps`,
  );
  return EXIT.notRecorded;
}

export const exportCommand: Command = {
  usage: 'export <security>',
  describe: 'Export trades, quotes, diffs, books or orders as text (exit 5 if there is a gap)',
  options: (yargs) =>
    archiveOption(yargs)
      .option('from', valued('From this time (default: the first record)'))
      .option('to', valued('To this time, exclusive (default: the last record)'))
      .option('clock', {
        ...valued(
          "Clock of --from and --to: the logger's receive time, or the exchange's event time",
        ),
        choices: [...CLOCKS],
        defaultDescription: 'receive',
      })
      .option('type', { ...valued('What to export'), choices: [...EXPORT_TYPES] })
      .option('every', {
        ...valued('Snapshots: interval, from 1us to 24h'),
        defaultDescription: '1s',
      })
      .option('depth', valued('Snapshots: prices per side (default: all)'))
      .option('level', {
        ...valued('Snapshots: 2 aggregates an L3 book by price'),
        choices: ['2'],
      })
      .option('format', {
        ...valued('JSON lines, comma-separated values, or the CSV of Tardis'),
        choices: [...EXPORT_FORMATS],
        defaultDescription: 'jsonl',
      })
      .option('out', valued('File, compressed if its name ends in .gz (default: stdout)'))
      .option('force', { type: 'boolean', describe: 'Replace an existing file' })
      .option('allow-gaps', { type: 'boolean', describe: 'Exit 0 in spite of gaps' }),
  run: runExport,
};
