/** `export` to files with columns: written here, from the items of the archive or of a logger. */

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isEventArray, numberedPath, writeFiles } from '../logger/files/write-files.ts';
import { withOrderImages } from '../logger/files/order-images.ts';
import type { FileItem } from '../logger/files/table.ts';
import { withTrades } from '../logger/files/with-trades.ts';
import type { FilesResult } from '../logger/files/write-files.ts';
import { formatGapItem } from '../logger/queries/format.ts';
import type { GapItem } from '../logger/queries/items.ts';
import type { ExportQuery } from '../logger/queries/queries.ts';
import type { BookResult, ColumnFormat } from '../logger/queries/results.ts';
import type { Position } from '../logger/archive/archive.ts';
import { DEFAULT_COLUMN_DEPTH, MAX_COLUMN_DEPTH } from '../logger/queries/validate.ts';
import { exportQuery, flag, integer } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { CancelledError } from './client.ts';
import type { Session } from './command.ts';
import { CliError, EXIT, cliErrorOf, usageError } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { checkFree, fileError, linkTarget } from './export-sink.ts';
import type { ExportTarget } from './export-target.ts';
import { counted } from './format.ts';
import type { History } from './history.ts';
import { progressLine } from './progress.ts';
import { version } from './version.ts';

const MAX_ROWS_PER_FILE = 1_000_000_000;

export async function exportColumns(
  session: Session,
  format: ColumnFormat,
  { path }: ExportTarget,
): Promise<ExitCode> {
  const { args, out } = session;
  if (path === undefined) throw usageError(`--format ${format} needs --out: it is no text`);
  const query = columnsQuery(args);
  const rowsPerFile = integer(args, 'rows-per-file', { min: 1, max: MAX_ROWS_PER_FILE });
  const names = new FileNames(path, rowsPerFile !== undefined, flag(args, 'force'));
  names.checkFree();
  const history = await session.history();
  const progress = progressLine(session.io);
  const onGap = (gap: GapItem): void => {
    progress.clear();
    out.note(JSON.stringify({ gap: formatGapItem(gap) }));
  };
  let result: FilesResult;
  try {
    result = await writeFiles(
      uninterrupted(session, await itemsOf(session, history, query, format)),
      {
        query,
        format,
        path: names.path,
        rowsPerFile,
        hasFloats: flag(args, 'floats'),
        program: `orderbook-logger ${version()}`,
      },
      {
        onGap,
        onRows: (rows) =>
          progress.show(() => `Exporting ${query.security}: ${counted(rows, 'row')}`),
        beforeCommit: (paths) => names.makeFree(paths),
      },
    );
  } catch (error) {
    const known = cliErrorOf(error);
    throw known instanceof CliError || !isSystemError(known) ? known : fileError(path, known);
  } finally {
    progress.clear();
  }
  await summarise(session, path, result);
  if (result.gaps === 0 || flag(args, 'allow-gaps')) return EXIT.done;
  out.note(
    `orderbook-manager: ${counted(result.gaps, 'gap')} in the export; listed above and in the file's metadata: accept with --allow-gaps`,
  );
  return EXIT.notRecorded;
}

/** What is asked of the archive; an L3 book comes by price. */
function columnsQuery(args: Arguments): ExportQuery {
  const query = exportQuery(args, 'jsonl');
  if (query.type !== 'snapshots') return query;
  const { depth = DEFAULT_COLUMN_DEPTH } = query;
  if (depth > MAX_COLUMN_DEPTH) {
    throw usageError(
      `--depth: files with a column for each level have ${MAX_COLUMN_DEPTH} at most`,
    );
  }
  return { ...query, depth, level: 'L2' };
}

/** The event array has trades among the changes, or the books that orders begin with. */
async function itemsOf(
  { signal }: Session,
  history: History,
  query: ExportQuery,
  format: ColumnFormat,
): Promise<AsyncIterable<FileItem | GapItem>> {
  const items = history.items(query, signal);
  if (!isEventArray(query.type, format)) return items;
  return query.type === 'orders'
    ? withOrderImages(items, await bookReads(signal, history, query))
    : withTrades(items, history.items({ ...query, type: 'trades' }, signal));
}

/** The books at the beginning of the range and of each interval in it. */
async function bookReads(
  signal: AbortSignal,
  history: History,
  { security, fromUs, clock = 'receive' }: ExportQuery,
): Promise<Parameters<typeof withOrderImages>[1]> {
  const read = async (position: Position): Promise<BookResult | null> => {
    const book = await history.book({ security, position }, signal);
    return book.state === 'proven' && book.level === 'L3' ? book : null;
  };
  const { intervals } = await history.coverage({ security });
  const starts = intervals.flatMap(({ firstSequence }) =>
    firstSequence === null ? [] : [Number(firstSequence)],
  );
  const first = fromUs === undefined ? null : await read({ clock, us: fromUs });
  const firstSequence = first === null ? -1 : Number(first.sequence);
  return [
    ...(first === null ? [] : [{ sequence: firstSequence, read: () => Promise.resolve(first) }]),
    ...starts
      .filter((sequence) => sequence > firstSequence)
      .map((sequence) => ({ sequence, read: () => read({ sequence }) })),
  ];
}

/** A source that stops on an interrupt must not pass for a complete one. */
async function* uninterrupted<Item>(
  { signal }: Session,
  items: AsyncIterable<Item>,
): AsyncGenerator<Item> {
  yield* items;
  if (signal.aborted) throw new CancelledError();
}

async function summarise({ out }: Session, path: string, result: FilesResult): Promise<void> {
  const { paths, rows, gaps } = result;
  if (out.isJson) {
    await out.json({ out: path, files: paths, rows, gaps });
    return;
  }
  const [first = path] = paths;
  const place = paths.length === 1 ? first : `${first} … ${basename(paths.at(-1) ?? first)}`;
  const files = paths.length === 1 ? '' : ` (${counted(paths.length, 'file')})`;
  await out.line(
    `Wrote ${counted(rows, 'row')} to ${place}${files}, with ${counted(gaps, 'gap')}.`,
  );
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** The names that an export may take: of one file, or of any number of them. */
class FileNames {
  /** A link stays, and the file that it points to is replaced. */
  readonly path: string;
  readonly #given: string;
  readonly #isNumbered: boolean;
  readonly #mayReplace: boolean;

  constructor(given: string, isNumbered: boolean, mayReplace: boolean) {
    this.#given = given;
    this.#isNumbered = isNumbered;
    this.#mayReplace = mayReplace;
    this.path = isNumbered ? given : linkTarget(given);
  }

  /** @throws CliError */
  checkFree(): void {
    if (!this.#isNumbered) {
      checkFree(this.#given, this.#mayReplace);
      return;
    }
    checkFree(numberedPath(this.#given, 1), this.#mayReplace);
    for (const found of this.#found()) checkFree(found, this.#mayReplace);
  }

  /** @throws CliError where a file has come meanwhile. Files of an earlier export would mix with these. */
  makeFree(paths: readonly string[]): void {
    this.checkFree();
    if (!this.#isNumbered) return;
    for (const found of this.#found()) if (!paths.includes(found)) rmSync(found);
  }

  #found(): string[] {
    const folder = dirname(this.#given);
    if (!existsSync(folder)) return [];
    const [start = '', end = ''] = basename(numberedPath(this.#given, 0)).split(
      /-00000(?=\.[^.]*$)/,
    );
    const names = readdirSync(folder).filter((name) => {
      const number = name.slice(start.length, name.length - end.length);
      return name.startsWith(start) && name.endsWith(end) && /^-\d{5}$/.test(number);
    });
    return names.map((name) => join(folder, name));
  }
}
