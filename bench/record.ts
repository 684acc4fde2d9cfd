/**
 * The whole path: recorded frames through the exchange adapter and a recorder into an archive on
 * disk, at their receive times; then books at various times from the archive. Times are ratios to
 * `JSON.parse` of the same frames.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Archive } from '../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../logger/archive/embedded/embedded-archive.ts';
import { createBinance } from '../logger/exchange/binance/exchange.ts';
import { normalizeSymbol } from '../logger/exchange/exchanges.ts';
import { createReader } from '../logger/reader/create-reader.ts';
import { DEFAULT_LIMITS } from '../logger/recorder/limits.ts';
import { createRebuild } from '../logger/reader/create-reader.ts';
import { createRecorderService } from '../logger/recorder/recorder-service.ts';
import { WriteQueue } from '../logger/recorder/write-queue.ts';
import type { BenchData, BinanceData } from './data.ts';
import type { Figure, Section } from './figures.ts';
import { RecordingTransport } from './recording-transport.ts';
import { silentLog } from './silent-log.ts';
import { summary } from './timing.ts';
import type { Ratio } from './timing.ts';

const ROUNDS = 3;
const PARSE_ROUNDS = 5;
const MOMENTS = 20;
/** Messages per turn of the event loop: about as many as one read of a busy socket yields. */
const MESSAGES_PER_TURN = 20;

export async function* recordSections({
  data,
}: {
  readonly data: BenchData;
}): AsyncGenerator<Section> {
  for (const symbol of data.binance) {
    if (new RecordingTransport(symbol).hasSnapshot) {
      yield* symbolSections(symbol);
    } else {
      const note = 'Left out: the recording holds no snapshot, so nothing can be proven.';
      yield { title: `Frames into the archive: ${symbol.symbol}`, note, figures: [] };
    }
  }
}

/** Each round parses and records; the archive of the last one is read. */
async function* symbolSections(symbol: BinanceData): AsyncGenerator<Section> {
  const ours: number[] = [];
  const disk: number[] = [];
  for (let round = 1; ; round++) {
    const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
    try {
      const transport = new RecordingTransport(symbol);
      const parseMs = timeParse(transport);
      const archive = await openEmbeddedArchive({ directory });
      const commits = timedCommits(archive);
      const recordMs = await record(commits.archive, transport);
      ours.push((recordMs - commits.elapsedMs()) / parseMs);
      disk.push(commits.elapsedMs() / parseMs);
      if (round === ROUNDS) {
        const ratios = { ours: summary(ours), disk: summary(disk) };
        yield await recordSection(archive, transport, ratios, directory);
        yield await readSection(archive, transport);
      }
      await archive.close();
      if (round === ROUNDS) return;
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
}

function timeParse({ messages }: RecordingTransport): number {
  const times = Array.from({ length: PARSE_ROUNDS }, () => {
    const start = performance.now();
    for (const { data } of messages) JSON.parse(data.toString('utf8'));
    return performance.now() - start;
  });
  return summary(times).value;
}

/**
 * Measures the time of an archive's commits. Here 650 s of journal are committed within seconds, each
 * commit right after the flush of the previous one, so their cost is reported separately. An embedded
 * archive has committed when it returns; its promise settles at the end of the turn, after other messages.
 */
function timedCommits(archive: Archive): { archive: Archive; elapsedMs(): number } {
  let elapsed = 0;
  const timed = new Proxy(archive, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'commit') return typeof value === 'function' ? value.bind(target) : value;
      return (writes: Parameters<Archive['commit']>[0]): Promise<void> => {
        const start = performance.now();
        const committed = target.commit(writes);
        elapsed += performance.now() - start;
        return committed;
      };
    },
  });
  return { archive: timed, elapsedMs: () => elapsed };
}

/** @returns the milliseconds until everything was recorded and written. */
export async function record(archive: Archive, transport: RecordingTransport): Promise<number> {
  const { clock } = transport;
  const random = { next: () => 0.5 };
  const fail = (error: unknown): never => {
    throw error;
  };
  const queue = new WriteQueue({
    archive,
    clock,
    log: silentLog,
    limits: DEFAULT_LIMITS,
    onFatal: fail,
  });
  const exchange = createBinance({
    wsUrl: 'ws://recording',
    restUrl: 'http://recording',
    updateFrequencyMs: 100,
    staleAfterMs: 15_000,
    transport,
    clock,
    random,
    log: silentLog,
  });
  const recording = createRecorderService({
    archive,
    queue,
    clock,
    random,
    log: silentLog,
    limits: DEFAULT_LIMITS,
    imageIntervalMs: 1_800_000,
    writer: 'bench',
    onFatal: fail,
    rebuild: createRebuild(archive),
    exchanges: new Map([[exchange.name, exchange]]),
    normalizeSymbol,
    receiveTimes: { defectsBetween: () => [], stalls: 0 },
    version: 'bench',
    processStatus: () => ({ rss: 0, heapUsed: 0, eventLoopLag: 0, threads: 0, handles: 0 }),
    onTerminate: () => undefined,
  });
  await recording.start([transport.security]);
  for (let i = 0; i < 10; i++) await nextTurn();
  const start = performance.now();
  for (const [index, message] of transport.messages.entries()) {
    transport.play(message);
    if (index % MESSAGES_PER_TURN === 0) await nextTurn();
  }
  await recording.stop();
  const elapsed = performance.now() - start;
  await exchange.close();
  return elapsed;
}

async function recordSection(
  archive: Archive,
  { messages, security }: RecordingTransport,
  ratios: { readonly ours: Ratio; readonly disk: Ratio },
  directory: string,
): Promise<Section> {
  const blocks = await archive.blocks(security, 1, { afterSequence: 0 });
  const images = await archive.images(security, 1, 0);
  const sum = (refs: typeof blocks, field: 'bytes' | 'levelChanges'): number =>
    refs.reduce((total, { header }) => total + header[field], 0);
  const levelChanges = sum(blocks, 'levelChanges');
  const totals = await archive.totals(security);
  const figures: Figure[] = [
    { name: 'messages', value: messages.length, unit: '' },
    {
      name: 'frame bytes → sealed records',
      ...ratios.ours,
      unit: '× JSON.parse of the same frames',
      goal: '≤ 2, aim 1.0',
    },
    {
      name: 'their commits (twice a recorded second)',
      ...ratios.disk,
      unit: '× JSON.parse of the same frames',
    },
    { name: 'blocks', value: blocks.length, unit: '' },
    {
      name: 'bodies of blocks',
      value: sum(blocks, 'bytes') / levelChanges,
      unit: 'bytes per level change',
      goal: '≤ 2.25, aim 2.10',
    },
    { name: 'base images', value: images.length, unit: '' },
    {
      name: 'base images',
      value: sum(images, 'bytes') / levelChanges,
      unit: 'bytes per level change',
    },
    {
      name: 'all records with their headers',
      value: totals.storedBytes / levelChanges,
      unit: 'bytes per level change',
    },
    {
      name: 'archive file, free pages included',
      value: statSync(join(directory, 'archive.mdb')).size / levelChanges,
      unit: 'bytes per level change',
    },
    { name: 'memory of the process', value: process.memoryUsage.rss() / 2 ** 20, unit: 'MiB' },
  ];
  const seconds = ((messages.at(-1)?.receiveTimeUs ?? 0) - (messages[0]?.receiveTimeUs ?? 0)) / 1e6;
  return { title: `Frames into the archive: ${security}, ${Math.round(seconds)} s`, figures };
}

async function readSection(
  archive: Archive,
  { messages, security }: RecordingTransport,
): Promise<Section> {
  const firstUs = (messages[0]?.receiveTimeUs ?? 0) + 1_000_000;
  const lastUs = messages.at(-1)?.receiveTimeUs ?? 0;
  const times: { cold: number[]; warm: number[] } = { cold: [], warm: [] };
  const warm = createReader(archive);
  const ask = async (reader: typeof warm, us: number): Promise<number> => {
    const start = performance.now();
    const answer = await reader.bookAt({ security, position: { clock: 'receive', us } });
    if (answer.state !== 'proven') throw new Error(`No book at ${us}`);
    return performance.now() - start;
  };
  for (let i = 0; i < MOMENTS; i++) {
    // Spread evenly with an odd stride: sufficiently random, and the same in every run.
    const us =
      firstUs + Math.floor((((i * 7 + 3) % MOMENTS) + 0.37) * ((lastUs - firstUs) / MOMENTS));
    times.cold.push(await ask(createReader(archive), us));
    await ask(warm, us);
    times.warm.push(await ask(warm, us));
  }
  const figure = (name: string, values: number[], share: number): Figure => {
    const sorted = [...values].sort((a, b) => a - b);
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { name, value, unit: 'ms' };
  };
  return {
    title: `The book at ${MOMENTS} moments (full depth, from records to text): ${security}`,
    figures: [
      figure('nothing cached, median', times.cold, 0.5),
      figure('nothing cached, worst', times.cold, 1),
      figure('records cached, median', times.warm, 0.5),
      figure('records cached, worst', times.warm, 1),
    ],
  };
}
