/** Snapshots with a column for each level: plain arrays, which every reader loads without a loop over rows. */

import { InvariantError } from '../errors.ts';
import { formatScaled } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { BookRows } from '../queries/book-rows.ts';
import type { Flows, SnapshotItem } from '../queries/items.ts';
import { column } from './column.ts';
import type { Column } from './column.ts';
import type { Rows } from './rows.ts';
import type { Table } from './table.ts';

const HEAD: readonly Column[] = [
  column('at', 'time'),
  column('segment', 'int32'),
  column('sequence?', 'int64'),
  column('exchange_time', 'time'),
  column('receive_time', 'time'),
  column('bid_horizon?', 'price'),
  column('ask_horizon?', 'price'),
  column('flow_complete', 'bool'),
  column('uptick_notional?', 'notional'),
  column('uptick_count?', 'int32'),
  column('downtick_notional?', 'notional'),
  column('downtick_count?', 'int32'),
];

/** What changed at each price, by side: sizes, of each level and of prices that are no level. */
const FEATURES = ['limit', 'cancel', 'market'] as const;

/** @param hasFeatures with columns for what changed at each price. */
export function snapshotTable(depth: number, hasFeatures: boolean): Table {
  const features = (side: 'bid' | 'ask'): Column[] =>
    hasFeatures ? featureColumns(side, depth) : [];
  return {
    columns: [
      ...HEAD,
      ...(hasFeatures ? [column('features_kind?', 'text')] : []),
      ...sideColumns('bid', depth),
      ...features('bid'),
      ...sideColumns('ask', depth),
      ...features('ask'),
    ],
    write(item, rows, segment) {
      if (item.type !== 'snapshot') throw new InvariantError(`No snapshot: ${item.type}`);
      rows.put(item.atUs);
      rows.put(segment);
      rows.put(item.proof === 'sequence' ? item.sequence : null);
      rows.put(item.exchangeTimeUs);
      rows.put(item.receiveTimeUs);
      rows.put(item.horizon.bid);
      rows.put(item.horizon.ask);
      putFlows(item.flows, rows);
      if (hasFeatures) rows.put(item.features?.kind ?? null);
      for (const side of ['bids', 'asks'] as const) {
        putSide(item.rows, side, depth, rows);
        if (hasFeatures) putFeatures(item, side, depth, rows);
      }
      rows.end();
    },
  };
}

function sideColumns(side: 'bid' | 'ask', depth: number): Column[] {
  const levels = Array.from({ length: depth }, (_, level) => level);
  return [
    ...levels.map((level) => column(`${side}_price_${level}?`, 'price')),
    ...levels.map((level) => column(`${side}_size_${level}?`, 'size')),
    ...levels.map((level) => ({ ...column(`${side}_count_${level}?`, 'int32'), isOptional: true })),
  ];
}

function featureColumns(side: 'bid' | 'ask', depth: number): Column[] {
  const levels = Array.from({ length: depth }, (_, level) => level);
  return [
    ...FEATURES.flatMap((name) =>
      levels.map((level) => column(`${side}_${name}_${level}?`, 'size')),
    ),
    column(`${side}_others?`, 'text'),
  ];
}

function putFeatures(
  { features, scale }: SnapshotItem,
  side: 'bids' | 'asks',
  depth: number,
  rows: Rows,
): void {
  for (const name of FEATURES) {
    for (let i = 0; i < depth; i++) rows.put(features?.[side][i]?.[name] ?? null);
  }
  const others = features?.others[side].map(({ price, size, limit, cancel, market }) => [
    formatScaled(price, scale.priceExponent),
    ...[size, limit, cancel, market].map((value) => formatScaled(value, scale.sizeExponent)),
  ]);
  rows.put(others === undefined ? null : JSON.stringify(others));
}

function putFlows(flows: Flows | null, rows: Rows): void {
  rows.put(flows !== null);
  for (const side of ['upticks', 'downticks'] as const) {
    rows.putNotional(flows?.[side].notional ?? null, flows?.notionalExponent ?? 0);
    rows.put(flows?.[side].count ?? null);
  }
}

function putSide(book: BookRows, side: 'bids' | 'asks', depth: number, rows: Rows): void {
  const { prices, sizes, counts } = sideOf(book, side);
  for (let i = 0; i < depth; i++) rows.put(prices(i) ?? null);
  for (let i = 0; i < depth; i++) rows.put(sizes(i) ?? null);
  for (let i = 0; i < depth; i++) rows.put(counts(i) ?? null);
}

type LevelValue = (level: number) => ScaledInt | undefined;

function sideOf(
  book: BookRows,
  side: 'bids' | 'asks',
): Readonly<Record<'prices' | 'sizes' | 'counts', LevelValue>> {
  switch (book.kind) {
    case 'levels': {
      const levels = book[side];
      const counts = book.counts?.[side];
      return {
        prices: (level) => levels[2 * level],
        sizes: (level) => levels[2 * level + 1],
        counts: (level) => counts?.[level],
      };
    }
    case 'totals': {
      const totals = book[side];
      return {
        prices: (level) => totals[level]?.price,
        sizes: (level) => totals[level]?.size,
        counts: (level) => totals[level]?.count,
      };
    }
    case 'orders':
      throw new InvariantError('Files with columns have no single orders in a snapshot');
  }
}
