/** One export of an archive to a file with columns, in a process of its own: its time and memory are its own. */

import { statSync } from 'node:fs';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { writeFiles } from '../../logger/files/write-files.ts';
import { withTrades } from '../../logger/files/with-trades.ts';
import { createReader, itemsOf } from '../../logger/reader/create-reader.ts';
import { isEventArray } from '../../logger/files/write-files.ts';
import type { ExportQuery } from '../../logger/queries/queries.ts';
import type { ColumnFormat } from '../../logger/queries/results.ts';

/** What is to be done, as JSON in the first argument. */
export interface ExportTask {
  readonly directory: string;
  readonly query: Omit<ExportQuery, 'format'>;
  /** null: items are read and nothing is written. */
  readonly format: ColumnFormat | null;
  readonly hasFloats: boolean;
  readonly path: string;
}

export interface ExportMeasure {
  readonly rows: number;
  readonly bytes: number;
  readonly cpuS: number;
  readonly wallS: number;
  readonly peakBytes: number;
}

const task = JSON.parse(process.argv[2] ?? '{}') as ExportTask;
const archive = await openEmbeddedArchive({ directory: task.directory });
const reader = createReader(archive, { hasConsecutiveTradeIds: () => true });
const query: ExportQuery = { ...task.query, format: 'jsonl' };
const [start, startCpu] = [performance.now(), process.cpuUsage()];
const { rows, bytes } = await run();
const { user, system } = process.cpuUsage(startCpu);
const measure: ExportMeasure = {
  rows,
  bytes,
  cpuS: (user + system) / 1e6,
  wallS: (performance.now() - start) / 1000,
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
await archive.close();
process.stdout.write(JSON.stringify(measure));

async function run(): Promise<{ rows: number; bytes: number }> {
  const { format, path, hasFloats } = task;
  const items = itemsOf(reader, query);
  if (format === null) {
    let count = 0;
    for await (const item of items) count += item.type === 'gap' ? 0 : 1;
    return { rows: count, bytes: 0 };
  }
  const isEvents = isEventArray(query.type, format);
  const done = await writeFiles(
    isEvents ? withTrades(items, itemsOf(reader, { ...query, type: 'trades' })) : items,
    { query, format, path, hasFloats, program: 'bench' },
    { onRows: () => {}, onGap: () => {}, beforeCommit: () => {} },
  );
  return { rows: done.rows, bytes: statSync(path).size };
}
