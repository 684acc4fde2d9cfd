/** The recorded BTCUSDT, live from 100 levels and deepened: in memory and rebuilt, the recorded book. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { BINANCE_FILES, RECORDING_SCALE, binanceRecording } from '../../../bench/recordings.ts';
import { differenceInside } from '../../../logger/book/difference.ts';
import type { BookContent } from '../../../logger/book/difference.ts';
import { sidesOf } from '../../../logger/book/book.ts';
import { compareScaled, parseScaled } from '../../../logger/market/decimal.ts';
import type { ScaledInt } from '../../../logger/market/decimal.ts';
import type { BookSnapshot, Diff, Horizon, Levels } from '../../../logger/market/events.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { CheckRounds } from '../../../logger/recorder/check/rounds.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { needs, recordings } from '../../support/requirements.ts';
import { SECURITY, SelfCheckKit } from './self-check-kit.ts';

const kit = new SelfCheckKit();

beforeEach(() => kit.open());
afterEach(() => kit.close());

const DIFFS = 250;
/** Densely while the book is deepened. */
const isChecked = (i: number): boolean => i % (i < 60 ? 4 : 30) === 0;

/** The recorded snapshot and the diffs after it, in a map for each side. */
class RecordedMarket {
  readonly #bids = new Map<ScaledInt, ScaledInt>();
  readonly #asks = new Map<ScaledInt, ScaledInt>();
  readonly #horizon: Horizon = { bid: null, ask: null };
  #sequence = 0;
  readonly diffs: Diff[] = [];

  constructor() {
    for (const { snapshot, event } of binanceRecording(BINANCE_FILES[0])) {
      if (snapshot) {
        set(this.#bids, snapshot.bids);
        set(this.#asks, snapshot.asks);
        this.#horizon = snapshot.horizon;
        this.#sequence = snapshot.sequence;
      } else if (
        this.#sequence > 0 &&
        event?.type === 'diff' &&
        event.lastSequence > this.#sequence
      ) {
        this.diffs.push(event);
      }
      if (this.diffs.length === DIFFS) break;
    }
  }

  move({ bids, asks, lastSequence }: Diff): void {
    set(this.#bids, bids);
    set(this.#asks, asks);
    this.#sequence = lastSequence;
  }

  /** What the exchange would have answered then. */
  snapshot(depth: number): BookSnapshot {
    const side = (levels: ReadonlyMap<ScaledInt, ScaledInt>, sign: 1 | -1): ScaledInt[] =>
      [...levels]
        .sort(([a], [b]) => compareScaled(a, b) * sign)
        .slice(0, depth)
        .flat();
    const [bids, asks] = [side(this.#bids, -1), side(this.#asks, 1)];
    // Of what lay behind the recorded snapshot's horizon too little is known.
    const edge = (levels: Levels, recorded: ScaledInt | null, sign: 1 | -1): ScaledInt | null => {
      const last = levels.at(-2) ?? null;
      if (last === null || recorded === null) return last ?? recorded;
      return compareScaled(last, recorded) * sign > 0 ? recorded : last;
    };
    const horizon = {
      bid: edge(bids, this.#horizon.bid, -1),
      ask: edge(asks, this.#horizon.ask, 1),
    };
    const sequence = this.#sequence;
    const times = { receiveTimeUs: kit.clock.nowUs(), exchangeTimeUs: null };
    return { level: 'L2', sequence, ...times, scale: RECORDING_SCALE, bids, asks, horizon, depth };
  }
}

function set(side: Map<ScaledInt, ScaledInt>, levels: Levels): void {
  for (let i = 0; i < levels.length; i += 2) {
    const [price, size] = [levels[i] as ScaledInt, levels[i + 1] as ScaledInt];
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
}

test('it is the recorded book inside its horizon', needs(recordings), async () => {
  const { exchange, clock } = kit;
  const market = new RecordedMarket();
  exchange.instrumentAnswer = {
    symbol: SECURITY.symbol,
    scale: RECORDING_SCALE,
    tickSize: null,
    lotSize: null,
  };
  exchange.snapshotDepths = [100, 1000, 5000];
  exchange.onSnapshot = async ({ depth = 100 }) => market.snapshot(depth);
  await kit.start();
  exchange.up();
  const rounds = new CheckRounds({
    clock,
    limits: { ...DEFAULT_LIMITS, deepenRetryMs: 1000 },
    imageIntervalMs: 600_000,
    onFatal: (error) => void kit.harness.fatal.push(error),
    recordings: () => [kit.recording],
  });
  rounds.start();
  const truth = new Map<number, BookSnapshot>();
  const depths = new Set<number | undefined>();
  for (const [i, diff] of market.diffs.entries()) {
    market.move(diff);
    exchange.diff(diff.firstSequence, diff.lastSequence, diff.bids, diff.asks);
    await clock.advanceAsync(100, 50);
    const { segment } = kit.one;
    depths.add(segment?.depth);
    if (!isChecked(i) || segment?.sequence !== diff.lastSequence) continue;
    const taken = market.snapshot(5000);
    truth.set(diff.lastSequence, taken);
    const ours = { ...sidesOf(segment.book), scale: segment.scale, horizon: segment.horizon };
    expect(differenceInside(ours, taken), `at ${diff.lastSequence}`).toBeNull();
  }
  rounds.stop();
  expect([...depths]).toEqual([undefined, 100, 1000, 5000]);
  expect(kit.selfCheck.figures()).toMatchObject({ mismatches: 0 });
  kit.one.journal();
  await kit.checked();
  const reader = createReader(kit.harness.archive);
  expect(await reader.verify({ security: SECURITY.id })).toMatchObject({ problems: [] });
  const horizons = new Set<string | null>();
  for (const [sequence, taken] of truth) {
    const book = await reader.bookAt({ security: SECURITY.id, position: { sequence } });
    if (book.state === 'gap') throw new Error(`No book at ${sequence}`);
    horizons.add(book.horizon.bid);
    const rebuilt = contentOf(book as Rows);
    expect(differenceInside(rebuilt, taken), `rebuilt at ${sequence}`).toBeNull();
  }
  expect(horizons.size).toBeGreaterThanOrEqual(3);
});

interface Rows {
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
}

function contentOf({ bids, asks, horizon }: Rows): BookContent {
  const scaled = (text: string): ScaledInt => parseScaled(text, 8) as ScaledInt;
  const edge = (text: string | null): ScaledInt | null => (text === null ? null : scaled(text));
  return {
    level: 'L2',
    scale: RECORDING_SCALE,
    bids: bids.flat().map(scaled),
    asks: asks.flat().map(scaled),
    horizon: { bid: edge(horizon.bid), ask: edge(horizon.ask) },
  };
}
