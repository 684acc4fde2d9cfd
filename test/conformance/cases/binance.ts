/** Binance spot: sequenced L2 diffs, the book by REST. */

import { createBinance } from '../../../logger/exchange/binance/exchange.ts';
import { BINANCE_FILES, RECORDING_SCALE, binanceRecording } from '../../../bench/recordings.ts';
import type { ConformanceCase, Recording, VenueConnection } from '../conformance-case.ts';

const TIME = 1_790_000_000_123_456;
/** The sequence before the first update. */
const START = 1000;

interface Request {
  readonly method: string;
  readonly params: readonly string[];
  readonly id: number;
}

function event(symbol: string, stream: string, data: object): string {
  const name = `${symbol.toLowerCase()}@${stream}`;
  return JSON.stringify({ stream: name, data: { E: TIME, s: symbol, ...data } });
}

function depth(symbol: string, n: number, more: object = {}): string {
  const sequence = START + n;
  const levels = { b: [[`${100 + n}.00000000`, `${n}.00000000`]], a: [] };
  const data = { e: 'depthUpdate', U: sequence, u: sequence, ...levels, ...more };
  return event(symbol, 'depth@100ms', data);
}

function connection(): VenueConnection {
  return {
    symbolsOf: (text) => {
      const { method, params } = JSON.parse(text) as Request;
      if (method !== 'SUBSCRIBE') return [];
      return params
        .filter((name) => name.endsWith('@trade'))
        .map((name) => name.slice(0, -'@trade'.length).toUpperCase());
    },
    grant: (text) => [JSON.stringify({ result: null, id: (JSON.parse(text) as Request).id })],
    // As the exchange does it: without the id of the request.
    reject: () => ['{"code":2,"msg":"Invalid request: unknown stream"}'],
    image: () => null,
    update: (symbol, n) => depth(symbol, n),
    trade: (symbol, n) => {
      const price = { p: '150.00000000', q: '1.00000000' };
      return event(symbol, 'trade', { e: 'trade', t: n, T: TIME, m: false, ...price });
    },
  };
}

function recording(): Recording {
  const frames = [...binanceRecording(BINANCE_FILES[0])].slice(0, 12_000);
  const snapshot = frames.find(({ kind }) => kind === 'snapshot')?.snapshot;
  if (!snapshot) throw new Error('The recording has no snapshot');
  const streamed = frames.filter(({ event: found }) => found !== undefined);
  return {
    symbol: 'BTCUSDT',
    scale: RECORDING_SCALE,
    frames: streamed.map(({ raw }) => raw),
    snapshot,
    count: (type) => streamed.filter(({ event: found }) => found?.type === type).length,
  };
}

export const binance: ConformanceCase = {
  name: 'binance depth@100ms',
  scale: { priceExponent: 8, sizeExponent: 8 },
  symbols: { first: 'BTCUSDT', second: '币安人生USDT', unknown: 'NOSUCH' },
  create: (deps, staleAfterMs) =>
    createBinance({
      ...deps,
      wsUrl: 'wss://exchange.test',
      restUrl: 'https://exchange.test',
      updateFrequencyMs: 100,
      staleAfterMs,
    }),
  connection,
  book: (_symbol, n) => ({
    lastUpdateId: START + n,
    bids: [...Array.from({ length: n }, (_, i) => [`${100 + n - i}`, `${n - i}`]), ['100', '1']],
    asks: [['200', '1']],
  }),
  unlisted: { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' },
  listed: {
    body: JSON.stringify({
      symbols: [
        {
          symbol: 'BTCUSDT',
          baseAsset: 'BTC',
          quoteAsset: 'USDT',
          filters: [
            { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
            { filterType: 'LOT_SIZE', minQty: '0.00001000', stepSize: '0.00001000' },
            { filterType: 'NOTIONAL', minNotional: '5.00000000', applyMinToMarket: true },
          ],
        },
      ],
    }),
    facts: {
      base: 'BTC',
      quote: 'USDT',
      tickSize: '0.01',
      lotSize: '0.00001',
      minSize: '0.00001',
      minNotional: '5',
      contract: null,
    },
  },
  ping: null,
  examples: [
    {
      what: 'a diff',
      frame: () => depth('BTCUSDT', 7, { a: [['200.50000000', '0.00000000']], U: 1005 }),
      events: [
        {
          type: 'diff',
          firstSequence: 1005,
          lastSequence: 1007,
          exchangeTimeUs: TIME,
          bids: [10_700_000_000, 700_000_000],
          asks: [20_050_000_000, 0],
        },
      ],
    },
    {
      what: 'a trade, its times in milliseconds',
      frame: () =>
        '{"stream":"btcusdt@trade","data":{"e":"trade","E":1790000000130,"s":"BTCUSDT","t":777001,"p":"3100.10000000","q":"0.40000000","T":1790000000129,"m":true,"M":true}}',
      events: [
        {
          type: 'trade',
          tradeId: 777_001,
          sequence: null,
          exchangeTimeUs: 1_790_000_000_129_000,
          eventTimeUs: 1_790_000_000_130_000,
          price: 310_010_000_000,
          size: 40_000_000,
          side: 'sell',
        },
      ],
    },
  ],
  damaged: [
    { what: 'garbage', frame: () => 'garbage', kind: 'json', isLoss: false },
    {
      what: 'half a frame',
      frame: () => depth('BTCUSDT', 2).slice(0, 90),
      kind: 'json',
      isLoss: false,
    },
    { what: 'a price that is none', frame: () => depth('BTCUSDT', 2, { b: [['NaN', '1']] }), kind: 'decimal', isLoss: false }, // prettier-ignore
    { what: 'another symbol inside', frame: () => depth('BTCUSDT', 2, { s: 'ETHUSDT' }), kind: 'stream', isLoss: false }, // prettier-ignore
    { what: 'an unknown event', frame: () => '{"e":"referencePrice"}', kind: 'unknown-event', isLoss: false }, // prettier-ignore
  ],
  recording,
};
