/** Coinbase's two feeds: `full`, sequenced orders with the book by REST, and the public `level2_batch`. */

import { createCoinbase } from '../../../logger/exchange/coinbase/exchange.ts';
import { NO_HORIZON } from '../../../logger/market/events.ts';
import { COINBASE_SCALE, readCoinbaseFull } from '../../support/coinbase-recording.ts';
import { CREDENTIALS, activate, heartbeat, match, open, snapshot, timeUs, update } from '../../support/coinbase-frames.ts'; // prettier-ignore
import { Level2Session } from '../../support/coinbase-session.ts';
import type { ConformanceCase, DamagedFrame, VenueConnection } from '../conformance-case.ts';

const FULL_RECORDING = 'coinbase-full-btcusd-20160312-0.in.gz';
/** The sequence before the first update. */
const START = 1000;
const BTC = 'BTC-USD';

interface Request {
  readonly type: string;
  readonly product_ids: readonly string[];
}

const answers: Pick<VenueConnection, 'symbolsOf' | 'grant' | 'reject'> = {
  symbolsOf: (text) => {
    const { type, product_ids: products } = JSON.parse(text) as Request;
    return type === 'subscribe' ? products : [];
  },
  grant: () => ['{"type":"subscriptions","channels":[]}'],
  reject: () => [
    '{"type":"error","message":"Failed to subscribe","reason":"NO-SUCH is not a valid product"}',
  ],
};

const shared = {
  scale: { priceExponent: 2, sizeExponent: 8 },
  symbols: { first: BTC, second: '币安人生-USD', unknown: 'NO-SUCH' },
  unlisted: { status: 404, body: '{"message":"NotFound"}' },
  listed: {
    body: JSON.stringify({
      id: BTC,
      base_currency: 'BTC',
      quote_currency: 'USD',
      quote_increment: '0.01000000',
      base_increment: '0.00000001',
      min_market_funds: '1',
      status: 'online',
    }),
    facts: {
      base: 'BTC',
      quote: 'USD',
      tickSize: '0.01',
      lotSize: '0.00000001',
      minSize: null,
      minNotional: '1',
      contract: null,
    },
  },
  ping: null,
} as const;

const addresses = { wsUrl: 'wss://feed.test', restUrl: 'https://rest.test' };

function damagedOf(bookFrame: object, isLoss: boolean): readonly DamagedFrame[] {
  const text = JSON.stringify(bookFrame);
  return [
    { what: 'garbage', frame: () => 'garbage', kind: 'json', isLoss },
    { what: 'half a frame of the book', frame: () => text.slice(0, -10), kind: 'json', isLoss },
    {
      what: 'a heartbeat without a trade id',
      frame: () => JSON.stringify(heartbeat(7, 9, { last_trade_id: null })),
      kind: 'integer',
      isLoss: false,
    },
    {
      what: 'an unknown type',
      frame: () => '{"type":"new"}',
      kind: 'unknown-event',
      isLoss: false,
    },
    {
      what: 'a frame with two products',
      frame: () => `${text.slice(0, -1)},"product_id":"ETH-USD"}`,
      kind: 'product',
      isLoss,
    },
  ];
}

export const coinbaseFull: ConformanceCase = {
  ...shared,
  name: 'coinbase full',
  create: (deps, staleAfterMs) =>
    createCoinbase({ ...deps, ...addresses, staleAfterMs, feed: 'full', credentials: CREDENTIALS }),
  connection: () => ({
    ...answers,
    image: () => null,
    update: (symbol, n) => {
      const size = { price: `${100 + n}.00`, remaining_size: `${n}` };
      return JSON.stringify(open(START + n, { product_id: symbol, ...size }));
    },
    trade: (symbol, n) => JSON.stringify(match(START + n, n, { product_id: symbol })),
  }),
  book: (_symbol, n) => ({
    sequence: START + n,
    bids: [
      ...Array.from({ length: n }, (_, i) => [`${100 + n - i}`, `${n - i}`, `bid-${n - i}`]),
      ['100', '1', 'bid-0'],
    ],
    asks: [['200', '1', 'ask-0']],
    time: '2026-11-20T07:00:00.000001Z',
  }),
  examples: [
    {
      what: 'an order that rests',
      frame: () => JSON.stringify(open(1007, { side: 'sell', remaining_size: '0.3' })),
      events: [
        {
          type: 'open',
          firstSequence: 1007,
          lastSequence: 1007,
          exchangeTimeUs: timeUs(1007),
          side: 'sell',
          orderId: 'order-1007',
          price: 9_000_000,
          remainingSize: 30_000_000,
        },
      ],
    },
    {
      what: 'a fill: the side stays the maker’s',
      frame: () => JSON.stringify(match(1008, 9)),
      events: [{ type: 'match', tradeId: 9, side: 'sell', size: 20_000_000, lastSequence: 1008 }],
    },
    {
      what: 'a stop order, which has no sequence',
      frame: () => JSON.stringify(activate()),
      events: [{ type: 'activate', orderId: 'stop', exchangeTimeUs: 1_795_244_400_125_000 }],
    },
  ],
  damaged: damagedOf(open(1002), false),
  recording: () => {
    const { snapshot: book, events, frames } = readCoinbaseFull(FULL_RECORDING);
    return {
      symbol: BTC,
      scale: COINBASE_SCALE,
      frames,
      snapshot: {
        level: 'L3',
        ...book,
        scale: COINBASE_SCALE,
        receiveTimeUs: 0,
        exchangeTimeUs: null,
        horizon: NO_HORIZON,
      },
      count: (type) => events.filter((event) => event.type === type).length,
    };
  },
};

export const coinbaseLevel2: ConformanceCase = {
  ...shared,
  name: 'coinbase level2_batch',
  create: (deps, staleAfterMs) =>
    createCoinbase({
      ...deps,
      ...addresses,
      staleAfterMs,
      feed: 'level2_batch',
      credentials: null,
    }),
  connection: () => ({
    ...answers,
    image: (symbol) => {
      const sides = { bids: [['100.00', '1']], asks: [['200.00', '1']] };
      return JSON.stringify(snapshot({ product_id: symbol, ...sides }));
    },
    update: (symbol, n) =>
      JSON.stringify(update(n, [['buy', `${100 + n}.00`, `${n}`]], { product_id: symbol })),
    trade: (symbol, n) => JSON.stringify(match(START + n, n, { product_id: symbol })),
  }),
  book: null,
  examples: [
    {
      what: 'changes of both sides, in the exchange’s order',
      frame: () =>
        JSON.stringify(
          update(5, [
            ['buy', '1.00', '2'],
            ['sell', '3', '0.00'],
            ['buy', '0.9', '0'],
          ]),
        ),
      events: [
        {
          type: 'diff',
          exchangeTimeUs: timeUs(5),
          bids: [100, 200_000_000, 90, 0],
          asks: [300, 0],
        },
      ],
    },
    {
      what: 'a trade: the side is the taker’s',
      frame: () => JSON.stringify(match(57, 7)),
      events: [{ type: 'trade', tradeId: 7, sequence: 57, side: 'buy', size: 20_000_000 }],
    },
  ],
  damaged: damagedOf(update(2, []), true),
  recording: () => {
    const symbol = 'SKL-USD';
    const frames = new Level2Session().frames.filter(
      ({ product, channel }) => product === symbol && channel !== 'ticker',
    );
    const counts = { diff: 'l2update', trade: 'match' } as Readonly<Record<string, string>>;
    return {
      symbol,
      scale: shared.scale,
      frames: frames.map(({ raw }) => raw),
      snapshot: null,
      count: (type) => frames.filter(({ message }) => message.type === counts[type]).length,
    };
  },
};
