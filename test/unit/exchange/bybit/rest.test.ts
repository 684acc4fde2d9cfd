/** What Bybit's REST API answers: instruments, snapshots, best prices and rejections. */

import { beforeEach, describe, expect, test } from 'vitest';
import { readBybitRecording, hasBybitRecording } from '../../../../bench/bybit-recording.ts';
import { createBybit } from '../../../../logger/exchange/bybit/exchange.ts';
import { parseInstruments } from '../../../../logger/exchange/bybit/instruments.ts';
import { parseSnapshot } from '../../../../logger/exchange/bybit/snapshot.ts';
import type { BybitFeedName } from '../../../../logger/exchange/bybit/topics.ts';
import {
  ExchangeRejectedError,
  RateLimitedError,
  UnknownSecurityError,
  WireFormatError,
} from '../../../../logger/errors.ts';
import type { Exchange } from '../../../../logger/exchange/exchange.ts';
import { answer, bookAnswer, seqOf } from '../../../support/bybit-frames.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RecordingListener } from '../../../support/recording-listener.ts';
import { needs, recordings } from '../../../support/requirements.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';
import { silentLog } from '../../../support/silent-log.ts';

const { signal } = new AbortController();
const SCALE = { priceExponent: 1, sizeExponent: 6 };

let clock: ManualClock;
let transport: ScriptedTransport;

beforeEach(() => {
  clock = new ManualClock();
  transport = new ScriptedTransport(clock);
});

function open(feed: BybitFeedName = 'full'): Exchange {
  const exchange = createBybit({
    wsUrl: 'wss://exchange.test',
    restUrl: 'https://exchange.test/',
    feed,
    staleAfterMs: 15_000,
    transport,
    clock,
    random: { next: () => 0.5 },
    log: silentLog,
  });
  exchange.open(instrumentOf('BTCUSDT'), new RecordingListener());
  return exchange;
}

function instrumentOf(symbol: string) {
  return { symbol, scale: SCALE, tickSize: '0.1', lotSize: '0.000001' };
}

function answerWith(body: unknown, status = 200, headers: Record<string, string> = {}): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  transport.answer = async () => ({ status, headers, body: text });
}

const rows = (symbols: readonly string[]): unknown =>
  answer({
    category: 'spot',
    list: symbols.map((symbol) => ({
      symbol,
      status: 'Trading',
      baseCoin: 'BTC',
      quoteCoin: 'USDT',
      priceFilter: { tickSize: '0.10' },
      lotSizeFilter: { basePrecision: '0.000001', minOrderQty: '0.000011', minOrderAmt: '5' },
    })),
  });

describe('instruments', () => {
  test('tick and lot size come without trailing zeros, and give the scale', () => {
    const found = parseInstruments(JSON.stringify(rows(['BTCUSDT'])));
    expect(found.get('BTCUSDT')).toEqual({
      symbol: 'BTCUSDT',
      scale: { priceExponent: 1, sizeExponent: 6 },
      tickSize: '0.1',
      lotSize: '0.000001',
      base: 'BTC',
      quote: 'USDT',
      minSize: '0.000011',
      minNotional: '5',
    });
  });

  test('a symbol that is not listed has an empty list', async () => {
    answerWith(rows([]));
    await expect(open().instrument('NOSUCH', signal)).rejects.toThrow(UnknownSecurityError);
    expect(transport.asked).toEqual([
      'https://exchange.test/v5/market/instruments-info?category=spot&symbol=NOSUCH',
    ]);
  });

  test('of many symbols the whole list is asked for once, and what it lacks by itself', async () => {
    const names = ['AAA', 'BBB', 'CCC', 'DDD', 'NOSUCH'];
    transport.answer = async (url) => ({
      status: 200,
      headers: {},
      body: JSON.stringify(rows(url.includes('symbol=') ? [] : names.slice(0, 4))),
    });
    const exchange = open();
    // The first is asked for at once; the others wait for its answer, and go together.
    const asked = ['FIRST', ...names].map((name) => exchange.instrument(name, signal));
    const results = await Promise.allSettled(asked);
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      ...Array.from({ length: 4 }, () => 'fulfilled'),
      'rejected',
    ]);
    expect(transport.asked.map((url) => url.split('?')[1])).toEqual([
      'category=spot&symbol=FIRST',
      'category=spot',
      'category=spot&symbol=NOSUCH',
    ]);
  });

  test(
    'the recorded list is read whole',
    needs(recordings, { isMet: hasBybitRecording(), reason: 'no recording of Bybit' }),
    () => {
      const found = parseInstruments(readBybitRecording().instruments);
      expect(found.size).toBeGreaterThan(300);
      expect(found.get('BTCUSDT')).toMatchObject({ tickSize: '0.1', lotSize: '0.000001' });
      expect([...found.values()].every(({ tickSize, lotSize }) => tickSize && lotSize)).toBe(true);
    },
  );
});

describe('a snapshot', () => {
  const side = (levels: number, price: number, step: number) =>
    Array.from({ length: levels }, (_, i) => [String(price + i * step), '1'] as const);
  const parse = (data: unknown, depth?: number) =>
    parseSnapshot(JSON.stringify(data), 'BTCUSDT', {
      scale: SCALE,
      receiveTimeUs: 5,
      ...(depth !== undefined && { depth }),
    });

  test('a side with all that was asked for ends at a horizon, a shorter one is complete', () => {
    const data = bookAnswer('BTCUSDT', { b: side(2, 100, -1), a: side(1, 101, 1), u: 7 });
    const { snapshot, crossSequence } = parse(data, 2);
    expect(snapshot).toMatchObject({ sequence: 7, horizon: { bid: 990, ask: null } });
    expect(crossSequence).toBe(seqOf(7));
  });

  test('a window ends at its last price however few levels it has', () => {
    const data = bookAnswer('BTCUSDT', { b: side(1, 100, -1), a: [], u: 7 });
    expect(parse(data).snapshot.horizon).toEqual({ bid: 1000, ask: null });
  });

  test.each([
    ['of another symbol', bookAnswer('ETHUSDT', { u: 7 }), 'stream'],
    ['crossed', bookAnswer('BTCUSDT', { b: [['5', '1']], a: [['5', '1']], u: 7 }), 'snapshot'],
    ['in the wrong order', bookAnswer('BTCUSDT', { b: side(2, 1, 1), u: 7 }), 'snapshot'],
    ['with an empty level', bookAnswer('BTCUSDT', { b: [['5', '0']], u: 7 }), 'snapshot'],
    ['without u', answer({ s: 'BTCUSDT', b: [], a: [], seq: 1, cts: 1 }), 'integer'],
    ['without a result', { retCode: 0 }, 'shape'],
  ])('%s is rejected', (_name, data, kind) => {
    let error: unknown;
    try {
      parse(data, 2);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(WireFormatError);
    expect((error as WireFormatError).context['kind']).toBe(kind);
  });

  test('of a window of 200 there is none beside the stream, and asking costs nothing', async () => {
    const exchange = open('200');
    await expect(exchange.snapshot('BTCUSDT', signal, { urgency: 'spare' })).rejects.toThrow(
      ExchangeRejectedError,
    );
    expect(transport.asked).toEqual([]);
  });

  test('a window of 1,000 can be compared with an answer in its own numbering', async () => {
    answerWith(bookAnswer('BTCUSDT', { b: [['5', '1']], u: 7 }));
    const snapshot = await open('1000').snapshot('BTCUSDT', signal, { urgency: 'spare' });
    expect(snapshot.sequence).toBe(7);
    expect(transport.asked[0]).toContain('/v5/market/orderbook?category=spot&symbol=BTCUSDT&limit');
  });
});

describe('rejections', () => {
  test('"too many visits" with status 200 makes requests wait', async () => {
    const exchange = open();
    answerWith({ retCode: 10006, retMsg: 'Too many visits!', result: {} });
    await expect(exchange.snapshot('BTCUSDT', signal)).rejects.toThrow(RateLimitedError);
    expect(exchange.counters().bannedUntilUs).toBe(clock.nowUs() + 5_000_000);
  });

  test('403 is a ban of ten minutes, unless the answer says how long', async () => {
    const exchange = open();
    answerWith('<html>403 Forbidden</html>', 403);
    await expect(exchange.snapshot('BTCUSDT', signal)).rejects.toThrow(RateLimitedError);
    expect(exchange.counters().bannedUntilUs).toBe(clock.nowUs() + 600_000_000);
  });

  test('a symbol that is not supported is not listed', async () => {
    answerWith({ retCode: 10001, retMsg: 'Not supported symbols', result: {} });
    await expect(open().snapshot('BTCUSDT', signal)).rejects.toThrow(UnknownSecurityError);
  });

  test('any other code is a rejection with its words', async () => {
    answerWith({ retCode: 10016, retMsg: 'Server error', result: {} });
    await expect(open().snapshot('BTCUSDT', signal)).rejects.toThrow(/Server error/);
  });
});

describe('questions about silent symbols', () => {
  const tickers = answer({
    category: 'spot',
    list: [
      { symbol: 'BTCUSDT', bid1Price: '100.5', bid1Size: '2', ask1Price: '', ask1Size: '' },
      { symbol: 'OTHER', bid1Price: 'x', bid1Size: 'x', ask1Price: 'x', ask1Size: 'x' },
    ],
  });

  test('best prices of all come in one request; an empty text is an empty side', async () => {
    answerWith(tickers);
    const found = await open().probe?.(['BTCUSDT', 'GONE'], 'prices', signal);
    expect([...(found?.keys() ?? [])]).toEqual(['BTCUSDT']);
    expect(found?.get('BTCUSDT')).toMatchObject({
      sequence: null,
      bid: [1005, 2_000_000],
      ask: null,
    });
  });

  test.each([
    ['full', 7, '/v5/market/full_orderbook?'],
    ['1000', 7, '/v5/market/orderbook?'],
    ['200', null, '/v5/market/orderbook?'],
  ] as const)('%s: the sequence, where an answer has it', async (feed, sequence, path) => {
    answerWith(
      bookAnswer('BTCUSDT', {
        b: [
          ['5', '1'],
          ['4', '1'],
        ],
        u: 7,
      }),
    );
    const found = await open(feed).probe?.(['BTCUSDT'], 'sequence', signal);
    expect(found?.get('BTCUSDT')).toMatchObject({ sequence, bid: [50, 1_000_000], ask: null });
    expect(transport.asked[0]).toContain(path);
  });
});
