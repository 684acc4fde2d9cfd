/** Who takes part with a book of levels: on ready diffs, and from the bytes of frames. */

import type { LevelBook, Side } from '../../logger/book/level-book.ts';
import { TreeSide } from '../../logger/book/tree-side.ts';
import { TwoSidedBook } from '../../logger/book/two-sided-book.ts';
import { readDepth } from '../../logger/exchange/binance/events.ts';
import { scanDepth } from '../../logger/exchange/binance/scan.ts';
import type { Diff, LevelSides, Levels } from '../../logger/market/events.ts';
import type { DepthWork } from '../depth-work.ts';
import { RECORDING_SCALE } from '../recordings.ts';
import { fed } from './book-contest.ts';
import type { BookContender, OpenBook } from './book-contest.ts';
import { ccxt, tardis } from './libraries.ts';
import type { CcxtLevel, CcxtSnapshot, TardisChange, TardisLevel } from './libraries.ts';
import type { Peers } from './packages.ts';
import { openTreeBook, sdslMap, sortedBTree } from './trees.ts';
import type { PlainLevels } from './trees.ts';

export const OURS = 'ours: price ladders';
export const OURS_FROM_FRAMES = 'ours: scan → price ladders';
/** Of the recordings' decimals, where a contender keeps doubles. */
const DOUBLES = 10 ** RECORDING_SCALE.priceExponent;

type Sides = Pick<LevelSides, 'bids' | 'asks'>;

/** Each gets the diffs in the form that it takes, made beforehand. */
export async function bookContenders(work: DepthWork, peers: Peers): Promise<BookContender[]> {
  const { diffs } = work;
  const [library, ccxtPeer, sdsl] = [await tardis(peers), await ccxt(peers), await sdslMap(peers)];
  const list: BookContender[] = [
    ours(OURS, work, diffs, (book, diff) => void book.apply(diff)),
    ours('ours: plain trees', work, diffs, (book, diff) => void book.apply(diff), createTree),
  ];
  for (const kind of sdsl ? [sdsl, sortedBTree] : [sortedBTree]) {
    list.push(
      peer(
        kind.title,
        1,
        fed(diffs.map(plainLevels), () => openTreeBook(kind, plainLevels(work))),
      ),
    );
  }
  if (library) {
    list.push(
      peer(
        library.title,
        DOUBLES,
        fed(
          diffs.map((diff) => tardisChange(diff, false)),
          () => library.open(tardisChange(work, true)),
        ),
      ),
    );
  }
  if (ccxtPeer) {
    list.push(
      peer(
        `${ccxtPeer.title}, whole book`,
        DOUBLES,
        fed(diffs.map(ccxtLevels), () => ccxtPeer.open(ccxtLevels(work))),
      ),
    );
  }
  return list;
}

/** Each gets the bytes of the frames. */
export async function frameContenders(work: DepthWork, peers: Peers): Promise<BookContender[]> {
  const { frames, symbol } = work;
  const [library, ccxtPeer] = [await tardis(peers), await ccxt(peers)];
  const context = { scale: RECORDING_SCALE, receiveTimeUs: 1 };
  const scan = (book: LevelBook, frame: Buffer): void => {
    book.apply((scanDepth(frame, symbol, context) ?? readDepth(frame, symbol, context)).event);
  };
  const parse = (book: LevelBook, frame: Buffer): void => {
    book.apply(readDepth(frame, symbol, context).event);
  };
  const list: BookContender[] = [
    ours(OURS_FROM_FRAMES, work, frames, scan),
    ours('ours: JSON.parse → plain trees', work, frames, parse, createTree),
    peer(
      `JSON.parse, Number → ${sortedBTree.title}`,
      DOUBLES,
      fed(frames, () => parsedInto(openTreeBook(sortedBTree, inDoubles(work)), parsedLevels)),
    ),
  ];
  if (library) {
    list.push(
      peer(
        `JSON.parse → ${library.title}, its mapper and book`,
        DOUBLES,
        fed(frames, () =>
          parsedInto(library.openMapped(snapshotMessage(work)), (message) => message),
        ),
      ),
    );
  }
  if (ccxtPeer) {
    list.push(
      peer(
        `JSON.parse → ${ccxtPeer.title}, its adapter and whole book`,
        DOUBLES,
        fed(frames, () => parsedInto(ccxtPeer.openMapped(ccxtLevels(work)), ({ data }) => data)),
      ),
    );
  }
  return list;
}

const createTree = (side: Side): TreeSide => new TreeSide(side);

function peer(name: string, unit: number, feed: ReturnType<typeof fed>): BookContender {
  return { name, unit, role: 'peer', ...feed };
}

function ours<Input>(
  name: string,
  start: Sides,
  inputs: readonly Input[],
  apply: (book: LevelBook, input: Input) => void,
  create?: typeof createTree,
): BookContender {
  return { name, role: 'ours', unit: 1, ...fed(inputs, open) };

  function open(): OpenBook<Input> {
    const book = TwoSidedBook.fromImage({ scale: RECORDING_SCALE, ...sidesOf(start) }, create);
    return {
      apply: (input) => apply(book, input),
      readTop: (top) => {
        const [bid, ask] = [book.best('bid'), book.best('ask')];
        top[0] = bid ? Number(bid[0]) : Number.NaN;
        top[1] = bid ? Number(bid[1]) : Number.NaN;
        top[2] = ask ? Number(ask[0]) : Number.NaN;
        top[3] = ask ? Number(ask[1]) : Number.NaN;
      },
      levels: () => ({
        bids: book.levels('bid').map(Number),
        asks: book.levels('ask').map(Number),
      }),
    };
  }
}

function sidesOf({ bids, asks }: Sides): Sides {
  return { bids, asks };
}

interface DepthMessage {
  readonly data: {
    readonly b: readonly (readonly [string, string])[];
    readonly a: readonly (readonly [string, string])[];
  };
}

function parsedInto<Input>(
  book: OpenBook<Input>,
  inputOf: (message: DepthMessage) => Input,
): OpenBook<Buffer> {
  return {
    ...book,
    apply: (frame) => book.apply(inputOf(JSON.parse(frame.toString('utf8')) as DepthMessage)),
  };
}

function parsedLevels({ data }: DepthMessage): PlainLevels {
  return { bids: data.b.flatMap(numbers), asks: data.a.flatMap(numbers) };
}

function numbers([price, size]: readonly [string, string]): [number, number] {
  return [Number(price), Number(size)];
}

function plainLevels({ bids, asks }: Sides): PlainLevels {
  return { bids: bids.map(Number), asks: asks.map(Number) };
}

function inDoubles({ bids, asks }: Sides): PlainLevels {
  const doubles = (levels: Levels): number[] => levels.map((value) => Number(value) / DOUBLES);
  return { bids: doubles(bids), asks: doubles(asks) };
}

function pairs<Pair>(
  levels: readonly number[],
  pair: (price: number, size: number) => Pair,
): Pair[] {
  const list: Pair[] = [];
  for (let i = 0; i < levels.length; i += 2) list.push(pair(levels[i] ?? 0, levels[i + 1] ?? 0));
  return list;
}

function tardisChange(diff: Sides | Diff, isSnapshot: boolean): TardisChange {
  const { bids, asks } = inDoubles(diff);
  const level = (price: number, amount: number): TardisLevel => ({ price, amount });
  return { isSnapshot, bids: pairs(bids, level), asks: pairs(asks, level) };
}

function ccxtLevels(diff: Sides): CcxtSnapshot {
  const { bids, asks } = inDoubles(diff);
  const level = (price: number, size: number): CcxtLevel => [price, size];
  return { bids: pairs(bids, level), asks: pairs(asks, level) };
}

/** As tardis-dev's feed makes it of the REST snapshot; without one, of a new product's empty book. */
function snapshotMessage({ symbol, snapshot, ...sides }: DepthWork): object {
  const { bids, asks } = inDoubles(sides);
  const level = (price: number, size: number): [string, string] => [
    price.toFixed(RECORDING_SCALE.priceExponent),
    size.toFixed(RECORDING_SCALE.sizeExponent),
  ];
  return {
    stream: `${symbol.toLowerCase()}@depthSnapshot`,
    data: {
      lastUpdateId: snapshot?.sequence ?? -1,
      bids: pairs(bids, level),
      asks: pairs(asks, level),
    },
  };
}
