/** Books on general sorted containers, as one would write them around sorted-btree or js-sdsl. */

import SortedBTree from 'sorted-btree';
import type { OpenBook, Top } from './book-contest.ts';
import type { Peers } from './packages.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;

/** A sorted map of sizes by price. */
export interface SortedSizes {
  set(price: number, size: number): void;
  delete(price: number): void;
  lowest(): readonly [price: number, size: number] | undefined;
  highest(): readonly [price: number, size: number] | undefined;
  entries(): Iterable<readonly [price: number, size: number]>;
}

export interface SortedKind {
  readonly title: string;
  create(): SortedSizes;
}

export const sortedBTree: SortedKind = {
  title: 'sorted-btree 2',
  create: () => {
    const tree = new BTree<number, number>();
    return {
      set: (price, size) => void tree.set(price, size),
      delete: (price) => void tree.delete(price),
      lowest: () => tree.getPairOrNextHigher(Number.NEGATIVE_INFINITY),
      highest: () => tree.getPairOrNextLower(Number.POSITIVE_INFINITY),
      entries: () => tree.entries(),
    };
  },
};

interface OrderedMap extends Iterable<[number, number]> {
  setElement(key: number, value: number): number;
  eraseElementByKey(key: number): boolean;
  front(): [number, number] | undefined;
  back(): [number, number] | undefined;
}

interface Sdsl {
  readonly OrderedMap: new () => OrderedMap;
}

export async function sdslMap(peers: Peers): Promise<SortedKind | undefined> {
  const sdsl = await peers.load<Sdsl>('js-sdsl');
  if (!sdsl) return undefined;
  const { OrderedMap } = sdsl.module;
  const create = (): SortedSizes => {
    const map = new OrderedMap();
    return {
      set: (price, size) => void map.setElement(price, size),
      delete: (price) => void map.eraseElementByKey(price),
      lowest: () => map.front(),
      highest: () => map.back(),
      entries: () => map,
    };
  };
  return { title: sdsl.title, create };
}

/** Price, size … of each side. */
export interface PlainLevels {
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

export function openTreeBook(kind: SortedKind, start: PlainLevels): OpenBook<PlainLevels> {
  const [bids, asks] = [kind.create(), kind.create()];
  setAll(bids, start.bids);
  setAll(asks, start.asks);
  return {
    apply: (levels) => {
      setAll(bids, levels.bids);
      setAll(asks, levels.asks);
    },
    readTop: (top) => writeTop(top, bids.highest(), asks.lowest()),
    levels: () => ({ bids: [...bids.entries()].flat(), asks: [...asks.entries()].flat() }),
  };
}

type Level = readonly [price: number, size: number] | undefined;

export function writeTop(top: Top, bid: Level, ask: Level): void {
  top[0] = bid ? bid[0] : Number.NaN;
  top[1] = bid ? bid[1] : Number.NaN;
  top[2] = ask ? ask[0] : Number.NaN;
  top[3] = ask ? ask[1] : Number.NaN;
}

function setAll(side: SortedSizes, levels: readonly number[]): void {
  for (let i = 0; i < levels.length; i += 2) {
    const price = levels[i] ?? 0;
    const size = levels[i + 1] ?? 0;
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
}
