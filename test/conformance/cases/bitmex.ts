/** BitMEX: tables whose rows have ids of a connection, no sequence, the image in the stream. */

import { createBitmex } from '../../../logger/exchange/bitmex/exchange.ts';
import {
  BITMEX_TIME_US,
  bookFrame,
  instrumentText,
  partialFrame,
  tradeFrame,
} from '../../support/bitmex-frames.ts';
import type { ConformanceCase, VenueConnection } from '../conformance-case.ts';

const XBT = 'XBTUSD';
const BID = { id: 17_000_001, side: 'Buy', size: 1, price: '100.0' };
const ASK = { id: 17_000_002, side: 'Sell', size: 1, price: 200 };

interface Request {
  readonly op: string;
  readonly args: readonly string[];
}

const requestIn = (text: string): Request =>
  text === 'ping' ? { op: 'ping', args: [] } : (JSON.parse(text) as Request);

const connection = (): VenueConnection => ({
  symbolsOf: (text) => {
    const { op, args } = requestIn(text);
    if (op !== 'subscribe') return [];
    return args.flatMap((topic) => (topic.startsWith('trade:') ? [topic.slice(6)] : []));
  },
  grant: (text) => {
    const request = requestIn(text);
    if (request.op === 'ping') return ['pong'];
    return request.args.map((topic) =>
      JSON.stringify({ success: true, [request.op]: topic, request }),
    );
  },
  reject: (text) => {
    const request = requestIn(text);
    return [
      JSON.stringify({ status: 400, error: 'Unknown or expired symbol.', meta: {}, request }),
    ];
  },
  image: (symbol) => partialFrame([ASK, BID], symbol),
  update: (symbol, n) =>
    bookFrame('insert', [{ symbol, id: 18_000_000 + n, size: n, price: 100 + n }]),
  trade: (symbol, n) => tradeFrame([{ symbol, trdMatchID: `trade-${n}`, price: 150, size: 1 }]),
});

const TIME = { exchangeTimeUs: BITMEX_TIME_US };

export const bitmex: ConformanceCase = {
  name: 'bitmex orderBookL2',
  scale: { priceExponent: 1, sizeExponent: 0 },
  symbols: { first: XBT, second: 'XBT_USDT', unknown: 'NOSUCH' },
  create: (deps, staleAfterMs) =>
    createBitmex({ ...deps, wsUrl: 'wss://ws.test', restUrl: 'https://rest.test', staleAfterMs }),
  connection,
  book: null,
  unlisted: { status: 200, body: '[]' },
  listed: {
    body: `[${instrumentText()}]`,
    facts: {
      base: 'XBT',
      quote: 'USD',
      tickSize: '0.1',
      lotSize: '100',
      minSize: null,
      minNotional: null,
      contract: {
        kind: 'inverse',
        multiplier: '-100000000',
        underlyingPerPosition: null,
        underlying: 'XBT',
        quoteCurrency: 'USD',
        settlementCurrency: 'XBt',
      },
    },
  },
  ping: { text: 'ping', intervalMs: 10_000 },
  examples: [
    {
      what: 'several new rows of both sides, in the exchange’s order',
      frame: () =>
        bookFrame('insert', [
          { id: 3, size: 300, price: 90.5 },
          { id: 4, side: 'Sell', size: 1e3, price: '2.015e2' },
          { id: 5, size: 7, price: 9 },
        ]),
      events: [{ type: 'diff', ...TIME, bids: [905, 300, 90, 7], asks: [2015, 1000] }],
    },
    {
      what: 'a change of a row that is named by its id',
      frame: () => bookFrame('update', [{ id: ASK.id, side: 'Sell', size: 12 }]),
      events: [{ type: 'diff', ...TIME, bids: [], asks: [2000, 12] }],
    },
    {
      what: 'a row that goes, its price beside it',
      frame: () => bookFrame('delete', [{ id: BID.id, price: 100 }]),
      events: [{ type: 'diff', ...TIME, bids: [1000, 0], asks: [] }],
    },
    { what: 'a change of nothing', frame: () => bookFrame('update', []), events: [] },
    {
      what: 'several trades: the side is the taker’s, ids are text',
      frame: () =>
        tradeFrame([
          { trdMatchID: 'a', size: 100 },
          { trdMatchID: 'b', side: 'Buy', size: 200, price: 150 },
        ]),
      events: [
        { type: 'trade', tradeId: 'a', ...TIME, price: 900_005, size: 100, side: 'sell' },
        { type: 'trade', tradeId: 'b', ...TIME, price: 1500, size: 200, side: 'buy' },
      ],
    },
    {
      what: 'trades from before the subscription',
      frame: () => tradeFrame([{ trdMatchID: 'old' }], 'partial'),
      events: [],
    },
    {
      what: 'the greeting',
      frame: () => '{"info":"Welcome to the BitMEX Realtime API.","limit":{"remaining":59}}',
      events: [],
    },
  ],
  damaged: [
    { what: 'garbage', frame: () => 'garbage', kind: 'json', isLoss: true },
    {
      what: 'half a frame of the book',
      frame: (venue) => venue.update(XBT, 3).slice(0, -10),
      kind: 'json',
      isLoss: true,
    },
    {
      what: 'a change that names no symbol',
      frame: () => '{"table":"orderBookL2","action":"delete","data":[{"id":5}]}',
      kind: 'shape',
      isLoss: true,
    },
    {
      what: 'a side that is none',
      frame: () => bookFrame('insert', [{ id: 9, side: 'Both', size: 1, price: 1 }]),
      kind: 'shape',
      isLoss: true,
    },
    {
      what: 'rows of two symbols',
      frame: () =>
        bookFrame('update', [
          { id: BID.id, size: 4 },
          { id: 8, size: 1, symbol: 'ETHUSD' },
        ]),
      kind: 'symbols',
      isLoss: true,
    },
    {
      what: 'a trade without an id',
      frame: () => tradeFrame([{ trdMatchID: '' }]),
      kind: 'id',
      isLoss: false,
    },
    {
      what: 'an unknown table',
      frame: () => '{"table":"novelty","action":"insert","data":[]}',
      kind: 'unknown-event',
      isLoss: false,
    },
  ],
  recording: null,
};
