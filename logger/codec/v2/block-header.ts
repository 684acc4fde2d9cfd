/** The header of `block/2`, and how it is found: what all events of the block have in common. */

import type { Scale } from '../../market/decimal.ts';
import type { Diff, Trade } from '../../market/events.ts';
import type { BlockContent, OrderCounts } from '../codec.ts';
import type { Coder } from './coder.ts';
import { Grid, GridSample, codeGrid } from './grid.ts';
import type { Rhythm } from './heads.ts';
import { codeUnsigned, codeWhole } from './numbers.ts';
import { codeUnit, unitOf } from './times.ts';

export interface Grids {
  readonly price: Grid;
  readonly size: Grid;
}

export interface BlockHeader {
  readonly scale: Scale;
  /** Only where trades have another one. */
  readonly tradeScale: Scale | undefined;
  readonly previousSequence: number;
  readonly diffs: number;
  readonly trades: number;
  /** Some diff counts the orders at its levels. */
  readonly hasOrders: boolean;
  readonly levelGrids: Grids;
  readonly tradeGrids: Grids;
  readonly rhythm: Rhythm;
}

const ONE = new Grid(1);
export const NO_HEADER: BlockHeader = {
  scale: { priceExponent: 0, sizeExponent: 0 },
  tradeScale: undefined,
  previousSequence: 0,
  diffs: 0,
  trades: 0,
  hasOrders: false,
  levelGrids: { price: ONE, size: ONE },
  tradeGrids: { price: ONE, size: ONE },
  rhythm: { timeUnitUs: 1, receiveUnitUs: 1, diffIntervalUs: 0 },
};

export function codeBlockHeader(coder: Coder, header: BlockHeader): BlockHeader {
  const scale = codeScale(coder, header.scale);
  const hasTradeScale = codeFlag(coder, header.tradeScale !== undefined);
  const tradeScale = hasTradeScale ? codeScale(coder, header.tradeScale ?? scale) : undefined;
  const previousSequence = codeWhole(coder, header.previousSequence);
  const diffs = codeUnsigned(coder, header.diffs);
  const trades = codeUnsigned(coder, header.trades);
  const hasOrders = codeFlag(coder, header.hasOrders);
  const levelGrids = codeGrids(coder, header.levelGrids);
  const tradeGrids = codeGrids(coder, header.tradeGrids);
  const rhythm = {
    timeUnitUs: codeUnit(coder, header.rhythm.timeUnitUs),
    receiveUnitUs: codeUnit(coder, header.rhythm.receiveUnitUs),
    diffIntervalUs: codeUnsigned(coder, header.rhythm.diffIntervalUs),
  };
  return {
    scale,
    tradeScale,
    previousSequence,
    diffs,
    trades,
    hasOrders,
    levelGrids,
    tradeGrids,
    rhythm,
  };
}

export function codeFlag(coder: Coder, flag: boolean): boolean {
  return coder.raw(flag ? 1 : 0, 1) === 1;
}

export function codeScale(coder: Coder, scale: Scale): Scale {
  return {
    priceExponent: codeUnsigned(coder, scale.priceExponent),
    sizeExponent: codeUnsigned(coder, scale.sizeExponent),
  };
}

export function codeGrids(coder: Coder, { price, size }: Grids): Grids {
  return { price: codeGrid(coder, price), size: codeGrid(coder, size) };
}

export function headerOf(content: BlockContent, events: readonly (Diff | Trade)[]): BlockHeader {
  const diffTimes: number[] = [];
  const times: number[] = [];
  let changes = 0;
  let hasOrders = false;
  for (const event of events) {
    times.push(event.exchangeTimeUs);
    if (event.type === 'trade') {
      times.push(event.eventTimeUs);
    } else {
      diffTimes.push(event.exchangeTimeUs);
      changes += (event.bids.length + event.asks.length) / 2;
      const { bidOrders, askOrders } = event as OrderCounts;
      if (bidOrders !== undefined || askOrders !== undefined) hasOrders = true;
    }
  }
  const trades = events.length - diffTimes.length;
  return {
    scale: content.scale,
    tradeScale: content.tradeScale,
    previousSequence: content.previousSequence,
    diffs: diffTimes.length,
    trades,
    hasOrders,
    ...gridsOf(events, changes, trades),
    rhythm: {
      timeUnitUs: unitOf(times),
      receiveUnitUs: unitOf(events.map((event) => event.receiveTimeUs)),
      diffIntervalUs: usualInterval(diffTimes),
    },
  };
}

function gridsOf(
  events: readonly (Diff | Trade)[],
  changes: number,
  trades: number,
): Pick<BlockHeader, 'levelGrids' | 'tradeGrids'> {
  const levels = { price: new GridSample(changes), size: new GridSample(changes) };
  const traded = { price: new GridSample(trades), size: new GridSample(trades) };
  for (const event of events) {
    if (event.type === 'trade') {
      traded.price.add(event.price);
      traded.size.add(event.size);
      continue;
    }
    for (const side of [event.bids, event.asks]) {
      levels.price.addLevels(side, 0);
      levels.size.addLevels(side, 1);
    }
  }
  return {
    levelGrids: { price: levels.price.grid(), size: levels.size.grid() },
    tradeGrids: { price: traded.price.grid(), size: traded.size.grid() },
  };
}

/** The median of the intervals between successive times; 0 when there is none or it is not positive. */
function usualInterval(times: readonly number[]): number {
  const intervals = times.slice(1).map((time, index) => time - (times[index] as number));
  intervals.sort((a, b) => a - b);
  const median = intervals[intervals.length >> 1] ?? 0;
  return Number.isSafeInteger(median) && median > 0 ? median : 0;
}
