/** Books by price as they happen, beside what `book` and `health` say at the same moment, through faults. */

import { afterEach, expect, test } from 'vitest';
import { LiveLevels } from '../../../logger/series/live-levels.ts';
import type {
  BookPoint,
  LevelImageEvent,
  LevelUpdateEvent,
  LiveLevelEvent,
  StoredLevelEvent,
} from '../../../logger/market/level-events.ts';
import type { GapItem } from '../../../logger/queries/items.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import type { BookResult } from '../../../logger/queries/results.ts';
import type { LoggerControl } from '../../../logger/status/control.ts';
import { drawFault } from '../../../sandbox/faults/random-faults.ts';
import { EXCHANGE_CASES } from '../../support/exchange-cases.ts';
import { FollowedBook } from '../../support/followed-book.ts';
import type { LevelEvent, ShownBook } from '../../support/followed-book.ts';
import { scaled } from '../../support/scaled.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';
import { STEP_MS, Simulation } from '../../support/simulation.ts';

const SEED = testSeed();
const ROUNDS = scaled({ fast: 6, full: 60 });
const ROUND_MS = 1500;

let simulation: Simulation;

afterEach(async () => {
  await simulation.close();
});

const listener = (events: LiveLevelEvent[]) => ({
  onEvent: (event: LiveLevelEvent) => void events.push(event),
  onError: (error: unknown) => {
    throw error;
  },
});

/** What `book` says now, by price. */
function bookNow(control: LoggerControl, security: string): BookResult | { readonly from: string } {
  const book = control.bookNow(security, { level: 'L2' });
  return book.state === 'gap' ? { from: book.gap.from } : book;
}

function byPrice(rows: BookResult['bids']): unknown[] {
  return rows.map(([price, size]) => [price, size]);
}

function compare(
  control: LoggerControl,
  security: string,
  followed: FollowedBook,
  top: string,
): void {
  const status = control.status(security);
  if (status === undefined) {
    expect(followed.isProven).toBe(false);
    expect(followed.unproven?.reason).toBe('not recorded now');
    return;
  }
  const now = bookNow(control, security);
  expect(followed.isProven).toBe('bids' in now);
  expect(status.state === 'live').toBe('bids' in now);
  if (!('bids' in now)) {
    const since = followed.unproven?.sinceUs ?? control.startedUs;
    expect(formatTimeUs(since)).toBe(now.from);
    return;
  }
  const { bids, asks, horizon } = now;
  const shown = { bids: byPrice(bids), asks: byPrice(asks) };
  // A window has no other horizon than its last price.
  const known = now.windowed ? { bid: null, ask: null } : horizon;
  expect(followed.shown()).toEqual({ ...shown, horizon: known });
  expect(top).toBe(JSON.stringify([shown.bids[0], shown.asks[0]]));
  if (now.sequence !== null) expect(String(followed.point?.sequence)).toBe(now.sequence);
  expect(formatTimeUs(followed.point?.receiveTimeUs ?? 0)).toBe(now.receiveTime);
}

function keyOf({ epoch, sequence }: BookPoint): string {
  return `${epoch}/${sequence}`;
}

/** Every update and book that the archive has was there live; what it has not, it declares missing. */
async function compareWithArchive(
  reader: Reader,
  security: string,
  { live, beganUs }: { readonly live: readonly LiveLevelEvent[]; readonly beganUs: number },
): Promise<void> {
  const stored: (StoredLevelEvent | GapItem)[] = [];
  for await (const event of reader.levels({ security, fromUs: beganUs + 1, trades: true })) {
    stored.push(event);
  }
  const updates = (events: readonly LevelEvent[]): LevelUpdateEvent[] =>
    events.filter((event) => event.type === 'update');
  const byPoint = new Map(updates(live).map((update) => [keyOf(update.point), update]));
  expect(updates(stored).length).toBeGreaterThan(10);
  for (const update of updates(stored)) {
    expect(byPoint.get(keyOf(update.point)), keyOf(update.point)).toEqual(update);
    byPoint.delete(keyOf(update.point));
  }
  // What came while it was written need not be there yet.
  const storedUs = updates(stored).at(-1)?.point.receiveTimeUs ?? 0;
  const gaps = stored.filter((event) => event.type === 'gap');
  for (const { point } of byPoint.values()) {
    const { receiveTimeUs: us } = point;
    const isVoid = gaps.some(({ fromUs, toUs }) => us > fromUs && us <= (toUs ?? Infinity));
    expect(isVoid || us <= beganUs || us > storedUs, keyOf(point)).toBe(true);
  }
  // An archive's events lead to the same books.
  const [followed, said] = [new FollowedBook(), new FollowedBook()];
  const books = new Map<string, ShownBook | null>();
  for (const event of live) {
    followed.apply(event);
    if (event.type === 'update') books.set(keyOf(event.point), followed.shown());
  }
  for (const event of stored) {
    said.apply(event);
    if (event.type === 'update') expect(said.shown()).toEqual(books.get(keyOf(event.point)));
  }
  const trades = (events: readonly LevelEvent[]): LevelEvent[] =>
    events.filter(({ type }) => type === 'trade');
  const known = new Set(trades(live).map((trade) => JSON.stringify(trade)));
  for (const trade of trades(stored)) expect(known).toContain(JSON.stringify(trade));
  expect(trades(stored).length).toBeGreaterThan(0);
  const tops = new FollowedBook();
  let top: unknown;
  const best = (rows: ShownBook | null): string => JSON.stringify([rows?.bids[0], rows?.asks[0]]);
  for await (const event of reader.levels({ security, fromUs: beganUs + 1, topOnly: true })) {
    tops.apply(event);
    if (event.type !== 'image') continue;
    expect(event.bids.length + event.asks.length).toBeLessThanOrEqual(4);
    const full = books.get(keyOf(event.point));
    top = best(tops.shown());
    if (full) expect(best(full)).toBe(top);
  }
  if (said.isProven) expect(best(said.shown())).toBe(top);
}

test.each(Object.entries(EXCHANGE_CASES))(
  `%s: a book is there exactly while the logger has it, and is the same (SEED=${SEED})`,
  async (_name, { security, venue, create }) => {
    simulation = new Simulation({ securities: [security], depthLevels: 40, pace: 10 });
    const { clock, exchange } = simulation;
    const { core } = await simulation.start(venue.name, create);
    const { control } = core;
    const random = seededRandom(SEED);
    const symbol = security.slice(security.indexOf(':') + 1);
    const deps = { live: core.live, nowUs: () => clock.nowUs() };
    const events: LiveLevelEvent[] = [];
    const tops: LiveLevelEvent[] = [];
    const all = new LiveLevels(deps, { security, topOnly: false, trades: true }, listener(events));
    const top = new LiveLevels(deps, { security, topOnly: true, trades: false }, listener(tops));
    all.begin();
    top.begin();
    const [followed, best] = [new FollowedBook(), new FollowedBook()];
    /** They wait for the clock. */
    const commands: Promise<unknown>[] = [];
    const live: LiveLevelEvent[] = [];
    const books: [event: LevelUpdateEvent, book: ShownBook | null][] = [];
    const beganUs = clock.nowUs();
    let images = 0;
    let trades = 0;
    const step = async (): Promise<void> => {
      await clock.advanceAsync(STEP_MS);
      for (const event of events.splice(0)) {
        if (event.type === 'image') images++;
        if (event.type === 'trade') trades++;
        followed.apply(event);
        live.push(event);
        if (event.type === 'update' && random.chance(0.02)) {
          books.push([event, followed.shown()]);
        }
      }
      for (const event of tops.splice(0)) {
        expect(event.type).not.toBe('update');
        best.apply(event);
      }
      const { bids = [], asks = [] } = best.shown() ?? {};
      compare(control, security, followed, JSON.stringify([bids[0], asks[0]]));
      expect(best.isProven).toBe(followed.isProven);
    };
    for (let round = 0; round < ROUNDS; round++) {
      if (random.chance(0.15)) {
        if (control.status(security) === undefined) {
          commands.push(control.add([security], false, new AbortController().signal));
        } else commands.push(control.remove([security]));
      } else exchange.inject(drawFault(random, { venue, symbols: [symbol] }).fault);
      for (let ms = 0; ms < ROUND_MS; ms += STEP_MS) await step();
    }
    exchange.inject({ type: 'recover', exchange: venue.name } as never);
    commands.push(control.add([security], false, new AbortController().signal));
    const isThrough = (): boolean => followed.isProven && trades > 0;
    for (let ms = 0; !isThrough() && ms < 120_000; ms += STEP_MS) await step();
    // At the beginning, and at least one more.
    exchange.inject({ type: 'close', code: 1006, exchange: venue.name } as never);
    for (let ms = 0; ms < ROUND_MS; ms += STEP_MS) await step();
    for (let ms = 0; !isThrough() && ms < 120_000; ms += STEP_MS) await step();
    expect(images).toBeGreaterThan(1);
    expect(trades).toBeGreaterThan(0);
    await flushed(control.flush(security));
    await Promise.all(commands);
    all.stop();
    top.stop();
    live.push(...events);
    await compareWithArchive(core.reader, security, { live, beganUs });
    for (const [{ point }, book] of books) {
      const stored = new FollowedBook();
      stored.apply((await core.reader.bookAtPoint({ security, ...point })) as LevelImageEvent);
      expect(stored.shown()?.bids).toEqual(book?.bids);
      expect(stored.shown()?.asks).toEqual(book?.asks);
      expect(stored.point).toEqual(point);
    }
    async function flushed(flush: Promise<void>): Promise<void> {
      const progress = { isDone: false };
      const done = flush.finally(() => (progress.isDone = true));
      do await clock.advanceAsync(STEP_MS);
      while (!progress.isDone);
      await done;
    }
  },
  600_000,
);
