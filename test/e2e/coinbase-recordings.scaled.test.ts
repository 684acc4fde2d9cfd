/**
 * Recordings of Coinbase, replayed over a real socket and REST into the real logger and read back from
 * its archive: `full` order by order, and the public feed of ten products by price.
 */

import { parseIsoUs } from '../../logger/market/time.ts';
import { rowsOf, tradeRow, updateRow } from '../../logger/library-rows.ts';
import { formatOrderEvent } from '../../logger/queries/format.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { recordingsPath } from '../../bench/recordings.ts';
import { CoinbaseReplay } from '../support/coinbase-replay.ts';
import type { CoinbaseFault, CoinbaseReplayOptions } from '../support/coinbase-replay.ts';
import { FULL_FILES, FullSession, Level2Session } from '../support/coinbase-session.ts';
import type { OrderRow } from '../support/coinbase-session.ts';
import { NaiveBook, plainDecimal } from '../support/naive-book.ts';
import { scaled } from '../support/scaled.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { checkTopsIn } from '../support/recorded-tops.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { needs, recordings } from '../support/requirements.ts';

const BTC = 'coinbase:BTC-USD';
const KEY = {
  COINBASE_API_KEY: 'a-key',
  COINBASE_API_SECRET: Buffer.from('a secret of some length').toString('base64'),
  COINBASE_API_PASSPHRASE: 'a-passphrase',
};
const FILES = scaled({ fast: 1, full: FULL_FILES.length });
/** How much of the recording is played with faults, and how often there is one. */
const FAULTY = scaled({
  fast: { frames: 2000, chance: 0.01, extent: 'the first 2000 frames' },
  full: { frames: Infinity, chance: 0.004, extent: 'all of it' },
});
const seed = testSeed();

describe('the Coinbase recordings', needs(recordings), () => {
  let replay: CoinbaseReplay | undefined;
  let logger: TestLogger | undefined;

  afterEach(async () => {
    expect(logger?.fatal ?? []).toEqual([]);
    await logger?.stop();
    if (logger) expect(await checkTopsIn(logger.dataDirectory)).toBeGreaterThan(0);
    await logger?.discard();
    await replay?.close();
    logger = replay = undefined;
  });

  async function play(options: CoinbaseReplayOptions, env: Record<string, string>) {
    replay = await CoinbaseReplay.start(options);
    const { wsUrl, restUrl } = replay;
    const urls = { COINBASE_WS_URL: wsUrl, COINBASE_REST_URL: restUrl };
    // Without a book the replay can't say that nothing follows its last frame.
    const limits = options.book ? {} : { minSilenceMs: 600_000, maxSilenceMs: 600_000 };
    logger = await startTestLogger({ wsUrl, restUrl }, { ...urls, ...env }, { limits });
    await replay.finished;
    return logger;
  }

  function full(session: FullSession): CoinbaseReplayOptions {
    return {
      frames: session.frames,
      waitFor: ['BTC-USD/full', 'BTC-USD/heartbeat'],
      book: (played) => {
        const sequence = session.snapshotSequence + played;
        return { sequence, orders: session.bookAt(sequence) };
      },
    };
  }

  async function heardAll(one: TestLogger, session: FullSession): Promise<void> {
    const last = String(session.lastSequence);
    await until('the last message', () => one.control.status(BTC)?.sequence === last, 30_000);
    await one.control.flush(BTC);
  }

  async function expectTrueQueues(one: TestLogger, session: FullSession, sequence: number) {
    const answer = await one.reader.bookAt({ security: BTC, position: { sequence } });
    if (answer.state !== 'proven') throw new Error(`No book at ${sequence}`);
    const truth = session.bookAt(sequence);
    expect(answer).toMatchObject({ level: 'L3', proof: 'sequence', sequence: String(sequence) });
    expect(answer.horizon).toEqual({ bid: null, ask: null });
    expect(answer.bids).toEqual(truth.rows('bid'));
    expect(answer.asks).toEqual(truth.rows('ask'));
  }

  test.each(FULL_FILES.map((file, i) => [file, i] as const).slice(0, FILES))(
    '%s comes back exactly: the top 50 of its oracle, every event, every queue',
    async (file, number) => {
      const random = seededRandom(seed);
      const session = new FullSession(file);
      const one = await play(full(session), { SECURITIES: BTC, ...KEY });
      await heardAll(one, session);

      const { intervals, gaps } = await one.reader.coverage({ security: BTC });
      expect(gaps).toEqual([]);
      expect(intervals).toMatchObject([
        { feed: 'full', lastSequence: String(session.lastSequence) },
      ]);
      const first = Number(intervals[0]?.firstSequence);

      const path = join(recordingsPath() ?? '', `coinbase-full-btcusd-20160312-${number}.out.json`);
      const oracle = JSON.parse(readFileSync(path, 'utf8')) as Record<string, [number, number][]>;
      const byPrice = await one.reader.bookAt({ security: BTC, depth: 50, level: 'L2' });
      if (byPrice.state !== 'proven') throw new Error('No book');
      for (const side of ['bids', 'asks'] as const) {
        const rows = byPrice[side].map(([price, size]) => [Number(price), Number(size)]);
        expect(rows).toEqual(oracle[side]);
      }

      const expected = session.frames.filter(({ message }) => message.sequence > first);
      let at = 0;
      for await (const item of one.reader.orders({ security: BTC })) {
        if (item.type === 'gap') throw new Error('Unexpected gap');
        expectFields(formatOrderEvent(item.event, item.scale), expected[at++]?.message);
      }
      expect(at).toBe(expected.length);

      for (let i = 0; i < 20; i++) {
        await expectTrueQueues(one, session, random.integer(first, session.lastSequence));
      }
      expect(await one.reader.verify()).toMatchObject({ problems: [] });
    },
    180_000,
  );

  /** The event has every field of the frame; of a match, the exchange names the maker's side. */
  function expectFields(event: Readonly<Record<string, unknown>>, message: any): void {
    const amounts = new Set(['price', 'size', 'remaining_size', 'funds']);
    for (const [name, value] of Object.entries<string | number | null>(message)) {
      if (name === 'product_id' || name === 'time') continue;
      const ours = name === 'client_oid' ? 'clientOrderId' : camel(name);
      const text = value === null ? null : String(value);
      if (name === 'side' && message.type === 'match') {
        expect(event[ours]).toBe(text === 'buy' ? 'sell' : 'buy');
        continue;
      }
      const said = text !== null && amounts.has(name) ? plainDecimal(text) : text;
      expect(event[ours], `${name} of ${message.sequence}`).toBe(said);
    }
    expect(Date.parse(String(event['exchangeTime']))).toBe(Date.parse(message.time));
  }

  const camel = (name: string): string =>
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

  test(`full, with faults on the way, ${FAULTY.extent}: never a wrong queue, every gap declared (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const session = new FullSession(FULL_FILES[1], FAULTY.frames);
    const calmFrom = session.frames.length - 800;
    let held: string | undefined;
    const fault = (index: number, raw: string): CoinbaseFault | undefined => {
      if (held !== undefined) {
        const late = held;
        held = undefined;
        return { frames: [raw, late] };
      }
      if (index > calmFrom || !random.chance(FAULTY.chance)) return undefined;
      switch (random.integer(0, 6)) {
        case 0:
          return { frames: [] };
        case 1:
          return { frames: [raw, raw] };
        case 2:
          held = raw;
          return { frames: [] };
        case 3:
          return { frames: [raw], close: 1000 };
        case 4:
          return { frames: [], close: 1006 };
        case 5:
          return { frames: [raw.slice(0, raw.length / 2)] };
        default:
          return { frames: [raw.replace(/"(price|size|remaining_size)":"[^"]*"/, '"$1":"NaN"')] };
      }
    };
    const one = await play(
      {
        ...full(session),
        fault: (index, { raw }) => fault(index, raw),
        // Slow enough for a resync to end before the replay does.
        framesPerTurn: 5,
        pauseMs: 15,
      },
      { SECURITIES: BTC, ...KEY },
    );
    await heardAll(one, session);
    const { intervals, gaps } = await one.reader.coverage({ security: BTC });
    expect(gaps.length).toBeGreaterThan(0);
    expect(intervals).toHaveLength(gaps.length + 1);
    for (const [i, gap] of gaps.entries()) {
      expect(gap.from).toBe(intervals[i]?.to);
      expect(gap.to).toBe(intervals[i + 1]?.from);
      expect(['sequence', 'connection']).toContain(gap.cause);
    }
    for (const interval of intervals) {
      const [from, to] = [Number(interval.firstSequence), Number(interval.lastSequence)];
      for (const sequence of [from, random.integer(from, to), to]) {
        await expectTrueQueues(one, session, sequence);
      }
    }
    expect(await one.reader.verify()).toMatchObject({ problems: [] });
  }, 120_000);

  test('level2 of ten products comes back exactly, with the tickers as oracle', async () => {
    const session = new Level2Session();
    const securities = session.products.map((product) => `coinbase:${product}`);
    const one = await play(
      {
        frames: session.frames,
        waitFor: session.products.flatMap((product) => [
          `${product}/level2_batch`,
          `${product}/matches`,
        ]),
      },
      { SECURITIES: securities.join(',') },
    );
    let points = 0;
    for (const [i, product] of session.products.entries()) {
      const security = securities[i] as string;
      const frames = session.frames.filter((frame) => frame.product === product);
      const updates = frames.filter(({ message }) => message.type === 'l2update');
      const told: string[] = [];
      const lastUs = Date.parse(updates.at(-1)?.message.time) * 1000;
      let diffs = 0;
      await until(`the last update of ${product}`, async () => {
        await one.control.flush(security);
        let saidUs = 0;
        diffs = 0;
        for await (const item of one.reader.updates({ security })) {
          if (item.type === 'update') diffs++;
          if (item.type !== 'gap') saidUs = item.exchangeTimeUs;
        }
        return saidUs >= lastUs;
      });
      // Updates from before the book was proven are in its image.
      const inImage = updates.length - diffs;
      const { intervals, gaps } = await one.reader.coverage({ security });
      expect(gaps).toEqual([]);
      expect(intervals).toMatchObject([
        { feed: 'level2_batch', proof: 'connection', firstSequence: null, lastSequence: null },
      ]);

      // Compares the book after each message with the exchange's tickers.
      const book = new NaiveBook(0, [], []);
      const best = (): string => [...(book.best('bid') ?? []), ...(book.best('ask') ?? [])].join();
      for await (const item of rowsOf(one.reader.updates({ security }), updateRow)) {
        if (item.type === 'gap') throw new Error('Unexpected gap');
        expect(item.sequence).toBeNull();
        book.apply(0, padded(item.bids), padded(item.asks));
        told.push(best());
      }
      let at = Number.NaN;
      for (const { message } of frames) {
        if (message.type === 'snapshot') at = -inImage;
        if (message.type === 'l2update') at++;
        if (message.type !== 'ticker' || !told[at]) continue;
        const sizeless = (told[at] ?? '').split(',').filter((_, part) => part % 2 === 0);
        expect(sizeless).toEqual([plainDecimal(message.best_bid), plainDecimal(message.best_ask)]);
        points++;
      }

      const trades: unknown[] = [];
      for await (const trade of rowsOf(one.reader.trades({ security }), tradeRow)) {
        if (trade.type === 'gap') throw new Error('A trade is missing');
        trades.push([trade.tradeId, trade.sequence, trade.price, trade.size, trade.side]);
      }
      expect(trades).toEqual(
        frames
          .filter(({ message }) => message.type === 'match')
          .map(({ message }) => [
            message.trade_id,
            message.sequence,
            plainDecimal(message.price),
            plainDecimal(message.size),
            message.side === 'buy' ? 'sell' : 'buy',
          ]),
      );
    }
    expect(points).toBeGreaterThan(80);
    expect(await one.reader.verify()).toMatchObject({ problems: [] });
  }, 180_000);

  /** The naive book sorts prices by their digits, so all need the same number of decimals. */
  function padded(rows: readonly (readonly unknown[])[]): [string, string][] {
    return rows.map(([price, size]) => {
      const [whole = '', fraction = ''] = String(price).split('.');
      return [`${whole}.${fraction.padEnd(8, '0')}`, String(size)];
    });
  }

  test('a change to the full feed begins another segment, and the archive distinguishes both', async () => {
    const session = new FullSession(FULL_FILES[0]);
    const rows = (side: 'bid' | 'ask'): OrderRow[] => session.bookAt(0).rows(side);
    const snapshot = {
      type: 'snapshot',
      product_id: 'BTC-USD',
      time: '2016-03-12T05:08:36.5Z',
      bids: byPrice(rows('bid')),
      asks: byPrice(rows('ask')),
    };
    const frame = {
      raw: JSON.stringify(snapshot),
      channel: 'level2_batch',
      product: 'BTC-USD',
      message: snapshot,
    } as const;
    const first = await play(
      { frames: [frame], waitFor: ['BTC-USD/level2_batch'] },
      { SECURITIES: BTC },
    );
    await until('the public book', () => first.control.status(BTC)?.state === 'live');
    const { dataDirectory } = first;
    await first.stop();
    await replay?.close();

    const env = { SECURITIES: BTC, DATA_DIR: dataDirectory, ...KEY };
    const one = await play(full(session), env);
    await heardAll(one, session);
    const { intervals, gaps } = await one.reader.coverage({ security: BTC });
    expect(intervals).toMatchObject([
      { feed: 'level2_batch', proof: 'connection', firstSequence: null },
      { feed: 'full', proof: 'sequence', lastSequence: String(session.lastSequence) },
    ]);
    expect(gaps).toMatchObject([{ cause: 'restart', firstMissing: null, lastMissing: null }]);
    const us = parseIsoUs(intervals[0]?.to ?? '') ?? 0;
    const past = await one.reader.bookAt({ security: BTC, position: { clock: 'receive', us } });
    expect(past).toMatchObject({ level: 'L2', proof: 'connection', sequence: null });
    await expectTrueQueues(one, session, session.lastSequence);
    // A count of messages is not a sequence, so it cannot be queried by one.
    const bySequence = await one.reader.bookAt({ security: BTC, position: { sequence: 1 } });
    expect(bySequence.state).toBe('gap');
    expect(await one.reader.verify()).toMatchObject({ problems: [] });
  }, 180_000);

  function byPrice(rows: readonly OrderRow[]): [string, string][] {
    const sizes = new Map<string, number>();
    for (const [price, size] of rows) sizes.set(price, (sizes.get(price) ?? 0) + Number(size));
    return [...sizes].map(([price, size]) => [price, size.toFixed(8)]);
  }
});
