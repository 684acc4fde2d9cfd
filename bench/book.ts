/**
 * From a frame to the book: text → exact integers → book → best bid and ask, as a ratio to
 * `JSON.parse` of the same frames; and the book by itself, against the bare tree that it is built
 * on.
 */

import SortedBTree from 'sorted-btree';

import { TreeLevelBook } from '../logger/book/tree-level-book.ts';
import type { ScaledInt } from '../logger/market/decimal.ts';
import type { Diff, Levels } from '../logger/market/events.ts';
import type { Figure, Section } from './figures.ts';
import { BINANCE_FILES, binanceRecording, RECORDING_SCALE, scaledText } from './recordings.ts';
import { medianTimesMs } from './timing.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;
type Tree = InstanceType<typeof BTree<number, number>>;

interface DepthFrame {
  readonly data: {
    readonly b: readonly (readonly [string, string])[];
    readonly a: readonly (readonly [string, string])[];
  };
}

export function bookSections(): Section[] {
  const frames: string[] = [];
  const diffs: Diff[] = [];
  for (const frame of BINANCE_FILES.flatMap((file) => [...binanceRecording(file)])) {
    if (frame.event?.type !== 'diff') continue;
    frames.push(frame.raw);
    diffs.push(frame.event);
  }
  return [
    { title: 'Depth frames into the book', figures: frameFigures(frames) },
    { title: 'The book alone, on ready diffs', figures: bookFigures(diffs) },
  ];
}

function frameFigures(frames: readonly string[]): Figure[] {
  const integers = (rows: DepthFrame['data']['b']): Levels => {
    const levels: ScaledInt[] = [];
    for (const [price, size] of rows) levels.push(scaledText(price), scaledText(size));
    return levels;
  };
  const times = medianTimesMs({
    parse: () => {
      for (const frame of frames) JSON.parse(frame);
    },
    integers: () => {
      for (const frame of frames) {
        const { data } = JSON.parse(frame) as DepthFrame;
        integers(data.b);
        integers(data.a);
      }
    },
    book: () => {
      const book = TreeLevelBook.empty(RECORDING_SCALE);
      for (const frame of frames) {
        const { data } = JSON.parse(frame) as DepthFrame;
        book.setLevels(integers(data.b), integers(data.a));
        book.best('bid');
        book.best('ask');
      }
    },
  });
  const unit = '× JSON.parse of the same frames';
  return [
    { name: 'JSON.parse, exact integers', value: times.integers / times.parse, unit },
    { name: 'JSON.parse, exact integers, book, best', value: times.book / times.parse, unit },
  ];
}

function bookFigures(diffs: readonly Diff[]): Figure[] {
  const times = medianTimesMs({
    book: () => {
      const book = TreeLevelBook.empty(RECORDING_SCALE);
      for (const diff of diffs) {
        book.setLevels(diff.bids, diff.asks);
        book.best('bid');
        book.best('ask');
      }
    },
    tree: () => {
      const bids = new BTree<number, number>();
      const asks = new BTree<number, number>();
      for (const diff of diffs) {
        setLevels(bids, diff.bids);
        setLevels(asks, diff.asks);
        bids.maxKey();
        asks.minKey();
      }
    },
  });
  return [
    {
      name: 'TreeLevelBook',
      value: times.book / times.tree,
      unit: '× sorted-btree with plain numbers',
    },
  ];
}

function setLevels(tree: Tree, levels: Levels): void {
  for (let i = 0; i < levels.length; i += 2) {
    const price = Number(levels[i]);
    const size = Number(levels[i + 1]);
    if (size === 0) tree.delete(price);
    else tree.set(price, size);
  }
}
