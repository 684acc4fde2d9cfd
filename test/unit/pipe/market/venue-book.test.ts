import { expect, test } from 'vitest';
import { VenueBook } from '../../../../pipe/market/venue-book.ts';
import type { BookPoint } from '../../../../pipe/market/events.ts';
import type { Venue } from '../../../../pipe/market/venue.ts';

const venue: Venue = {
  name: 'bitfinex',
  exchange: 'bitfinex',
  source: 'a',
  security: 'bitfinex:tBTCUST',
  pair: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  instrument: {
    base: 'BTC',
    quote: 'UST',
    tickSize: null,
    lotSize: null,
    minSize: null,
    minNotional: null,
    contract: null,
  },
};

function point(sequence: number): BookPoint {
  return {
    epoch: 1,
    sequence,
    isSequenced: true,
    exchangeTimeUs: sequence,
    receiveTimeUs: sequence,
  };
}

function image(parts: object) {
  return {
    type: 'image',
    venue,
    point: point(1),
    scale: { priceExponent: 0, sizeExponent: 0 },
    bids: [10, 1, 9, 1],
    asks: [11, 1, 12, 1],
    horizon: { bid: null, ask: null },
    ...parts,
  } as const;
}

test('a window is known up to its last prices, which move', () => {
  const book = new VenueBook(venue);
  book.apply(image({ windowed: true }));
  expect(book.horizon).toEqual({ bid: 9, ask: 12 });
  book.apply({ type: 'update', venue, point: point(2), bids: [9, 0, 8, 2], asks: [] });
  expect(book.horizon).toEqual({ bid: 8, ask: 12 });
});

test('another book has the horizon of its image', () => {
  const book = new VenueBook(venue);
  book.apply(image({ horizon: { bid: 5, ask: null } }));
  book.apply({ type: 'update', venue, point: point(2), bids: [9, 0], asks: [] });
  expect(book.horizon).toEqual({ bid: 5, ask: null });
});

test('without a proven book there is no point', () => {
  const book = new VenueBook(venue);
  book.apply(image({}));
  book.apply({ type: 'unproven', venue, sinceUs: 1, atUs: 2, reason: 'connection' });
  expect([book.book, book.point, book.unproven]).toEqual([
    null,
    null,
    { sinceUs: 1, reason: 'connection' },
  ]);
});
