/**
 * Files with columns from a long history of a busy security: rows a second, bytes a row and peak memory of each
 * format, each in a process of its own.
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import type { ExportQuery } from '../../logger/queries/queries.ts';
import type { ColumnFormat } from '../../logger/queries/results.ts';
import type { Figure, Section } from '../figures.ts';
import { SECURITY, buildHistory, recordedRound } from '../reader/history.ts';
import type { ReaderBenchOptions } from '../reader/reader.ts';
import type { ExportMeasure, ExportTask } from './export-process.ts';

const DAY_US = 86_400_000_000;
const MIB = 2 ** 20;
const SNAPSHOTS = { type: 'snapshots', everyUs: 200_000, depth: 10, level: 'L2' } as const;
/** Of a whole day, 432,000 rows. */
const MAX_DAY_S = 15;
const MAX_ROW_BYTES = 60;
const MAX_PEAK_MIB = 300;

interface Task {
  readonly name: string;
  readonly query: Omit<ExportQuery, 'format' | 'security'>;
  readonly format: ColumnFormat | null;
  readonly hasFloats?: true;
}

const TASKS: readonly Task[] = [
  { name: 'snapshots, read only', query: SNAPSHOTS, format: null },
  { name: 'snapshots as parquet', query: SNAPSHOTS, format: 'parquet' },
  { name: 'snapshots as feather', query: SNAPSHOTS, format: 'feather' },
  { name: 'snapshots as npz', query: SNAPSHOTS, format: 'npz' },
  { name: 'snapshots as parquet, doubles', query: SNAPSHOTS, format: 'parquet', hasFloats: true },
  { name: 'trades as parquet', query: { type: 'trades' }, format: 'parquet' },
  { name: 'incremental as parquet', query: { type: 'incremental' }, format: 'parquet' },
  { name: 'incremental as npz (events)', query: { type: 'incremental' }, format: 'npz' },
];

export async function* fileSections({ days }: ReaderBenchOptions): AsyncGenerator<Section> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
  try {
    const archive = await openEmbeddedArchive({ directory: join(directory, 'archive') });
    await buildHistory(archive, recordedRound(), days * DAY_US);
    await archive.close();
    const figures: Figure[] = [];
    for (const task of TASKS)
      figures.push(...figuresOf(task, await measure(directory, task), days));
    yield {
      title: `Files with columns of ${days} days; snapshots 5 a second, 10 levels a side`,
      figures,
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(directory: string, task: Task): Promise<ExportMeasure> {
  const { query, format, hasFloats = false } = task;
  const given: ExportTask = {
    directory: join(directory, 'archive'),
    query: { ...query, security: SECURITY },
    format,
    hasFloats,
    path: join(directory, `out.${format}`),
  };
  const script = fileURLToPath(new URL('export-process.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(given)]);
  rmSync(given.path, { force: true });
  return JSON.parse(stdout) as ExportMeasure;
}

function figuresOf({ name, query, format }: Task, measured: ExportMeasure, days: number): Figure[] {
  const { rows, bytes, cpuS, wallS, peakBytes } = measured;
  const isGoal = query === SNAPSHOTS && format !== null;
  return [
    {
      name,
      value: cpuS / days,
      unit: 's of processor time a day',
      ...(isGoal && { goal: String(MAX_DAY_S) }),
    },
    { name, value: rows / wallS, unit: `rows a second, ${rows} rows` },
    ...(format === null
      ? []
      : [
          {
            name,
            value: bytes / rows,
            unit: 'bytes a row',
            ...(isGoal && { goal: String(MAX_ROW_BYTES) }),
          },
        ]),
    { name, value: peakBytes / MIB, unit: 'MiB at the peak', goal: String(MAX_PEAK_MIB) },
  ];
}
