/** The columns of `block/1`, in stored order. */

const NAMES = [
  // Per diff, and once for the end of the block: the number of trades before it.
  'tradesBefore',
  // Per diff.
  'diffTime',
  'diffLatency',
  'bidCount',
  'askCount',
  'firstSequence',
  'sequenceSpan',
  // Per trade.
  'tradeTime',
  'tradeDelay',
  'tradeArrival',
  'tradeLatency',
  'tradeId',
  'tradeSequence',
  'tradePrice',
  'tradeSize',
  // Per level change: operation and rank; one column for each preceding operation.
  'afterDelete',
  'afterUpdate',
  'afterInsert',
  'afterPhantom',
  'atSideStart',
  'outOfOrder',
  'outOfOrderPrice',
  // Per price that is new to the book: its distance from the next better level; one column for each
  // range of widths of the gap between its two neighbours.
  'offsetIn8',
  'offsetIn32',
  'offsetIn128',
  'offsetIn512',
  'offsetIn2048',
  'offsetInMore',
  'openOffset',
  'betterOffset',
  // Per size.
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
