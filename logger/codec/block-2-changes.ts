/**
 * The last sizes in a block of version 2, read without making its events, as `block-1-changes.ts` does. Takes
 * two thirds of the time of decoding it and collecting them, and reads no further than the end. Here, too, that
 * plain way is what the tests compare it with.
 */

import { crc32 } from 'node:zlib';

import type { ScaledInt } from '../market/decimal.ts';
import type { Diff, Levels, Trade } from '../market/events.ts';
import { isBehind, lastLevels } from './level-changes.ts';
import type { ChangesEnd, LevelChanges } from './level-changes.ts';
import * as contexts from './v2/block-contexts.ts';
import { BLOCK_CONTEXTS } from './v2/block-contexts.ts';
import { NO_HEADER, codeBlockHeader } from './v2/block-header.ts';
import type { Grids } from './v2/block-header.ts';
import { corrupt } from './v2/bytes.ts';
import { Decoder } from './v2/decoder.ts';
import { Allowance } from './v2/envelope.ts';
import { OFF_GRID } from './v2/grid.ts';
import type { Grid } from './v2/grid.ts';
import { DiffHeadModel, TradeModel } from './v2/heads.ts';
import { LevelEdits } from './v2/level-edits.ts';
import * as sides from './v2/level-side.ts';
import type { LevelSide } from './v2/level-side.ts';
import { LevelSizeReader } from './v2/level-size-reader.ts';
import { codeNear, codeScaled } from './v2/numbers.ts';
import * as gaps from './v2/place.ts';

// Copies: what is imported is looked up at each use.
const { AT, MAX_SKIP_LENGTH, SKIP_DIGITS } = contexts;
const { ENDLESS_GAP, PHANTOM, ageOf, checkedKey, depthOf, gapOf } = sides;
const { isDeleteAt, isInsertAt, isNewAt, skipAt, skipDigitsAt } = sides;
const { MAX_PLACES, readPlace } = gaps;

/** See `v2/envelope.ts`. */
const VERSION = 2;
const CHECKSUM_BYTES = 4;
const MAX_LENGTH_BYTES = 5;
/** See `v2/level-edits.ts`. */
const OUT_OF_ORDER_BITS = 2;
const ON_GRID_SET = 0;
const OFF_GRID_PRICE = 2;

/** What the models are given when reading, and ignore. */
const NO_DIFF: Diff = {
  type: 'diff',
  firstSequence: 0,
  lastSequence: 0,
  exchangeTimeUs: 0,
  receiveTimeUs: 0,
  bids: [],
  asks: [],
};
const NO_TRADE: Trade = {
  type: 'trade',
  tradeId: 0,
  sequence: null,
  exchangeTimeUs: 0,
  eventTimeUs: 0,
  receiveTimeUs: 0,
  price: 0,
  size: 0,
  side: 'buy',
};

/**
 * @returns undefined if it has to be decoded: it has numbers of orders, or is not as the encoder writes it.
 * @throws RecordCorruptError, also if a diff before the end does not continue the one before it.
 */
export function block2Changes(body: Uint8Array, end: ChangesEnd): LevelChanges | undefined {
  const decoder = decoderOf(body);
  const header = codeBlockHeader(decoder, NO_HEADER);
  if (header.hasOrders) return undefined;
  const { scale, previousSequence, rhythm } = header;
  const allowance = new Allowance(decoder);
  allowance.take(header.diffs + header.trades);
  const heads = new DiffHeadModel(decoder, rhythm, previousSequence);
  const trades = new TradeModel(decoder, rhythm, header.tradeGrids);
  const levels = new LastLevels(decoder, header.levelGrids);
  let { diffs, trades: tradesLeft } = header;
  let last: LevelChanges['last'] = null;
  let wasTrade = 0;
  let isAll = true;
  while (isAll && diffs + tradesLeft > 0) {
    wasTrade = decoder.bit(AT.isTrade + wasTrade);
    if (wasTrade === 1) tradesLeft--;
    else diffs--;
    if (diffs < 0 || tradesLeft < 0) throw corrupt('it holds other events than it declares');
    if (wasTrade === 1) {
      trades.code(NO_TRADE);
      continue;
    }
    const head = heads.code(NO_DIFF);
    const sequence = last?.lastSequence ?? previousSequence;
    if (head.firstSequence > sequence + 1 || head.lastSequence <= sequence) {
      throw corrupt(`it has a gap after sequence ${sequence}`);
    }
    isAll = !isBehind(head, end);
    if (!isAll) break;
    allowance.take(heads.bidCount + heads.askCount);
    levels.message(heads.bidCount, heads.askCount);
    last = head;
  }
  if (isAll) decoder.end();
  if (levels.isOdd) return undefined;
  const { bids, asks } = levels;
  const { price } = header.levelGrids;
  return { scale, previousSequence, last, bids: bids.levels(price), asks: asks.levels(price) };
}

/** The streams of a record, checked as `v2/envelope.ts` does, which reads them to their end. */
function decoderOf(body: Uint8Array): Decoder {
  const end = body.length - CHECKSUM_BYTES;
  if (end < 1) throw corrupt('it is too short');
  const stored = new DataView(body.buffer, body.byteOffset + end, CHECKSUM_BYTES);
  const content = body.subarray(0, end);
  if (crc32(content) !== stored.getUint32(0, true)) throw corrupt('its checksum does not match');
  if (content[0] !== VERSION) throw corrupt(`its version is ${content[0]}, not ${VERSION}`);
  let at = 1;
  let length = 0;
  for (let digit = 0; ; digit++) {
    const byte = content[at++];
    if (byte === undefined || digit === MAX_LENGTH_BYTES) throw corrupt('it has no length');
    length += (byte & 127) * 128 ** digit;
    if (byte < 128) break;
  }
  if (length > end - at) throw corrupt('it is truncated');
  const raw = content.subarray(at + length);
  return new Decoder(BLOCK_CONTEXTS, content.subarray(at, at + length), raw);
}

/** Follows the level changes, as `v2/level-reader.ts` does. */
class LastLevels {
  readonly bids: SideChanges;
  readonly asks: SideChanges;
  /** A price on the grid was told as if it were not, which no encoder does. */
  isOdd = false;
  readonly #decoder: Decoder;
  readonly #edits: LevelEdits;
  readonly #sizes: LevelSizeReader;

  constructor(decoder: Decoder, grids: Grids) {
    this.#decoder = decoder;
    this.#edits = new LevelEdits(decoder, grids.price);
    this.#sizes = new LevelSizeReader(decoder, grids.size, this.#edits.recent);
    this.bids = new SideChanges(this.#edits.bids);
    this.asks = new SideChanges(this.#edits.asks);
  }

  message(bidCount: number, askCount: number): void {
    const edits = this.#edits;
    edits.startMessage();
    this.#list(bidCount, this.bids);
    const bidChanges = edits.pending;
    this.#list(askCount, this.asks);
    this.#setSizes(this.bids, 0, bidChanges);
    this.#setSizes(this.asks, bidChanges, edits.pending);
  }

  #list(count: number, changes: SideChanges): void {
    if (count === 0) return;
    const decoder = this.#decoder;
    changes.side.startList();
    const isSorted = decoder.bit(AT.isSorted) === 1;
    for (let i = 0; i < count; i++) {
      if (isSorted || decoder.bit(AT.isInOrder) === 1) this.#change(changes);
      else this.#outOfOrder(changes);
    }
  }

  #change({ side, deleted }: SideChanges): void {
    const decoder = this.#decoder;
    const edits = this.#edits;
    const { book, lastOperation } = side;
    const length = decoder.count(skipAt(lastOperation, depthOf(book.rank)), MAX_SKIP_LENGTH);
    const skip = length < 2 ? length : decoder.digits(skipDigitsAt(length), length, SKIP_DIGITS);
    if (skip > book.count - book.rank) throw corrupt('a change lies beyond the book');
    book.skip(skip);
    const depth = depthOf(book.rank);
    const isFirst = skip === 0 && side.isFirst;
    const inner = skip > 0 ? book.keyBefore : side.lastKey;
    let places = MAX_PLACES;
    if (!book.isEnd) {
      const outer = book.key;
      const change = book.changes[book.slot] as number;
      const age = ageOf(edits.message - (change >> 1));
      places = outer - inner - 1;
      const gap = isFirst ? ENDLESS_GAP : gapOf(places);
      if (gap === 0 || decoder.bit(isNewAt(gap, age, depth)) === 0) {
        if (decoder.bit(isDeleteAt(lastOperation, age, change & 1)) === 1) {
          edits.delete(side, outer);
          deleted.push(outer);
        } else {
          edits.update(side, outer, 0);
        }
        return;
      }
    }
    const isInsert = decoder.bit(isInsertAt(lastOperation, depth)) === 1;
    const key = isFirst
      ? edits.firstKey(0, side)
      : places < MAX_PLACES
        ? inner + 1 + readPlace(decoder, AT.place, places, behindLast(inner, side))
        : edits.wideKey(0, side, inner);
    if (isInsert) {
      edits.insert(side, key, 0);
    } else {
      side.last(PHANTOM, key);
      deleted.push(key);
    }
  }

  #outOfOrder(changes: SideChanges): void {
    const { side, deleted } = changes;
    const decoder = this.#decoder;
    const edits = this.#edits;
    const kind = decoder.tree(AT.outOfOrder, OUT_OF_ORDER_BITS);
    if (kind > OFF_GRID_PRICE) throw corrupt('no such kind of change');
    if (kind === OFF_GRID_PRICE) {
      const price = codeScaled(decoder, 0);
      if (edits.prices.index(price) !== OFF_GRID) this.isOdd = true;
      changes.offGrid.set(price, codeScaled(decoder, 0));
      return;
    }
    const key = checkedKey(codeNear(decoder, AT.anchor, 0, side.anchor));
    side.anchor = key;
    const { book } = side;
    book.restart();
    book.seek(key);
    const isKnown = !book.isEnd && book.key === key;
    if (kind === ON_GRID_SET) {
      if (isKnown) edits.update(side, key, 0);
      else edits.insert(side, key, 0);
      return;
    }
    if (isKnown) edits.delete(side, key);
    else side.last(PHANTOM, key);
    deleted.push(key);
  }

  #setSizes({ side, sizes: told }: SideChanges, from: number, to: number): void {
    const { slots, depths } = this.#edits;
    const sizes = this.#sizes;
    const known = side.book.sizes;
    for (let i = from; i < to; i++) {
      const slot = slots[i] as number;
      const lots = sizes.lots(known[slot] as number, depths[i] as number);
      known[slot] = lots;
      told[slot] = sizes.size(lots);
    }
  }
}

const behindLast = (inner: number, { lastKey, isFirst }: LevelSide): 0 | 1 =>
  inner === lastKey && !isFirst ? 1 : 0;

/** A side of the block's own book, and what it does not hold. */
class SideChanges {
  readonly side: LevelSide;
  /** Keys of levels that were deleted, some of them more than once, or set again since. */
  readonly deleted: number[] = [];
  /** The last size by slot. */
  readonly sizes: ScaledInt[] = [];
  readonly offGrid = new Map<ScaledInt, ScaledInt>();

  constructor(side: LevelSide) {
    this.side = side;
  }

  /** Each price with its last size, best first. */
  levels(prices: Grid): Levels {
    const { side, deleted, offGrid } = this;
    const { book, outward } = side;
    const keys: number[] = [];
    const sizes: ScaledInt[] = [];
    for (book.restart(); !book.isEnd; book.pass()) {
      keys.push(book.key);
      sizes.push(this.sizes[book.slot] as ScaledInt);
    }
    const priceOf = (key: number): number => prices.value(key * outward);
    return lastLevels({ keys, sizes, deleted, offGrid }, priceOf, outward);
  }
}
