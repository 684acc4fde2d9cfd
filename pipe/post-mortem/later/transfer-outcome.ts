/** What came of the transfer: sold at the book that stood when everything had arrived. */

import { formatExact, multiplyExact, subtractExact } from '../../market/exact.ts';
import { VenueBook } from '../../market/venue-book.ts';
import type { Venue } from '../../market/venue.ts';
import { walk } from '../../strategy/arbitrage/profit.ts';
import type { PastVenues } from '../past-venues.ts';
import type { Later, Outcome } from '../report.ts';
import type { LaterTask } from './later-task.ts';
import { bookOf, nothing, sideOf, unknown } from './sides.ts';

/** The book as it stood at a moment. */
export async function bookAt(past: PastVenues, venue: Venue, us: number): Promise<VenueBook> {
  const book = new VenueBook(venue);
  for await (const event of past.range(venue, { fromUs: us, toUs: us + 1 }, {})) book.apply(event);
  return book;
}

/** @param task that has ended. */
export async function transferOutcome(past: PastVenues, task: LaterTask): Promise<Later<Outcome>> {
  const { moved, question, atLatency } = task;
  const { transfer, sell, sellLatencyUs, terms } = question;
  if (transfer === null) return nothing('there is no way to move it');
  if (moved === null) {
    if (atLatency?.state === 'known') return nothing('nothing of it arrives');
    return atLatency ?? unknown('not bought');
  }
  const sellAtUs = moved.buyAtUs + transfer.delayUs + sellLatencyUs;
  if (sellAtUs > (await past.endUs(sell))) return unknown('the recording ends too early');
  const book = bookOf(await bookAt(past, sell, sellAtUs));
  if ('reason' in book) return unknown(book.reason);
  const sale = walk(sideOf('bid', book), moved.sold);
  if (sale === null) return unknown('the later books are not known so deep');
  const net = multiplyExact(sale.notional, terms.sell.kept);
  return {
    state: 'known',
    buyAtUs: moved.buyAtUs,
    sellAtUs,
    size: formatExact(moved.size),
    cost: formatExact(moved.cost),
    net: formatExact(net),
    profit: formatExact(subtractExact(net, moved.cost)),
  };
}
