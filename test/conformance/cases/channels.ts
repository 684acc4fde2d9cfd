/**
 * An exchange of the tests (see its file): channel ids, level ids and sequences of a connection, several
 * replies for a symbol, JSON numbers, trade ids that are text, a ping of the application.
 */

import { ChannelExchange, ChannelVenue, PING } from '../../support/channel-exchange.ts';
import type { ConformanceCase } from '../conformance-case.ts';

const TIME = { exchangeTimeUs: 1_790_000_000_100_000 };

export const channels: ConformanceCase = {
  name: 'channels book',
  scale: { priceExponent: 2, sizeExponent: 4 },
  symbols: { first: 'AAA', second: 'BBB', unknown: 'NOSUCH' },
  create: (deps, staleAfterMs) => new ChannelExchange(deps, staleAfterMs),
  connection: () => new ChannelVenue(),
  book: null,
  unlisted: null,
  listed: null,
  ping: PING,
  examples: [
    {
      what: 'a new level, its numbers with exponents',
      frame: (venue) => (venue as ChannelVenue).frame('book', 'AAA', '[9,1.5e2,-25e-1]'),
      events: [{ type: 'diff', ...TIME, bids: [], asks: [15_000, 25_000] }],
    },
    {
      what: 'a change of a level that is named by its id',
      frame: (venue) => (venue as ChannelVenue).frame('book', 'AAA', '[2,0]'),
      events: [{ type: 'diff', ...TIME, bids: [], asks: [20_000, 0] }],
    },
    {
      what: 'a trade whose id is text',
      frame: (venue) => (venue as ChannelVenue).frame('trades', 'AAA', '"t",["a-1",150.25,-0.5]'),
      events: [{ type: 'trade', tradeId: 'a-1', ...TIME, price: 15_025, size: 5000, side: 'sell' }],
    },
  ],
  damaged: [
    { what: 'garbage', frame: () => 'garbage', kind: 'json', isLoss: true },
    {
      what: 'half a frame of the book',
      frame: (venue) => venue.update('AAA', 2).slice(0, -20),
      kind: 'json',
      isLoss: true,
    },
    {
      what: 'a size that is text',
      frame: (venue) => (venue as ChannelVenue).frame('book', 'AAA', '[9,150,"1"]'),
      kind: 'shape',
      isLoss: true,
    },
    { what: 'an unknown event', frame: () => '{"event":"new"}', kind: 'unknown-event', isLoss: false }, // prettier-ignore
  ],
  recording: null,
};
