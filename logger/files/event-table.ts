/** Changes and trades as the events of hftbacktest. */

import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';
import type { ImageItem, UpdateItem } from '../queries/items.ts';
import { doubleOf } from './cells.ts';
import { column } from './column.ts';
import type { Column } from './column.ts';
import { EventOrder, FLAG } from './event-order.ts';
import type { Rows } from './rows.ts';
import type { FileItem, Table } from './table.ts';

export const EVENT_COLUMNS: readonly Column[] = [
  column('ev', 'int64'),
  column('exch_ts', 'time'),
  column('local_ts', 'time'),
  column('px', 'double'),
  column('qty', 'double'),
  column('order_id', 'int64'),
];

export function eventTable(): Table {
  let rows: Rows | undefined;
  const order = new EventOrder((event, flags) => {
    rows?.put(event.flags + flags);
    rows?.put(event.exchangeUs);
    rows?.put(event.localUs);
    rows?.put(event.price);
    rows?.put(event.size);
    rows?.put(0);
    rows?.end();
  });
  return {
    columns: EVENT_COLUMNS,
    write(item, target) {
      rows = target;
      addItem(item, order);
    },
    // The book is not known inside a gap, so it is empty there. Where only trades are missing, it is known.
    gap({ fromUs, missing }, target) {
      rows = target;
      const { exchangeUs, localUs } = order.lastUs;
      if (localUs > 0 && missing === 'sequence') {
        clear({ exchangeUs, localUs: Math.max(fromUs, localUs) }, order);
      }
      order.flush();
    },
    finish(target) {
      rows = target;
      order.flush();
    },
  };
}

interface Times {
  readonly exchangeUs: number;
  readonly localUs: number;
}

function addItem(item: FileItem, order: EventOrder): void {
  const times = 'exchangeTimeUs' in item ? timesOf(item) : undefined;
  if (times === undefined) return;
  if (item.type === 'trade') {
    const flags = FLAG.trade + (item.side === 'buy' ? FLAG.buy : FLAG.sell);
    order.add({ flags, ...times, ...valuesOf(item.price, item.size, item.scale) });
  } else if (item.type === 'image' || item.type === 'update') {
    if (item.type === 'image') clear(times, order);
    addLevels(item, item.bids, FLAG.buy, order);
    addLevels(item, item.asks, FLAG.sell, order);
  }
}

/** Without a side: of both. */
function clear(times: Times, order: EventOrder): void {
  order.add({ flags: FLAG.clear, ...times, price: 0, size: 0 });
}

function addLevels(
  item: ImageItem | UpdateItem,
  levels: Levels,
  side: number,
  order: EventOrder,
): void {
  const flags = side + (item.type === 'image' ? FLAG.snapshot : FLAG.depth);
  const times = timesOf(item);
  for (let i = 0; i + 1 < levels.length; i += 2) {
    const values = valuesOf(levels[i] as ScaledInt, levels[i + 1] as ScaledInt, item.scale);
    order.add({ flags, ...times, ...values });
  }
}

function timesOf(item: { readonly exchangeTimeUs: number; readonly receiveTimeUs: number }): Times {
  return { exchangeUs: item.exchangeTimeUs, localUs: item.receiveTimeUs };
}

function valuesOf(price: ScaledInt, size: ScaledInt, { priceExponent, sizeExponent }: Scale) {
  return { price: doubleOf(price, priceExponent), size: doubleOf(size, sizeExponent) };
}
