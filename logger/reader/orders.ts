/** Every message about an order as a lazy stream. */

import { InvalidArgumentError } from '../errors.ts';
import type { Gap } from '../market/coverage.ts';
import type { GapItem, OrderItem } from '../queries/items.ts';
import type { RangeQuery } from '../queries/queries.ts';
import type { ReaderContext } from './context.ts';
import { gapItem, itemsInRange, rangeOf, timeOf } from './range.ts';
import type { Range } from './range.ts';

/**
 * Messages about orders in the order in which they arrived. What was recorded by price is a gap.
 * @throws InvalidArgumentError where all of the range was recorded by price.
 */
export async function* orders(
  context: ReaderContext,
  query: RangeQuery,
): AsyncGenerator<OrderItem | GapItem> {
  const range = rangeOf(query);
  await assertAnyOrders(context, query.security, range);
  /** When the interval began, if it was recorded by price. */
  let byPriceSinceUs: number | undefined;
  for await (const item of itemsInRange(context, query.security, range)) {
    switch (item.type) {
      case 'image': {
        const { header, image } = item.image;
        byPriceSinceUs = header.level === 'L3' ? undefined : image.receiveTimeUs;
        break;
      }
      case 'deeper':
        break;
      case 'end':
        yield* gapWithoutOrders(byPriceSinceUs, item.toUs, range);
        byPriceSinceUs = undefined;
        break;
      case 'gap':
        yield gapItem(item.gap);
        break;
      case 'events':
        for (const event of item.events) {
          if (event.type === 'diff' || event.type === 'trade') continue;
          const us = timeOf(event, range.clock);
          if (us < range.fromUs || us >= range.toUs) continue;
          yield { type: 'order', event, scale: item.scale };
        }
        break;
    }
  }
  yield* gapWithoutOrders(byPriceSinceUs, range.toUs, range);
}

function* gapWithoutOrders(
  beginUs: number | undefined,
  endUs: number,
  { fromUs, toUs }: Range,
): Generator<GapItem> {
  if (beginUs === undefined || beginUs >= toUs || endUs <= fromUs) return;
  const gap: Gap = {
    fromUs: Math.max(beginUs, fromUs),
    toUs: Number.isFinite(endUs) ? Math.min(endUs, toUs) : null,
    cause: 'other',
    firstMissing: null,
    lastMissing: null,
  };
  yield gapItem(gap);
}

async function assertAnyOrders(
  { archive }: ReaderContext,
  security: string,
  range: Range,
): Promise<void> {
  const before = Number.isFinite(range.fromUs)
    ? await archive.imageAt(security, { clock: range.clock, us: range.fromUs })
    : null;
  let feed: string | undefined;
  let segment = await archive.segmentStart(security, (before?.header.epoch ?? 1) - 1);
  while (segment !== null && (segment.damaged || segment.header.fromUs < range.toUs)) {
    if (segment.damaged || segment.header.level === 'L3') return;
    ({ feed } = segment.header);
    segment = await archive.segmentStart(security, segment.header.epoch);
  }
  if (feed === undefined) return;
  throw new InvalidArgumentError(
    `${security} was recorded by price (${feed}) in that time, so there are no orders; ask for incremental, quotes or trades`,
  );
}
