/**
 * Faults by chance: everything that a sandbox can be told to do wrong, drawn from a seed. What a fault
 * hits and how long it lasts is bounded, so that a recording can be whole again seconds later.
 */

import { EXTRA_FRAMES, HARM_FORMS } from './fault-injector.ts';
import type { Switch, SwitchType } from './fault-injector.ts';
import { integerIn, pick } from '../prng.ts';
import type { Random } from '../prng.ts';

/** Whom faults may hit: an exchange, and its symbols that are recorded. */
export interface Target {
  readonly exchange: 'binance' | 'coinbase';
  readonly symbols: readonly string[];
}

export interface Fault {
  readonly change: Switch;
  /** How long it holds by itself. */
  readonly lastsMs: number;
}

/**
 * Every switch but the one that ends them all, and lies: until a fresh snapshot tells, nobody can know
 * of those, and what is recorded meanwhile is wrong.
 */
export type FaultType = Exclude<SwitchType, 'recover' | 'false-diffs'>;

type Draw = (random: Random, symbol: string) => readonly [change: Switch, lastsMs: number];

const CLOSE_CODES = [1000, 1006, 1012];
const STATUSES = [429, 418, 403, 500, 503] as const;
/** Coarser and finer than the default, on which most of the book stands. */
const TICK_SIZES = ['0.001', '0.01', '0.02', '0.1'];
/** Binance's diffs come every 100 ms, Coinbase's messages faster. */
const DIFF_MS = 100;

const DRAWS: { readonly [Type in FaultType]: Draw } = {
  'drop-diffs': (random, symbol) => diffs({ type: 'drop-diffs', symbol, count: few(random) }),
  'duplicate-diffs': (random, symbol) =>
    diffs({ type: 'duplicate-diffs', symbol, count: few(random) }),
  'reorder-diffs': (random, symbol) => diffs({ type: 'reorder-diffs', symbol, count: few(random) }),
  'harm-diffs': (random, symbol) =>
    diffs({ type: 'harm-diffs', symbol, count: few(random), form: pick(random, HARM_FORMS) }),
  'extra-frame': (random) => [{ type: 'extra-frame', form: pick(random, EXTRA_FRAMES) }, 0],
  silence: (_, symbol) => [{ type: 'silence', symbol, durationMs: 500 }, 500],
  'half-open': () => [{ type: 'half-open', durationMs: 1500 }, 2500],
  close: (random) => [{ type: 'close', code: pick(random, CLOSE_CODES) }, 0],
  'server-shutdown': () => [{ type: 'server-shutdown', afterMs: 700 }, 700],
  'connection-life': (random) => [
    { type: 'connection-life', lifeMs: integerIn(random, 10_000, 60_000) },
    0,
  ],
  'refuse-connections': () => [{ type: 'refuse-connections', count: 2 }, 0],
  'refuse-logins': () => [{ type: 'refuse-logins', count: 1 }, 0],
  'refuse-requests': (random) => {
    const status = pick(random, STATUSES);
    return [{ type: 'refuse-requests', status, count: 2, retryAfterSeconds: 1 }, 1000];
  },
  'slow-snapshots': () => [{ type: 'slow-snapshots', count: 1, delayMs: 600 }, 600],
  'stale-snapshots': () => [{ type: 'stale-snapshots', count: 1 }, 500],
  'empty-snapshots': () => [{ type: 'empty-snapshots', count: 1 }, 500],
  'truncated-snapshots': () => [{ type: 'truncated-snapshots', count: 1 }, 500],
  'tick-size': (random, symbol) => [
    { type: 'tick-size', symbol, tickSize: pick(random, TICK_SIZES) },
    0,
  ],
};

/** Every fault that an exchange knows. Binance's feed is public: nobody logs in. */
export function faultTypes({ exchange }: Target): readonly FaultType[] {
  const types = Object.keys(DRAWS) as FaultType[];
  return types.filter((type) => type !== 'refuse-logins' || exchange !== 'binance');
}

export function drawFault(random: Random, target: Target): Fault {
  const symbol = pick(random, target.symbols);
  const [change, lastsMs] = DRAWS[pick(random, faultTypes(target))](random, symbol);
  return { change: { ...change, exchange: target.exchange }, lastsMs };
}

function few(random: Random): number {
  return integerIn(random, 1, 5);
}

/** A pair that is swapped takes two. */
function diffs(change: Switch & { readonly count: number }): readonly [Switch, number] {
  return [change, 2 * change.count * DIFF_MS];
}
