/** One hour read as a whole: exports by type and format, `verify`, and `JSON.parse` of the same frames. */

import type { Archive } from '../../logger/archive/archive.ts';
import type { ExportQuery } from '../../logger/queries/queries.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import type { Figure, Section } from '../figures.ts';
import { SECURITY } from './history.ts';
import type { Round } from './history.ts';

const RUNS = 3;
const MIB = 2 ** 20;

type Export = Omit<ExportQuery, 'security'>;

const EXPORTS: readonly Export[] = [
  { type: 'incremental', format: 'jsonl' },
  { type: 'incremental', format: 'csv' },
  { type: 'incremental', format: 'tardis-csv' },
  { type: 'trades', format: 'jsonl' },
  { type: 'quotes', format: 'csv' },
  { type: 'snapshots', format: 'jsonl', everyUs: 1_000_000, depth: 20 },
];

interface Measured {
  readonly wallS: number;
  readonly cpuS: number;
  readonly bytes: number;
}

export async function streamSection(archive: Archive, round: Round): Promise<Section> {
  const reader = createReader(archive, { hasConsecutiveTradeIds: () => true });
  const blocks = await archive.blocks(SECURITY, 1, { afterSequence: 0 });
  const changes = blocks.reduce((sum, { header }) => sum + header.levelChanges, 0);
  const tasks: [name: string, run: () => Promise<number>][] = [
    [
      'verify',
      async () => {
        const { records, problems } = await reader.verify();
        if (problems.length > 0 || records === 0) throw new Error('The history is damaged');
        return 0;
      },
    ],
    ...EXPORTS.map((query): [string, () => Promise<number>] => [
      `export ${query.type} as ${query.format}`,
      async () => {
        let bytes = 0;
        for await (const part of reader.export({ security: SECURITY, ...query })) {
          if ('bytes' in part) bytes += part.bytes.length;
        }
        return bytes;
      },
    ]),
  ];
  const runs = tasks.map((): Measured[] => []);
  const parsing: Measured[] = [];
  for (let run = 0; run < RUNS; run++) {
    for (const [i, [, task]] of tasks.entries()) runs[i]?.push(await measured(task));
    parsing.push(await measured(() => parseAll(round.frames)));
  }
  const parseRate = round.levelChanges / middle(parsing).cpuS;
  return {
    title: `One hour read as a whole (${changes} level changes)`,
    figures: [
      {
        name: 'JSON.parse of the frames',
        value: parseRate / 1e6,
        unit: 'M level changes a second of processor time',
      },
      ...tasks.flatMap(([name], i) => rateFigures(name, changes, middle(runs[i] ?? []), parseRate)),
    ],
  };
}

function rateFigures(
  name: string,
  changes: number,
  { cpuS, wallS, bytes }: Measured,
  parseRate: number,
): Figure[] {
  const written = bytes > 0 ? `, ${(bytes / MIB).toFixed(0)} MiB` : '';
  return [
    {
      name,
      value: changes / cpuS / 1e6,
      unit: 'M level changes a second of processor time',
      goal: '≥ 1',
    },
    { name, value: changes / wallS / 1e6, unit: `M level changes a second${written}` },
    { name, value: parseRate / (changes / cpuS), unit: '× JSON.parse of the frames' },
  ];
}

async function parseAll(frames: readonly string[]): Promise<number> {
  for (const frame of frames) JSON.parse(frame);
  return 0;
}

async function measured(task: () => Promise<number>): Promise<Measured> {
  const [start, startCpu] = [performance.now(), process.cpuUsage()];
  const bytes = await task();
  const { user, system } = process.cpuUsage(startCpu);
  return { wallS: (performance.now() - start) / 1000, cpuS: (user + system) / 1e6, bytes };
}

/** The one of the middle by processor time. */
function middle(runs: readonly Measured[]): Measured {
  const sorted = [...runs].sort((a, b) => a.cpuS - b.cpuS);
  return sorted[sorted.length >> 1] ?? { wallS: Number.NaN, cpuS: Number.NaN, bytes: 0 };
}
