/** A book that is live from a shallow snapshot, and then becomes known further out. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { differenceInside } from '../../../logger/book/difference.ts';
import { sidesOf } from '../../../logger/book/book.ts';
import type { LiveEvent } from '../../../logger/live/events.ts';
import type { BookSnapshot, Levels } from '../../../logger/market/events.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { CheckRounds } from '../../../logger/recorder/check/rounds.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import { SCALE, snapshotAt } from '../../support/scripted-exchange.ts';
import { SECURITY, SelfCheckKit } from './self-check-kit.ts';

const kit = new SelfCheckKit();

beforeEach(() => kit.open());
afterEach(() => kit.close());

function roundsOf(): CheckRounds {
  const onFatal = (error: unknown): void => void kit.harness.fatal.push(error);
  const rounds = new CheckRounds({
    clock: kit.clock,
    limits: DEFAULT_LIMITS,
    imageIntervalMs: 600_000,
    onFatal,
    recordings: () => [kit.recording],
  });
  rounds.start();
  return rounds;
}

/** As an exchange answers that was asked for `depth` levels a side. */
function cut(snapshot: BookSnapshot, depth: number): BookSnapshot {
  if (snapshot.level !== 'L2') throw new Error('Not a book of levels');
  const edge = (levels: Levels) =>
    levels.length < 2 * depth ? null : (levels[2 * depth - 2] ?? null);
  const [bids, asks] = [snapshot.bids.slice(0, 2 * depth), snapshot.asks.slice(0, 2 * depth)];
  return { ...snapshot, bids, asks, depth, horizon: { bid: edge(bids), ask: edge(asks) } };
}

const DEEP_BIDS: Levels = [1000, 5, 990, 7, 980, 9, 970, 1, 960, 2];
const DEEP_ASKS: Levels = [1010, 2, 1020, 3, 1030, 4, 1040, 5];

describe('one book', () => {
  const events: LiveEvent[] = [];

  /** Live at 102 and moved since, two levels a side of a deeper book. */
  async function shallow(): Promise<void> {
    events.length = 0;
    kit.exchange.snapshotDepths = [2, 4, 10];
    await kit.start();
    kit.harness.liveFeeds.subscribe(SECURITY.id, (event) => void events.push(event));
    kit.exchange.up();
    kit.exchange.diff(99, 100);
    kit.exchange.answer(cut(snapshotAt(100, DEEP_BIDS, DEEP_ASKS), 2));
    await kit.clock.advanceAsync(10);
    kit.exchange.diff(101, 102, [970, 8]);
    await kit.clock.advanceAsync(10);
    expect(kit.one.phase).toBe('live');
    kit.exchange.diff(103, 103);
    expect(kit.one.segment?.horizon).toEqual({ bid: 990, ask: 1020 });
  }

  test('takes over what a deeper snapshot shows, in the same segment', async () => {
    await shallow();
    const rounds = roundsOf();
    const moved: Levels = [1000, 5, 990, 7, 980, 9, 970, 8, 960, 2];
    kit.exchange.spare(cut(snapshotAt(103, moved, DEEP_ASKS), 4));
    await kit.clock.advanceAsync(3000, 100);
    const { segment } = kit.one;
    expect(segment?.horizon).toEqual({ bid: 970, ask: 1040 });
    expect(segment && sidesOf(segment.book)).toMatchObject({
      bids: [1000, 5, 990, 7, 980, 9, 970, 8],
      asks: DEEP_ASKS,
    });
    expect(segment?.identity.epoch).toBe(1);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    expect(
      events.filter(({ type }) => type === 'image').map((one) => 'reason' in one && one.reason),
    ).toEqual(['proven', 'horizon']);
    // The next one asks for all there is, once the book has moved: an image needs a sequence of its own.
    expect(kit.exchange.depthsAsked).toEqual([undefined, 4]);
    kit.exchange.diff(104, 104, [1000, 6]);
    const later: Levels = [1000, 6, ...moved.slice(2)];
    kit.exchange.spare(cut(snapshotAt(104, later, DEEP_ASKS), 10));
    await kit.clock.advanceAsync(3000, 100);
    expect(kit.one.segment?.horizon).toEqual({ bid: null, ask: null });
    await kit.clock.advanceAsync(60_000, 500);
    expect(kit.exchange.depthsAsked).toEqual([undefined, 4, 10]);
    rounds.stop();
    await kit.checked();
    // Both images were compared with the records before them.
    expect(kit.selfCheck.figures()).toEqual({ images: 2, snapshots: 2, mismatches: 0 });
    const reader = createReader(kit.harness.archive);
    const at = async (sequence: number) =>
      reader.bookAt({ security: SECURITY.id, position: { sequence } });
    expect(await at(102)).toMatchObject({ horizon: { bid: '9.9', ask: '10.2' } });
    expect(await at(103)).toMatchObject({ horizon: { bid: '9.7', ask: '10.4' } });
    expect(await at(104)).toMatchObject({ horizon: { bid: null, ask: null } });
    expect(await reader.verify({ security: SECURITY.id })).toMatchObject({ problems: [] });
  });

  test('updates that arrive while it is compared are in it', async () => {
    await shallow();
    const snapshot = cut(snapshotAt(103, [1000, 5, 990, 7, 980, 9, 970, 8], DEEP_ASKS), 4);
    kit.exchange.onSnapshot = async () => {
      kit.exchange.diff(104, 105, [980, 0, 1000, 1]);
      return snapshot;
    };
    void kit.selfCheck.checkSnapshot(kit.selfCheck.deepening);
    kit.clock.advance(DEFAULT_LIMITS.firstUpdateWaitMs);
    for (let i = 0; i < 8; i++) await Promise.resolve();
    kit.exchange.diff(106, 106, [960, 3]);
    await kit.clock.advanceAsync(10, 2);
    const { segment } = kit.one;
    expect(segment?.sequence).toBe(106);
    expect(segment?.horizon).toEqual({ bid: 970, ask: 1040 });
    expect(segment && sidesOf(segment.book).bids).toEqual([1000, 1, 990, 7, 970, 8, 960, 3]);
  });

  test('another book inside the horizon is a mismatch, and nothing is taken over', async () => {
    await shallow();
    const wrong = cut(snapshotAt(103, [1000, 6, ...DEEP_BIDS.slice(2)], DEEP_ASKS), 4);
    kit.exchange.onSnapshot = async () => wrong;
    void kit.selfCheck.checkSnapshot(kit.selfCheck.deepening);
    await kit.clock.advanceAsync(
      3 * DEFAULT_LIMITS.firstUpdateWaitMs + DEFAULT_LIMITS.snapshotRecheckDelayMs,
      100,
    );
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 1 });
    expect(kit.one.phase).not.toBe('live');
  });

  test('a quiet book is not asked about in vain', async () => {
    await shallow();
    const rounds = roundsOf();
    kit.exchange.spare(cut(snapshotAt(103, DEEP_BIDS, DEEP_ASKS), 2));
    kit.one.imageNow();
    expect(kit.selfCheck.deepening).toBeUndefined();
    await kit.clock.advanceAsync(20_000, 500);
    expect(kit.exchange.depthsAsked).toEqual([undefined]);
    rounds.stop();
  });

  test('with its top near the horizon, it does not wait for spare budget', async () => {
    await shallow();
    const rounds = roundsOf();
    kit.exchange.diff(104, 104, [1000, 0]);
    await kit.clock.advanceAsync(2500, 100);
    expect(kit.exchange.snapshotRequests).toBe(2);
    rounds.stop();
  });
});

/** The book of the exchange, played at random; snapshots come late and are as deep as was asked for. */
class Market {
  readonly #random;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  sequence = 100;
  mid = 100_000;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    for (let i = 1; i <= 400; i++) {
      if (this.#random.next() < 0.7) this.#bids.set(this.mid - i, 1 + this.#below(50));
      if (this.#random.next() < 0.7) this.#asks.set(this.mid + i, 1 + this.#below(50));
    }
  }

  #below(max: number): number {
    return Math.floor(this.#random.next() * max);
  }

  /** Changes a few levels, most of them near a top that drifts. */
  move(): { bids: number[]; asks: number[]; first: number; last: number } {
    this.mid += this.#below(7) - 3;
    const named = { bids: new Map<number, number>(), asks: new Map<number, number>() };
    const set = (side: 'bids' | 'asks', price: number, size: number): void => {
      const levels = side === 'bids' ? this.#bids : this.#asks;
      if (size === 0) levels.delete(price);
      else levels.set(price, size);
      named[side].set(price, size);
    };
    for (const price of this.#bids.keys()) if (price >= this.mid) set('bids', price, 0);
    for (const price of this.#asks.keys()) if (price <= this.mid) set('asks', price, 0);
    set('bids', this.mid - 1, 1 + this.#below(50));
    set('asks', this.mid + 1, 1 + this.#below(50));
    for (let i = 0; i < 6; i++) {
      const away = 1 + this.#below(this.#below(4) === 0 ? 500 : 20);
      const isBid = this.#below(2) === 0;
      set(
        isBid ? 'bids' : 'asks',
        this.mid + (isBid ? -away : away),
        this.#below(3) === 0 ? 0 : 1 + this.#below(50),
      );
    }
    const first = this.sequence + 1;
    this.sequence += 1 + this.#below(4);
    return {
      bids: [...named.bids].flat(),
      asks: [...named.asks].flat(),
      first,
      last: this.sequence,
    };
  }

  snapshot(): BookSnapshot {
    const bids = [...this.#bids].sort(([a], [b]) => b - a).flat();
    const asks = [...this.#asks].sort(([a], [b]) => a - b).flat();
    return snapshotAt(this.sequence, bids, asks);
  }
}

const SEEDS = testSeeds(2);

test.each(SEEDS)(
  "in memory and rebuilt from the records, it is the exchange's book inside the horizon: seed %i",
  async (seed) => {
    const { exchange, clock } = kit;
    const market = new Market(seed);
    const random = seededRandom(seed + 1000);
    exchange.snapshotDepths = [10, 60, 200];
    exchange.onSnapshot = async ({ depth = 10 }) => {
      const taken = cut(market.snapshot(), depth);
      // On its way while the market moves on, or already ahead of what has come in.
      for (let ms = Math.floor(random.next() * 300); ms > 0; ms -= 50) await clockTurn();
      return taken;
    };
    const clockTurn = async (): Promise<void> =>
      new Promise((resolve) => clock.schedule(50, resolve));
    await kit.start({ imageIntervalMs: 20_000 });
    exchange.up();
    const rounds = roundsOf();
    const truth = new Map<number, BookSnapshot>();
    const horizons = new Map<number, unknown>();
    const reaches = new Set<string>();
    for (let i = 0; i < 160; i++) {
      const { first, last, bids, asks } = market.move();
      // Sometimes the exchange answers a request before the update reaches us.
      if (random.next() < 0.3) await clock.advanceAsync(60, 20);
      exchange.diff(first, last, bids, asks);
      const taken = market.snapshot();
      truth.set(last, taken);
      await clock.advanceAsync(100, 25);
      kit.one.tick();
      const { segment } = kit.one;
      if (kit.one.phase !== 'live' || segment?.sequence !== last) continue;
      const ours = { ...sidesOf(segment.book), scale: SCALE, horizon: segment.horizon };
      expect(differenceInside(ours, taken), `seed ${seed} at ${last}`).toBeNull();
      horizons.set(last, segment.horizon);
      reaches.add(String(segment.depth));
    }
    rounds.stop();
    expect([...reaches]).toEqual(['10', '60', '200']);
    expect(kit.selfCheck.figures().mismatches).toBe(0);
    expect(kit.one.segment?.identity.epoch).toBe(1);
    kit.one.journal();
    await kit.checked();
    const reader = createReader(kit.harness.archive);
    expect(await reader.verify({ security: SECURITY.id })).toMatchObject({ problems: [] });
    let count = 0;
    for (const [sequence, horizon] of horizons) {
      if (random.next() < 0.5) continue;
      const book = await reader.bookAt({ security: SECURITY.id, position: { sequence } });
      if (book.state === 'gap') throw new Error(`No book at ${sequence}, seed ${seed}`);
      const units = (text: string, exponent: number) => Math.round(Number(text) * 10 ** exponent);
      const levels = (rows: typeof book.bids) =>
        rows.flatMap(([price, size]) => [units(price, 2), units(size, 3)]);
      const edge = (text: string | null) => (text === null ? null : units(text, 2));
      const shown = { bid: edge(book.horizon.bid), ask: edge(book.horizon.ask) };
      const content = {
        level: 'L2' as const,
        bids: levels(book.bids),
        asks: levels(book.asks),
        scale: SCALE,
        horizon: shown,
      };
      expect(
        differenceInside(content, truth.get(sequence) as BookSnapshot),
        `seed ${seed} at ${sequence}`,
      ).toBeNull();
      // Images that show more at this very sequence come right after it.
      if (JSON.stringify(shown) !== JSON.stringify(horizon)) continue;
      count++;
    }
    expect(count).toBeGreaterThan(20);
  },
);
