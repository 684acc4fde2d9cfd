/** An exchange of the tests (see its file): numbered updates, and the image in the stream. */

import { NumberedExchange, NumberedVenue } from '../../support/numbered-exchange.ts';
import type { ConformanceCase } from '../conformance-case.ts';

const TIME = { exchangeTimeUs: 1_790_000_000_100_000 };

export const numbered: ConformanceCase = {
  name: 'numbered book',
  scale: { priceExponent: 2, sizeExponent: 4 },
  symbols: { first: 'AAA', second: 'BBB', unknown: 'NOSUCH' },
  create: (deps, staleAfterMs) => new NumberedExchange(deps, staleAfterMs),
  connection: () => new NumberedVenue(),
  book: null,
  unlisted: null,
  listed: null,
  ping: null,
  examples: [
    {
      what: 'an update',
      frame: (venue) => venue.update('AAA', 3),
      events: [
        {
          type: 'diff',
          firstSequence: 1003,
          lastSequence: 1003,
          ...TIME,
          bids: [10_300, 30_000],
          asks: [],
        },
      ],
    },
  ],
  damaged: [
    { what: 'garbage', frame: () => 'garbage', kind: 'json', isLoss: false },
    {
      what: 'half an update',
      frame: (venue) => venue.update('AAA', 2).slice(0, -20),
      kind: 'json',
      isLoss: false,
    },
  ],
  recording: null,
};
