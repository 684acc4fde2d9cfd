/**
 * Recordings of Binance, replayed over real sockets and REST into the real logger and read back from its
 * archive: best prices, full books, diffs and trades one to one, with and without faults.
 */

import { quoteRow, rowsOf, tradeRow, updateRow } from '../../logger/library-rows.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { plainDecimal } from '../support/naive-book.ts';
import { RecordedSession } from '../support/recorded-session.ts';
import { startReplayServer } from '../support/replay-server.ts';
import type { Fault, ReplayOptions, ReplayServer } from '../support/replay-server.ts';
import { scaled } from '../support/scaled.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { checkTopsIn } from '../support/recorded-tops.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { needs, recordings } from '../support/requirements.ts';
import { expectTrueBook } from '../support/true-book.ts';

const BTC = 'binance:BTCUSDT';
/** Lines of the recording, and how many of its best prices can be compared with ours. */
const {
  lines: LINES,
  tickers: TICKERS,
  extent: EXTENT,
  faults: FAULTS,
} = scaled({
  fast: { lines: 20_000, tickers: 200, extent: 'the first 20,000 lines', faults: 0.004 },
  full: { lines: Infinity, tickers: 1000, extent: 'all of it', faults: 0.0015 },
});
const seed = testSeed();

type Rows = readonly (readonly [string, string])[];
const plain = (rows: Rows = []): Rows =>
  rows.map(([price, size]) => [plainDecimal(price), plainDecimal(size)]);

describe('the Binance recordings', needs(recordings), () => {
  let server: ReplayServer | undefined;
  let logger: TestLogger | undefined;

  afterEach(async () => {
    expect(logger?.fatal ?? []).toEqual([]);
    await logger?.stop();
    if (logger) expect(await checkTopsIn(logger.dataDirectory)).toBeGreaterThan(0);
    await logger?.discard();
    await server?.close();
    logger = server = undefined;
  });

  async function play(
    options: ReplayOptions = {},
    env: Record<string, string> = {},
  ): Promise<{ server: ReplayServer; logger: TestLogger }> {
    server = await startReplayServer(options);
    logger = await startTestLogger(server, { SECURITIES: BTC, ...env });
    await server.finished;
    return { server, logger };
  }

  async function heardAll(one: TestLogger, session: RecordedSession): Promise<void> {
    await until(
      'the last diff',
      () => one.control.status(BTC)?.sequence === String(session.lastSequence),
      30_000,
    );
    await one.control.flush(BTC);
  }

  /** Both sides as far as the book is known, exact text. */
  async function expectTrueBookAt(one: TestLogger, session: RecordedSession, sequence: number) {
    const answer = await one.reader.bookAt({ security: BTC, position: { sequence } });
    if (answer.state !== 'proven') throw new Error(`No book at ${sequence}`);
    const { bids, asks } = session.bookAt(sequence).rows();
    expect(Number(answer.sequence)).toBeLessThanOrEqual(sequence);
    expectTrueBook(answer, { sequence: Number(answer.sequence), bids, asks });
  }

  test(`come back exactly, ${EXTENT}: every oracle point, diff and trade, and books at random sequences (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const session = new RecordedSession(undefined, LINES);
    const { logger } = await play({ session });
    await heardAll(logger, session);

    const { intervals, gaps } = await logger.reader.coverage({ security: BTC });
    expect(gaps).toEqual([]);
    expect(intervals).toHaveLength(1);
    expect(intervals[0]?.lastSequence).toBe(String(session.lastSequence));
    const firstSequence = Number(intervals[0]?.firstSequence);

    // Compares with the exchange's own best prices at the end of a diff.
    const points = session.tickerPoints.filter(({ sequence }) => sequence >= firstSequence);
    expect(points.length).toBeGreaterThan(TICKERS);
    const wrong: unknown[] = [];
    let next = 0;
    let best: readonly (string | null)[] = [];
    const check = (before: number): void => {
      for (let point = points[next]; point && point.sequence < before; point = points[++next]) {
        const told = [...point.bid, ...point.ask];
        if (told.join() !== best.join()) wrong.push({ point, best });
      }
    };
    for await (const quote of rowsOf(logger.reader.quotes({ security: BTC }), quoteRow)) {
      if (quote.type === 'gap') throw new Error('Unexpected gap');
      check(Number(quote.sequence));
      best = [quote.bidPrice, quote.bidSize, quote.askPrice, quote.askSize];
    }
    check(Infinity);
    expect(next).toBe(points.length);
    expect(wrong).toEqual([]);

    const expectedDiffs = session.diffs.filter((diff) => diff.lastSequence > firstSequence);
    let index = 0;
    for await (const diff of rowsOf(logger.reader.updates({ security: BTC }), updateRow)) {
      if (diff.type !== 'diff') continue;
      const expected = expectedDiffs[index++];
      expect(diff.firstSequence).toBe(expected?.firstSequence);
      expect(diff.sequence).toBe(expected?.lastSequence);
      expect([diff.bids, diff.asks]).toEqual([plain(expected?.bids), plain(expected?.asks)]);
    }
    expect(index).toBe(expectedDiffs.length);

    const trades: unknown[] = [];
    for await (const trade of rowsOf(logger.reader.trades({ security: BTC }), tradeRow)) {
      if (trade.type === 'gap') throw new Error('A trade is missing');
      const { tradeId, price, size, exchangeTimeUs, side } = trade;
      trades.push({ tradeId, price, size, tradeTimeMs: exchangeTimeUs / 1000, takerSide: side });
    }
    expect(trades).toEqual(session.trades);

    for (let i = 0; i < 20; i++) {
      await expectTrueBookAt(logger, session, random.integer(firstSequence, session.lastSequence));
    }
    expect(await logger.reader.verify()).toMatchObject({ problems: [] });
  }, 120_000);

  /** Occasional random faults. */
  function trouble(random: SeededRandom): (index: number, frame: string) => Fault | undefined {
    let held: string | undefined;
    return (_index, frame) => {
      if (held !== undefined) {
        const late = held;
        held = undefined;
        return [frame, late];
      }
      if (!random.chance(FAULTS)) return undefined;
      switch (random.integer(0, 9)) {
        case 0:
          return [];
        case 1:
          return [frame, frame];
        case 2:
          held = frame;
          return [];
        case 3:
          return { frames: [frame], close: 1000 };
        case 4:
          return { frames: [], close: 1006 };
        case 5:
          return [frame.slice(0, frame.length / 2)];
        case 6:
          return [frame.replace(/"\d+\.\d+"/, '"NaN"')];
        case 7:
          return [frame.replace(/"\d+\.\d+"/, `"${'9'.repeat(400)}"`)];
        case 8:
          return ['{"stream":"btcusdt@depth@100ms","data":{"__proto__":{"u":1}}}', frame];
        default:
          return [frame.replace(/"\d+\.\d+"/, '"-1.0"'), frame];
      }
    };
  }

  test(`with faults on the way, ${EXTENT}: never a wrong book, every gap declared, live at the end (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const session = new RecordedSession(undefined, LINES);
    const fault = trouble(random);
    const calmFrom = session.lines.length - 3000;
    // Random faults may all hit frames without which nothing is missing; this one never does.
    const lostLine = session.lines.findIndex(({ diff }, i) => i > calmFrom / 2 && diff !== null);
    const { logger } = await play({
      session,
      // Slow enough for a resync to end before the replay does.
      speed: 40,
      fault: (index, frame) => {
        if (index === lostLine) return [];
        return index < calmFrom ? fault(index, frame) : undefined;
      },
    });
    await heardAll(logger, session);
    const coverage = await logger.reader.coverage({ security: BTC });
    expect(coverage.gaps.length).toBeGreaterThan(0);
    expect(coverage.intervals).toHaveLength(coverage.gaps.length + 1);
    for (const [i, gap] of coverage.gaps.entries()) {
      const before = coverage.intervals[i];
      const after = coverage.intervals[i + 1];
      expect(gap.from).toBe(before?.to);
      expect(gap.to).toBe(after?.from);
      expect(['sequence', 'connection']).toContain(gap.cause);
      if (gap.firstMissing === null) continue;
      expect(Number(gap.firstMissing)).toBe(Number(before?.lastSequence) + 1);
      expect(Number(gap.lastMissing)).toBe(Number(after?.firstSequence) - 1);
      const inside = Math.floor((Number(gap.firstMissing) + Number(gap.lastMissing)) / 2);
      const answer = await logger.reader.bookAt({ security: BTC, position: { sequence: inside } });
      expect(answer.state).toBe('gap');
    }
    for (const interval of coverage.intervals) {
      const [from, to] = [Number(interval.firstSequence), Number(interval.lastSequence)];
      for (const sequence of [from, random.integer(from, to), to]) {
        await expectTrueBookAt(logger, session, sequence);
      }
    }
    expect(await logger.reader.verify()).toMatchObject({ problems: [] });
  }, 120_000);
});
