/** The sandbox exchange with accounts: numbered orders, the image in the stream. */

import { createSandbox } from '../../../logger/exchange/sandbox/exchange.ts';
import {
  changeFrame,
  orderId,
  partialFrame,
  SANDBOX_TIME_US,
} from '../../support/sandbox-frames.ts';
import type { ConformanceCase, VenueConnection } from '../conformance-case.ts';

const XBT = 'XBTUSD';
/** The sequence before the first update. */
const START = 1_795_158_000_000_000;

interface Request {
  readonly op: string;
  readonly args: readonly string[];
}

const connection = (): VenueConnection => ({
  symbolsOf: (text) => {
    const { op, args } = JSON.parse(text) as Request;
    return op === 'subscribe' ? args.map((topic) => topic.replace('orderBookL3:', '')) : [];
  },
  grant: (text) => {
    const { op, args } = JSON.parse(text) as Request;
    return args.map((topic) => JSON.stringify({ success: true, [op]: topic }));
  },
  reject: () => ['{"status":400,"error":"Unknown or expired symbol.","request":"subscribe"}'],
  image: (symbol, n) =>
    partialFrame(START + n, [
      ...Array.from({ length: n }, (_, i) => bid(symbol, n - i)),
      { ...bid(symbol, 0), size: 1 },
      { symbol, id: orderId(1000), side: 'Sell', size: 1, priceText: '200' },
    ]),
  update: (symbol, n) => changeFrame('insert', START + n, bid(symbol, n)),
  trade: (symbol, n) =>
    changeFrame('match', START + n, {
      symbol,
      priceText: '150',
      size: 1,
      remaining_size: 3,
      trade_id: n,
      taker_order_id: orderId(2000 + n),
    }),
});

function bid(symbol: string, n: number) {
  return { symbol, id: orderId(n), side: 'Buy', size: n, priceText: String(100 + n) };
}

const head = (n: number) => ({
  firstSequence: START + n,
  lastSequence: START + n,
  exchangeTimeUs: SANDBOX_TIME_US,
});

export const sandbox: ConformanceCase = {
  name: 'sandbox orderBookL3',
  scale: { priceExponent: 2, sizeExponent: 0 },
  symbols: { first: XBT, second: 'ETHUSD', unknown: 'NOSUCH' },
  create: (deps, staleAfterMs) =>
    createSandbox({ ...deps, wsUrl: 'ws://ws.test', restUrl: 'http://rest.test', staleAfterMs }),
  connection,
  book: null,
  unlisted: { status: 200, body: '[]' },
  listed: {
    body: '[{"symbol":"XBTUSD","underlying":"uXBT","quoteCurrency":"USD","tickSize":0.01,"lotSize":1}]',
    facts: {
      base: 'uXBT',
      quote: 'USD',
      tickSize: '0.01',
      lotSize: '1',
      minSize: null,
      minNotional: null,
      contract: null,
    },
  },
  ping: null,
  examples: [
    {
      what: 'an order that rests',
      frame: () => changeFrame('insert', START + 7, { side: 'Sell' }),
      events: [
        {
          type: 'open',
          ...head(7),
          orderId: orderId(7),
          side: 'sell',
          price: 314,
          remainingSize: 200,
        },
      ],
    },
    {
      what: 'a fill: the row is the maker’s',
      frame: () =>
        changeFrame('match', START + 8, { size: 50, trade_id: 3, taker_order_id: orderId(9) }),
      events: [
        {
          type: 'match',
          ...head(8),
          tradeId: 3,
          makerOrderId: orderId(7),
          takerOrderId: orderId(9),
          side: 'buy',
          price: 314,
          size: 50,
        },
      ],
    },
    {
      what: 'an order that is cancelled',
      frame: () => changeFrame('delete', START + 9),
      events: [
        {
          type: 'done',
          ...head(9),
          orderId: orderId(7),
          side: 'buy',
          reason: 'canceled',
          orderType: null,
          price: 314,
          remainingSize: 200,
        },
      ],
    },
  ],
  damaged: [
    { what: 'garbage', frame: () => 'garbage', kind: 'json', isLoss: false },
    {
      what: 'half a change',
      frame: (venue) => venue.update(XBT, 3).slice(0, -10),
      kind: 'json',
      isLoss: false,
    },
    {
      what: 'a change without a sequence',
      frame: () => changeFrame('insert', Number.NaN),
      kind: 'integer',
      isLoss: false,
    },
    {
      what: 'an id that is none',
      frame: () => changeFrame('insert', START + 5, { id: '7' }),
      kind: 'id',
      isLoss: false,
    },
    {
      what: 'an order of nothing',
      frame: () => changeFrame('insert', START + 5, { size: 0 }),
      kind: 'integer',
      isLoss: false,
    },
    {
      what: 'a time that makes no sense',
      frame: () => changeFrame('insert', START + 5, { timestamp: 'now' }),
      kind: 'time',
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
