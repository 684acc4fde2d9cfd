/** Bybit spot: the full book with its image by REST, and a window with its image in the stream. */

import { hasBybitRecording, readBybitRecording } from '../../../bench/bybit-recording.ts';
import { createBybit } from '../../../logger/exchange/bybit/exchange.ts';
import type { BybitFeedName } from '../../../logger/exchange/bybit/topics.ts';
import {
  BybitConnection,
  CTS,
  TS,
  answer,
  bookAfter,
  bookAnswer,
  bookFrame,
  tradeFrame,
} from '../../support/bybit-frames.ts';
import type { BookData } from '../../support/bybit-frames.ts';
import type { ConformanceCase, Recording } from '../conformance-case.ts';

function recording(): Recording {
  const symbol = 'BTCUSDT';
  const spot = readBybitRecording().spot.filter(({ raw }) => {
    const { topic } = JSON.parse(raw) as { topic?: string };
    return topic === `orderbook.200.${symbol}` || topic === `publicTrade.${symbol}`;
  });
  const frames = spot.map(({ raw }) => raw);
  return {
    symbol,
    scale: { priceExponent: 1, sizeExponent: 6 },
    frames,
    snapshot: null,
    count: (type) =>
      type === 'trade'
        ? frames.filter((frame) => frame.includes('publicTrade')).flatMap(rowsOf).length
        : frames.filter((frame) => frame.includes('"type":"delta"')).length,
  };
}

function rowsOf(frame: string): readonly unknown[] {
  return (JSON.parse(frame) as { data: readonly unknown[] }).data;
}

function caseOf(feed: BybitFeedName): ConformanceCase {
  const topic = `orderbook.${feed}`;
  const isFull = feed === 'full';
  const delta = (data: Partial<BookData>): string =>
    bookFrame(topic, 'BTCUSDT', 'delta', { u: 1002, ...data });
  const damaged = (what: string, frame: string, kind: string, isLoss = false) => ({
    what,
    frame: () => frame,
    kind,
    isLoss,
  });
  return {
    name: `bybit ${topic}`,
    scale: { priceExponent: 2, sizeExponent: 6 },
    symbols: { first: 'BTCUSDT', second: 'ETHUSDT', unknown: 'NOSUCH' },
    create: (deps, staleAfterMs) =>
      createBybit({
        ...deps,
        wsUrl: 'wss://exchange.test',
        restUrl: 'https://exchange.test',
        feed,
        staleAfterMs,
      }),
    connection: () => new BybitConnection(topic),
    book: isFull ? (symbol, n) => bookAnswer(symbol, bookAfter(n)) : null,
    unlisted: { status: 200, body: JSON.stringify(answer({ category: 'spot', list: [] })) },
    listed: {
      body: JSON.stringify(
        answer({
          category: 'spot',
          list: [
            {
              symbol: 'BTCUSDT',
              baseCoin: 'BTC',
              quoteCoin: 'USDT',
              priceFilter: { tickSize: '0.10' },
              lotSizeFilter: {
                basePrecision: '0.000001',
                minOrderQty: '0.000011',
                minOrderAmt: '5',
              },
            },
          ],
        }),
      ),
      facts: {
        base: 'BTC',
        quote: 'USDT',
        tickSize: '0.1',
        lotSize: '0.000001',
        minSize: '0.000011',
        minNotional: '5',
        contract: null,
      },
    },
    ping: { text: '{"op":"ping"}', intervalMs: 20_000 },
    examples: [
      {
        what: 'a delta',
        frame: () => delta({ u: 1001, b: [['100.5', '0.000001']], a: [['200.50', '0']] }),
        events: [
          {
            type: 'diff',
            firstSequence: 1001,
            lastSequence: 1001,
            exchangeTimeUs: CTS * 1000,
            bids: [10_050, 1],
            asks: [20_050, 0],
          },
        ],
      },
      {
        what: 'trades, several in one frame, their ids longer than a number',
        frame: () =>
          tradeFrame('BTCUSDT', [
            { i: '2290000001189048101', T: TS - 1, p: '65140.5', v: '0.002705', S: 'Buy' },
            { i: '2290000001189048102', T: TS, p: '65140.4', v: '1', S: 'Sell' },
          ]),
        events: [
          {
            type: 'trade',
            tradeId: '2290000001189048101',
            sequence: null,
            exchangeTimeUs: (TS - 1) * 1000,
            eventTimeUs: TS * 1000,
            price: 6_514_050,
            size: 2705,
            side: 'buy',
          },
          { type: 'trade', tradeId: '2290000001189048102', side: 'sell', size: 1_000_000 },
        ],
      },
    ],
    damaged: [
      damaged('garbage', 'garbage', 'json'),
      damaged('half a delta', delta({}).slice(0, 90), 'json'),
      damaged('a price that is none', delta({ b: [['NaN', '1']] }), 'decimal'),
      damaged('another symbol inside', delta({}).replace('"s":"BTC', '"s":"ETH'), 'stream'),
      damaged('a sequence that is no integer', delta({ u: 1.5 }), 'integer'),
      damaged('a delta that goes back in seq', delta({ seq: 1 }), 'sequence'),
      damaged('a delta without its type', delta({}).replace('"type":"delta",', ''), 'stream'),
      damaged('an unknown topic', '{"topic":"kline.1.BTCUSDT","data":[]}', 'unknown-event'),
      damaged('an unknown reply', '{"op":"auth","success":true}', 'unknown-event'),
    ],
    recording: feed === '200' && hasBybitRecording() ? recording : null,
  };
}

export const bybitFull = caseOf('full');
export const bybitWindow = caseOf('200');
