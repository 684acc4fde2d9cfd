/** Bitfinex: channels of a connection, a counter over all of its messages, a window with its image in the stream. */

import { createBitfinex } from '../../../logger/exchange/bitfinex/exchange.ts';
import {
  BITFINEX_MS,
  BITFINEX_TIME_US,
  BitfinexConnection,
  pairsText,
} from '../../support/bitfinex-frames.ts';
import type { Feed } from '../../support/bitfinex-frames.ts';
import type { ConformanceCase, VenueConnection } from '../conformance-case.ts';

const BTC = 'tBTCUSD';
const TIME = { exchangeTimeUs: BITFINEX_TIME_US };

const venueOf = (venue: VenueConnection): BitfinexConnection => venue as BitfinexConnection;
const row =
  (text: string) =>
  (venue: VenueConnection): string =>
    venueOf(venue).book(BTC, text);

function bitfinex(
  feed: Feed,
  more: Pick<ConformanceCase, 'examples' | 'damaged'>,
): ConformanceCase {
  return {
    name: `bitfinex ${feed}`,
    scale: { priceExponent: 1, sizeExponent: 8 },
    symbols: { first: BTC, second: 'tAAVE:USD', unknown: 'tNOSUCH' },
    create: (deps, staleAfterMs) =>
      createBitfinex({
        ...deps,
        feed,
        wsUrl: 'wss://ws.test',
        restUrl: 'https://rest.test',
        staleAfterMs,
      }),
    connection: () => new BitfinexConnection(feed),
    book: null,
    unlisted: { status: 200, body: pairsText('BTCUSD', 'AAVE:USD') },
    listed: {
      body: pairsText('BTCUSD', 'AAVE:USD'),
      facts: {
        base: 'BTC',
        quote: 'USD',
        tickSize: null,
        lotSize: '0.00000001',
        minSize: '0.00006',
        minNotional: null,
        contract: null,
      },
    },
    ping: null,
    examples: [
      ...more.examples,
      {
        what: 'a trade: its id is text, the sign is the taker’s side',
        frame: (venue) =>
          venueOf(venue).frame(
            'trades',
            BTC,
            `"te",[1200300400,${BITFINEX_MS - 5},-2.5e-1,90000.5]`,
          ),
        events: [
          {
            type: 'trade',
            tradeId: '1200300400',
            exchangeTimeUs: BITFINEX_TIME_US - 5000,
            eventTimeUs: BITFINEX_TIME_US,
            price: 900_005,
            size: 25_000_000,
            side: 'sell',
          },
        ],
      },
      {
        what: 'the same trade with more of its fields',
        frame: (venue) => venueOf(venue).frame('trades', BTC, `"tu",[1,${BITFINEX_MS},1,9]`),
        events: [],
      },
      {
        what: 'trades from before the subscription',
        frame: (venue) => venueOf(venue).frame('trades', BTC, `[[1,${BITFINEX_MS},1,9]]`),
        events: [],
      },
      { what: 'a heartbeat', frame: (venue) => venueOf(venue).heartbeat(BTC), events: [] },
      {
        what: 'a heartbeat of a channel that is not confirmed yet',
        frame: (venue) => venueOf(venue).frame('none', BTC, '"hb"').replace('undefined', '99'),
        events: [],
      },
    ],
    damaged: [
      ...more.damaged,
      { what: 'garbage', frame: () => 'garbage', kind: 'json', isLoss: true },
      {
        what: 'half a message of the book',
        frame: (venue) => venue.update(BTC, 2).slice(0, -22),
        kind: 'json',
        isLoss: true,
      },
      {
        what: 'a change of a channel that nobody asked for',
        frame: (venue) => venueOf(venue).frame('none', BTC, '[1,2,3]').replace('undefined', '99'),
        kind: 'channel',
        isLoss: true,
      },
      { what: 'an amount of 0', frame: row('[90,1,0]'), kind: 'level', isLoss: true },
      { what: 'a row of text', frame: row('["90",1,1]'), kind: 'level', isLoss: true },
      { what: 'a price below 0', frame: row('[-90,1,1]'), kind: 'level', isLoss: true },
      { what: 'an absurd exponent', frame: row('[9,1,1e99]'), kind: 'decimal', isLoss: true },
      {
        what: 'a message without a time',
        frame: (venue) => venueOf(venue).frame('book', BTC, '[90,1,1]', 5),
        kind: 'time',
        isLoss: true,
      },
      { what: 'an unknown tag', frame: row('"xy",5'), kind: 'level', isLoss: true },
      {
        what: 'the whole book again, unasked',
        frame: (venue) => venue.image(BTC, 0) ?? '',
        kind: 'unasked',
        isLoss: true,
      },
      {
        what: 'a checksum of more than 32 bits',
        frame: row('"cs",4294967296'),
        kind: 'checksum',
        isLoss: false,
      },
      {
        what: 'a trade without a price',
        frame: (venue) => venueOf(venue).frame('trades', BTC, `"te",[1,${BITFINEX_MS},1]`),
        kind: 'level',
        isLoss: false,
      },
      {
        what: 'an unknown event',
        frame: () => '{"event":"novelty"}',
        kind: 'unknown-event',
        isLoss: false,
      },
    ],
    recording: null,
  };
}

export const bitfinexP0 = bitfinex('p0', {
  examples: [
    {
      what: 'a level with its number of orders, digits as they come',
      frame: row('[90.50,3,1.1e-7]'),
      events: [
        { type: 'diff', ...TIME, bids: [905, 11], asks: [], counts: { bids: [3], asks: [] } },
      ],
    },
    {
      what: 'a level that is gone, or has left the window',
      frame: row('[2e2,0,-1]'),
      events: [
        { type: 'diff', ...TIME, bids: [], asks: [2000, 0], counts: { bids: [], asks: [0] } },
      ],
    },
  ],
  damaged: [
    { what: 'half an order', frame: row('[90,1.5,1]'), kind: 'level', isLoss: true },
    { what: 'a level at 0', frame: row('[0,1,1]'), kind: 'level', isLoss: true },
  ],
});

export const bitfinexR0 = bitfinex('r0', {
  examples: [
    {
      what: 'a new order',
      frame: row('[34006738527,90.5,0.25]'),
      events: [
        {
          type: 'open',
          ...TIME,
          orderId: '34006738527',
          side: 'buy',
          price: 905,
          remainingSize: 25_000_000,
        },
      ],
    },
    {
      what: 'an order that moves and shrinks',
      frame: row('[2,201.5,-0.5]'),
      events: [
        {
          type: 'change',
          ...TIME,
          orderId: '2',
          side: 'sell',
          price: null,
          oldPrice: 2000,
          newPrice: 2015,
          oldSize: 100_000_000,
          newSize: 50_000_000,
        },
      ],
    },
    {
      what: 'an order that grows where it is',
      frame: row('[1,100,2]'),
      events: [{ type: 'change', price: 1000, newPrice: null, oldSize: 1e8, newSize: 2e8 }],
    },
    {
      what: 'an order that is gone, or has left the window',
      frame: row('[1,0,1]'),
      events: [{ type: 'done', ...TIME, orderId: '1', side: 'buy', remainingSize: null }],
    },
    {
      what: 'an order that had left before',
      frame: row('[77,0,-1]'),
      events: [{ type: 'done', orderId: '77', side: 'sell' }],
    },
  ],
  damaged: [
    { what: 'an id that is no number', frame: row('[1.5,90,1]'), kind: 'level', isLoss: true },
  ],
});
