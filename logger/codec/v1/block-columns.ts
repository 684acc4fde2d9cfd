/** The columns of `block/1`, in the order in which they are stored. */

const NAMES = [
  // Of each diff, and of the end of the block: how many trades stand before it.
  'tradesBefore',
  // Of each diff.
  'diffTime',
  'diffLatency',
  'bidCount',
  'askCount',
  'firstSequence',
  'sequenceSpan',
  // Of each trade.
  'tradeTime',
  'tradeDelay',
  'tradeArrival',
  'tradeLatency',
  'tradeId',
  'tradeSequence',
  'tradePrice',
  'tradeSize',
  // Of each level change: operation and rank, one column for each operation before it.
  'afterDelete',
  'afterUpdate',
  'afterInsert',
  'afterPhantom',
  'atSideStart',
  'outOfOrder',
  'outOfOrderPrice',
  // Of each price that the book did not have: how far from the level inside of it, one column for
  // each width of the gap that it falls into.
  'offsetIn8',
  'offsetIn32',
  'offsetIn128',
  'offsetIn512',
  'offsetIn2048',
  'offsetInMore',
  'openOffset',
  'betterOffset',
  // Of each size.
  'insertSize',
  'updateKind',
  'updateRecent',
  'updateLots',
] as const;

export type BlockColumn = (typeof NAMES)[number];

/** Column numbers by name. */
export const COLUMN = Object.fromEntries(NAMES.map((name, index) => [name, index])) as Readonly<
  Record<BlockColumn, number>
>;
export const BLOCK_COLUMNS = NAMES.length;
