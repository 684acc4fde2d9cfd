/**
 * Draws faults from seeded randomness. Their effects and durations are bounded so that a recording
 * can be live again seconds later.
 */

import type { Random } from '../../logger/runtime/random.ts';
import { integerIn, pick } from '../prng.ts';
import type { Fault, FaultType } from './faults.ts';
import { CORRUPTIONS, EXTRA_FRAMES } from './frames.ts';

/** The venue to draw faults for, and its symbols that they may affect. */
export interface RandomFaultTarget {
  readonly venue: { readonly name: string; readonly faults: readonly FaultType[] };
  readonly symbols: readonly string[];
}

export interface RandomFault {
  readonly fault: Fault;
  /** How long its effect lasts. */
  readonly lastsMs: number;
}

/**
 * Every fault but `recover`, which ends the others, and `false-diffs`: until a fresh snapshot is
 * taken those go unnoticed, and the book recorded meanwhile is wrong. And but `dead-stream`: that is
 * found by its silence, which takes longer than the others. Nor `auction` and `delist`, which last, nor
 * `drop-rows` and `cross-book`, which change a book unseen for a while, nor `skew`, which is no fault.
 */
export type RandomFaultType = Exclude<
  FaultType,
  | 'recover'
  | 'false-diffs'
  | 'dead-stream'
  | 'auction'
  | 'delist'
  | 'drop-rows'
  | 'cross-book'
  | 'skew'
>;

type Draw = (random: Random, symbol: string) => readonly [fault: Fault, lastsMs: number];

const CLOSE_CODES = [1000, 1006, 1012];
const STATUSES = [429, 418, 403, 500, 503] as const;
/** Coarser and finer than the default grid, on which most of the book rests. */
const TICK_SIZES = ['0.001', '0.01', '0.02', '0.1'];
/** Binance sends updates every 100 ms, Coinbase more often. */
const UPDATE_MS = 100;

const DRAWS: { readonly [Type in RandomFaultType]: Draw } = {
  'drop-diffs': (random, symbol) => updates({ type: 'drop-diffs', symbol, count: few(random) }),
  'duplicate-diffs': (random, symbol) =>
    updates({ type: 'duplicate-diffs', symbol, count: few(random) }),
  'reorder-diffs': (random, symbol) =>
    updates({ type: 'reorder-diffs', symbol, count: few(random) }),
  'harm-diffs': (random, symbol) =>
    updates({ type: 'harm-diffs', symbol, count: few(random), form: pick(random, CORRUPTIONS) }),
  silence: (_, symbol) => [{ type: 'silence', symbol, durationMs: 500 }, 500],
  'half-open': () => [{ type: 'half-open', durationMs: 1500 }, 2500],
  close: (random) => [{ type: 'close', code: pick(random, CLOSE_CODES) }, 0],
  'server-shutdown': () => [{ type: 'server-shutdown', afterMs: 700 }, 700],
  'connection-life': (random) => [
    { type: 'connection-life', lifeMs: integerIn(random, 10_000, 60_000) },
    0,
  ],
  'refuse-connections': () => [{ type: 'refuse-connections', count: 2 }, 0],
  'refuse-subscriptions': (_, symbol) => [
    { type: 'refuse-subscriptions', symbol, durationMs: 500 },
    500,
  ],
  'false-checksums': (_, symbol) => [{ type: 'false-checksums', symbol, count: 1 }, 500],
  maintenance: () => [{ type: 'maintenance', durationMs: 1500 }, 1500],
  'refuse-logins': () => [{ type: 'refuse-logins', count: 1 }, 0],
  'refuse-requests': (random) => {
    const status = pick(random, STATUSES);
    return [{ type: 'refuse-requests', status, count: 2, retryAfterSeconds: 1 }, 1000];
  },
  'slow-snapshots': () => [{ type: 'slow-snapshots', count: 1, delayMs: 600 }, 600],
  'stale-snapshots': () => [{ type: 'stale-snapshots', count: 1 }, 500],
  'empty-snapshots': () => [{ type: 'empty-snapshots', count: 1 }, 500],
  'truncated-snapshots': () => [{ type: 'truncated-snapshots', count: 1 }, 500],
  'extra-frame': (random) => [{ type: 'extra-frame', form: pick(random, EXTRA_FRAMES) }, 0],
  'restart-numbering': (_, symbol) => [{ type: 'restart-numbering', symbol }, 0],
  'resend-images': (_, symbol) => [{ type: 'resend-images', symbol }, 0],
  'tick-size': (random, symbol) => [
    { type: 'tick-size', symbol, tickSize: pick(random, TICK_SIZES) },
    0,
  ],
};

/** The faults that can be drawn for a venue. */
export function randomFaultTypes({ venue }: RandomFaultTarget): readonly RandomFaultType[] {
  return venue.faults.filter((type): type is RandomFaultType => type in DRAWS);
}

export function drawFault(random: Random, target: RandomFaultTarget): RandomFault {
  const symbol = pick(random, target.symbols);
  const [fault, lastsMs] = DRAWS[pick(random, randomFaultTypes(target))](random, symbol);
  return { fault: { ...fault, exchange: target.venue.name }, lastsMs };
}

function few(random: Random): number {
  return integerIn(random, 1, 5);
}

/** A reordered pair takes two updates. */
function updates(fault: Fault & { readonly count: number }): readonly [Fault, number] {
  return [fault, 2 * fault.count * UPDATE_MS];
}
