/** Books at random moments of a history: how long each takes, what it reads, and that it is right. */

import type { Archive, BlockRef } from '../../logger/archive/archive.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import { formatScaled } from '../../logger/market/decimal.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import type { BookResult } from '../../logger/queries/results.ts';
import type { Reader } from '../../logger/reader/reader.ts';
import { RECORDING_SCALE } from '../recordings.ts';
import { SECURITY } from './history.ts';
import type { Round } from './history.ts';

export interface AskedBooks {
  /** Wall and processor time of each, in ms, ascending. */
  readonly wallMs: readonly number[];
  readonly cpuMs: readonly number[];
  readonly bodiesPerBook: number;
  readonly bytesPerBook: number;
}

/** Moments between the first round's snapshot and the end, spread at random but the same in each run. */
export function randomMoments(round: Round, spanUs: number, count: number): number[] {
  let seed = 20_240_808;
  return Array.from({ length: count }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return round.start.receiveTimeUs + Math.floor((seed / 2_147_483_648) * spanUs);
  });
}

/** Asks for each book once, one after another. */
export async function askBooks(
  archive: Archive,
  moments: readonly number[],
  options: { readonly depth?: number; readonly reader?: Reader } = {},
): Promise<AskedBooks> {
  const { depth } = options;
  const counted = countingLoads(archive);
  const reader = options.reader ?? createReader(counted.archive);
  const wallMs: number[] = [];
  const cpuMs: number[] = [];
  for (const us of moments) {
    const [start, startCpu] = [performance.now(), process.cpuUsage()];
    await bookAt(reader, us, depth);
    wallMs.push(performance.now() - start);
    const { user, system } = process.cpuUsage(startCpu);
    cpuMs.push((user + system) / 1000);
  }
  const ascending = (a: number, b: number): number => a - b;
  return {
    wallMs: wallMs.sort(ascending),
    cpuMs: cpuMs.sort(ascending),
    bodiesPerBook: counted.loads().bodies / moments.length,
    bytesPerBook: counted.loads().bytes / moments.length,
  };
}

async function bookAt(reader: Reader, us: number, depth?: number): Promise<BookResult> {
  const position = { clock: 'receive', us } as const;
  const answer = await reader.bookAt({
    security: SECURITY,
    position,
    ...(depth === undefined ? {} : { depth }),
  });
  if (answer.state !== 'proven') throw new Error(`No book at ${us}`);
  return answer;
}

/** Counts the bodies that are read. */
function countingLoads(archive: Archive) {
  let [bodies, bytes] = [0, 0];
  const counted = (ref: BlockRef): BlockRef => ({
    ...ref,
    load: () => {
      bodies++;
      bytes += ref.header.bytes;
      return ref.load();
    },
  });
  const counting: Pick<Archive, 'imageAt' | 'blocks'> = {
    imageAt: async (security, position) => {
      const ref = await archive.imageAt(security, position);
      return ref === null ? null : counted(ref);
    },
    blocks: async (...range) => (await archive.blocks(...range)).map(counted),
  };
  const wrapped = new Proxy(archive, {
    get: (target, name) => {
      if (name in counting) return Reflect.get(counting, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { archive: wrapped, loads: () => ({ bodies, bytes }) };
}

/** @throws Error unless each book is that of a straight replay of the recorded events. */
export async function checkBooks(
  archive: Archive,
  round: Round,
  moments: readonly number[],
): Promise<void> {
  const reader = createReader(archive);
  const { start, spanUs, spanSequences } = round;
  const places = moments.map((us) => {
    const number = Math.floor((us - start.receiveTimeUs) / spanUs);
    return { us, number, offsetUs: us - number * spanUs };
  });
  places.sort((a, b) => a.offsetUs - b.offsetUs);
  const book = { bids: sizesOf(start.bids), asks: sizesOf(start.asks) };
  const diffs = round.events.filter((event) => event.type === 'diff');
  let next = 0;
  let { sequence } = start;
  for (const { us, number, offsetUs } of places) {
    for (; (diffs[next]?.receiveTimeUs ?? Infinity) <= offsetUs; next++) {
      const diff = diffs[next];
      if (diff === undefined) break;
      setAll(book.bids, diff.bids);
      setAll(book.asks, diff.asks);
      sequence = diff.lastSequence;
    }
    const found = await bookAt(reader, us);
    const isSame =
      found.sequence === String(sequence + number * spanSequences) &&
      JSON.stringify(found.bids) === JSON.stringify(rowsOf(book.bids, -1)) &&
      JSON.stringify(found.asks) === JSON.stringify(rowsOf(book.asks, 1));
    if (!isSame) throw new Error(`The book at ${us} is not that of a straight replay`);
  }
}

function sizesOf(levels: readonly ScaledInt[]): Map<ScaledInt, ScaledInt> {
  const sizes = new Map<ScaledInt, ScaledInt>();
  setAll(sizes, levels);
  return sizes;
}

function setAll(sizes: Map<ScaledInt, ScaledInt>, levels: readonly ScaledInt[]): void {
  for (let i = 0; i < levels.length; i += 2) {
    const [price, size] = [levels[i] as ScaledInt, levels[i + 1] as ScaledInt];
    if (size === 0) sizes.delete(price);
    else sizes.set(price, size);
  }
}

function rowsOf(sizes: ReadonlyMap<ScaledInt, ScaledInt>, sign: 1 | -1): [string, string][] {
  return [...sizes]
    .sort(([a], [b]) => (a < b ? -sign : sign))
    .map(([price, size]) => [
      formatScaled(price, RECORDING_SCALE.priceExponent),
      formatScaled(size, RECORDING_SCALE.sizeExponent),
    ]);
}
