/**
 * From the bytes of a frame to the book and its best prices, as a ratio to `JSON.parse` of the same
 * frames; and the book by itself, against sorted-btree with plain numbers. All end with the same book.
 */

import SortedBTree from 'sorted-btree';

import type { LevelBook, Side } from '../logger/book/level-book.ts';
import { TreeSide } from '../logger/book/tree-side.ts';
import { TwoSidedBook } from '../logger/book/two-sided-book.ts';
import { readDepth } from '../logger/exchange/binance/events.ts';
import { scanDepth } from '../logger/exchange/binance/scan.ts';
import type { Diff, Levels } from '../logger/market/events.ts';
import type { Figure, Section } from './figures.ts';
import { BINANCE_FILES, binanceRecording, RECORDING_SCALE } from './recordings.ts';
import { medianTimesMs } from './timing.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;
type Tree = InstanceType<typeof BTree<number, number>>;

const SYMBOL = 'BTCUSDT';
const createTree = (side: Side): TreeSide => new TreeSide(side);
const CONTEXT = { scale: RECORDING_SCALE, receiveTimeUs: 1 };

export function bookSections(): Section[] {
  const frames: Buffer[] = [];
  const diffs: Diff[] = [];
  for (const frame of BINANCE_FILES.flatMap((file) => [...binanceRecording(file)])) {
    if (frame.event?.type !== 'diff') continue;
    frames.push(Buffer.from(frame.raw));
    diffs.push(frame.event);
  }
  return [
    { title: 'Depth frames into the book', figures: frameFigures(frames) },
    { title: 'The book alone, on ready diffs', figures: bookFigures(diffs) },
  ];
}

function frameFigures(frames: readonly Buffer[]): Figure[] {
  const into = (read: typeof scanDepth, book: LevelBook): LevelBook => {
    for (const frame of frames) {
      const message = read(frame, SYMBOL, CONTEXT);
      if (message) book.apply(message.event);
      book.best('bid');
      book.best('ask');
    }
    return book;
  };
  const scanned = (): LevelBook => into(scanDepth, new TwoSidedBook(RECORDING_SCALE));
  const parsed = (): LevelBook => into(readDepth, new TwoSidedBook(RECORDING_SCALE, createTree));
  assertSameBooks([scanned(), parsed()]);
  const times = medianTimesMs({
    json: () => {
      for (const frame of frames) JSON.parse(frame.toString('utf8'));
    },
    integers: () => {
      for (const frame of frames) scanDepth(frame, SYMBOL, CONTEXT);
    },
    scanned,
    parsed,
  });
  const unit = '× JSON.parse of the same frames';
  const goal = '≤ 0.25';
  return [
    { name: 'bytes → exact integers', value: times.integers / times.json, unit },
    { name: 'bytes → exact integers → book → best', value: times.scanned / times.json, unit, goal },
    { name: 'the same, parsed, into a tree', value: times.parsed / times.json, unit },
  ];
}

function bookFigures(diffs: readonly Diff[]): Figure[] {
  const into = (book: LevelBook): LevelBook => {
    for (const diff of diffs) {
      book.setLevels(diff.bids, diff.asks);
      book.best('bid');
      book.best('ask');
    }
    return book;
  };
  const ladder = (): LevelBook => into(new TwoSidedBook(RECORDING_SCALE));
  const tree = (): LevelBook => into(new TwoSidedBook(RECORDING_SCALE, createTree));
  assertSameBooks([ladder(), tree()]);
  const times = medianTimesMs({
    ladder,
    tree,
    plain: () => {
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
  const unit = '× as fast as sorted-btree with plain numbers';
  return [
    { name: 'book on price ladders', value: times.plain / times.ladder, unit, goal: '10' },
    { name: 'book on sorted-btree', value: times.plain / times.tree, unit },
  ];
}

function assertSameBooks(books: readonly LevelBook[]): void {
  const texts = books.map((book) => JSON.stringify([book.levels('bid'), book.levels('ask')]));
  if (new Set(texts).size !== 1) throw new Error('The books differ');
}

function setLevels(tree: Tree, levels: Levels): void {
  for (let i = 0; i < levels.length; i += 2) {
    const price = Number(levels[i]);
    const size = Number(levels[i + 1]);
    if (size === 0) tree.delete(price);
    else tree.set(price, size);
  }
}
