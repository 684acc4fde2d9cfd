/**
 * Exports of recordings that went through the real logger: every tick of the snapshots is compared with
 * `bookAt`, and Tardis' rows with a reader of Tardis' rules.
 */

import { afterEach, describe, expect, test } from 'vitest';
import type { ClockName } from '../../logger/market/time.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { BookResult } from '../../logger/queries/results.ts';
import type { GapItem, SnapshotItem } from '../../logger/queries/items.ts';
import { formatView } from '../../logger/queries/format.ts';
import type { Reader } from '../../logger/reader/reader.ts';
import { LiveSnapshots } from '../../logger/series/live-snapshots.ts';
import type { LiveSnapshotsQuery } from '../../logger/series/security-snapshots.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { CoinbaseReplay } from '../support/coinbase-replay.ts';
import { exportLines } from '../support/export-lines.ts';
import { FULL_FILES, FullSession } from '../support/coinbase-session.ts';
import { checkIdentity, checkOrders, itemsOf } from '../support/naive-changes.ts';
import { RecordedSession } from '../support/recorded-session.ts';
import { startReplayServer } from '../support/replay-server.ts';
import { TardisBook } from '../support/tardis-book.ts';
import { scaled } from '../support/scaled.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { needs, recordings } from '../support/requirements.ts';

const LINES = scaled({ fast: 10_000, full: Infinity });
const EXTENT = scaled({ fast: 'the first 10,000 lines', full: 'all of it' });
/** Moments of an export that are compared with a query. */
const TICKS = scaled({ fast: 20, full: 30 });

const DAY_US = 86_400_000_000;

type LiveItem = SnapshotItem | GapItem;
type LiveQuery = LiveSnapshotsQuery & { readonly everyUs: number };
const BINANCE_ROWS: LiveQuery = { security: 'binance:BTCUSDT', everyUs: 500_000, depth: 25 };
const COINBASE_ROWS: LiveQuery = {
  security: 'coinbase:BTC-USD',
  everyUs: 100_000,
  depth: 10,
  level: 'L2',
};

/** The longest cadence that divides a day and is no longer than this. */
function cadenceWithin(us: number): number {
  let parts = Math.ceil(DAY_US / us);
  while (DAY_US % parts !== 0) parts++;
  return DAY_US / parts;
}

describe('exports of the recordings', needs(recordings), () => {
  let server: { close(): Promise<void> } | undefined;
  let logger: TestLogger | undefined;
  let live: LiveItem[];
  let followed: LiveSnapshots;

  afterEach(async () => {
    expect(logger?.fatal ?? []).toEqual([]);
    await logger?.discard();
    await server?.close();
    logger = server = undefined;
  });

  async function heard(one: TestLogger, security: string, lastSequence: number): Promise<void> {
    const isThere = (): boolean => one.control.status(security)?.sequence === String(lastSequence);
    await until('the last message', isThere, 30_000);
    await one.control.flush(security);
  }

  /** Records a security, and follows its snapshots from its first message on. */
  async function record(one: TestLogger, query: LiveQuery): Promise<void> {
    logger = one;
    live = [];
    const listener = {
      onItems: (items: readonly LiveItem[]) => void live.push(...items),
      onError: (error: unknown) => void one.fatal.push(error),
    };
    const clock = createSystemClock();
    followed = new LiveSnapshots(
      { live: one.control.live, clock, isBeforeStart: true },
      query,
      listener,
    );
    await one.control.add([query.security], false, AbortSignal.timeout(30_000));
  }

  /** What came live is what is exported; the last rows wait for a message behind them. */
  async function checkLive(reader: Reader, query: LiveQuery): Promise<void> {
    const stored: LiveItem[] = [];
    for await (const item of reader.snapshots({ ...query, clock: 'exchange' })) stored.push(item);
    followed.stop();
    expect(followed.late).toBe(0);
    expect(live.length).toBeGreaterThanOrEqual(stored.length - 1);
    expect(live.length).toBeGreaterThan(20);
    expect(live).toEqual(stored.slice(0, live.length));
  }

  /** At every price of every row, beside the messages about orders one by one. */
  async function checkFeatures(reader: Reader, security: string): Promise<void> {
    const { lastUs } = await spanOf(reader, security, 'receive');
    const query = { security, everyUs: 100_000, level: 'L2', toUs: lastUs } as const;
    const items = await itemsOf(reader, { ...query, features: true });
    const { rows, changes } = await checkIdentity(reader, items, query);
    expect(rows).toBe(items.length - 1);
    expect(changes).toBeGreaterThan(1000);
    expect(await checkOrders(reader, security, items)).toBe(items.length);
    const best = await itemsOf(reader, { ...query, depth: 5, features: true });
    expect((await checkIdentity(reader, best, { ...query, depth: 5 })).rows).toBe(rows);
    for (const item of items.slice(1)) expect(item).toMatchObject({ features: { kind: 'exact' } });
  }

  async function playBinance(): Promise<Reader> {
    const session = new RecordedSession(undefined, LINES);
    const replay = await startReplayServer({ session });
    server = replay;
    await record(await startTestLogger(replay), BINANCE_ROWS);
    await replay.finished;
    await heard(logger as TestLogger, 'binance:BTCUSDT', session.lastSequence);
    return (logger as TestLogger).reader;
  }

  async function playCoinbase(): Promise<Reader> {
    const session = new FullSession(FULL_FILES[0]);
    const replay = await CoinbaseReplay.start({
      frames: session.frames,
      waitFor: ['BTC-USD/full', 'BTC-USD/heartbeat'],
      book: (played) => {
        const sequence = session.snapshotSequence + played;
        return { sequence, orders: session.bookAt(sequence) };
      },
    });
    server = replay;
    const { wsUrl, restUrl } = replay;
    const settings = {
      COINBASE_WS_URL: wsUrl,
      COINBASE_REST_URL: restUrl,
      COINBASE_API_KEY: 'a-key',
      COINBASE_API_SECRET: Buffer.from('a secret of some length').toString('base64'),
      COINBASE_API_PASSPHRASE: 'a-passphrase',
    };
    await record(await startTestLogger(replay, settings), COINBASE_ROWS);
    await replay.finished;
    await heard(logger as TestLogger, 'coinbase:BTC-USD', session.lastSequence);
    return (logger as TestLogger).reader;
  }

  /** First and last stored time on a clock. */
  async function spanOf(reader: Reader, security: string, clock: ClockName) {
    const times: number[] = [];
    for await (const item of reader.updates({ security })) {
      if (item.type === 'gap') continue;
      times.push(clock === 'receive' ? item.receiveTimeUs : item.exchangeTimeUs);
    }
    return { firstUs: times[0] as number, lastUs: times.at(-1) as number };
  }

  async function checkSnapshots(
    reader: Reader,
    security: string,
    options: { clock: ClockName; depth?: number; level?: 'L2' },
  ): Promise<void> {
    const { clock, ...shown } = options;
    const { firstUs, lastUs } = await spanOf(reader, security, clock);
    const everyUs = cadenceWithin((lastUs - firstUs) / TICKS);
    const range = { fromUs: firstUs, toUs: lastUs };
    let tickUs = Math.ceil(firstUs / everyUs) * everyUs;
    for await (const item of reader.snapshots({ security, everyUs, clock, ...range, ...shown })) {
      if (item.type === 'gap') throw new Error('Unexpected gap');
      expect(item.atUs).toBe(tickUs);
      const position = { clock, us: tickUs };
      expect(formatView(item)).toEqual(await reader.bookAt({ security, position, ...shown }));
      tickUs += everyUs;
    }
    expect(tickUs).toBeGreaterThanOrEqual(lastUs);
  }

  const byPrice = (rows: BookResult['bids']): unknown[] =>
    rows.map(([price, size]) => [price, size]);

  /** Compares the Tardis reader's book with `bookAt`, at moments whose rows are all in. */
  async function checkTardis(reader: Reader, security: string): Promise<void> {
    const rows: string[] = [];
    const query = { security, type: 'incremental', format: 'tardis-csv' } as const;
    for await (const line of exportLines(reader, query)) {
      if ('gap' in line) throw new Error('Unexpected gap');
      rows.push(line.text);
    }
    rows.shift();
    const usOf = (row: string | undefined): number => Number(row?.split(',')[3]);
    const book = new TardisBook();
    const every = Math.floor(rows.length / TICKS);
    let checked = 0;
    for (const [i, row] of rows.entries()) {
      book.take(row);
      const isLast = i === rows.length - 1;
      if (usOf(rows[i + 1]) === usOf(row) || (!isLast && i < checked * every)) continue;
      checked++;
      const position = { clock: 'receive', us: usOf(row) } as const;
      const answer = await reader.bookAt({ security, position, level: 'L2' });
      if (answer.state === 'gap') throw new Error(`No book at ${row}`);
      const { bids, asks } = book.rows();
      expect({ bids: byPrice(answer.bids), asks: byPrice(answer.asks) }).toEqual({ bids, asks });
    }
    expect(checked).toBeGreaterThan((2 / 3) * TICKS);
  }

  test(`of Binance, ${EXTENT}: snapshots on both clocks, incremental_book_L2`, async () => {
    const reader = await playBinance();
    const security = 'binance:BTCUSDT';
    await checkLive(reader, BINANCE_ROWS);
    await checkSnapshots(reader, security, { clock: 'receive', depth: 25 });
    await checkSnapshots(reader, security, { clock: 'exchange' });
    await checkTardis(reader, security);
  }, 120_000);

  test('of Coinbase: snapshots of queues and by price, incremental_book_L2 from orders', async () => {
    const reader = await playCoinbase();
    const security = 'coinbase:BTC-USD';
    await checkLive(reader, COINBASE_ROWS);
    await checkFeatures(reader, security);
    await checkSnapshots(reader, security, { clock: 'receive' });
    await checkSnapshots(reader, security, { clock: 'exchange', depth: 25, level: 'L2' });
    await checkTardis(reader, security);
    const rows: string[] = [];
    const query = { security, type: 'snapshots', format: 'tardis-csv', everyUs: 1000 } as const;
    for await (const line of exportLines(reader, query)) if ('text' in line) rows.push(line.text);
    const [, first = ''] = rows;
    const [exchange, symbol, , localTimestamp, ...levels] = first.split(',');
    const position = { clock: 'receive', us: Number(localTimestamp) } as const;
    const best = await reader.bookAt({ security, position, depth: 1, level: 'L2' });
    if (best.state === 'gap') throw new Error(`No book at ${localTimestamp}`);
    expect([exchange, symbol]).toEqual(['coinbase', 'BTC-USD']);
    expect(levels.slice(0, 4)).toEqual([...byPrice(best.asks), ...byPrice(best.bids)].flat());
    expect(parseTimeUs(best.at)).toBe(Number(localTimestamp));
  }, 120_000);
});
