/** Two streams of one security as one, by receive time. */

import type { DataItem, GapItem } from '../queries/items.ts';

type Items = AsyncIterable<DataItem | GapItem>;

/** Gaps are those of the changes, and trades that are missing elsewhere. */
export async function* withTrades(
  changes: Items,
  trades: Items,
): AsyncGenerator<DataItem | GapItem> {
  const iterator = trades[Symbol.asyncIterator]();
  try {
    let next = await iterator.next();
    for await (const change of changes) {
      const us = receivedUs(change);
      // Of one time trades come first: the change already lacks what was traded.
      while (next.done !== true && receivedUs(next.value) <= us) {
        if (isWanted(next.value)) yield next.value;
        next = await iterator.next();
      }
      yield change;
    }
    for (; next.done !== true; next = await iterator.next()) {
      if (isWanted(next.value)) yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function receivedUs(item: DataItem | GapItem): number {
  if (item.type === 'gap') return item.fromUs;
  return 'receiveTimeUs' in item ? item.receiveTimeUs : Number.NEGATIVE_INFINITY;
}

function isWanted(item: DataItem | GapItem): boolean {
  return item.type !== 'gap' || item.missing === 'tradeId';
}
