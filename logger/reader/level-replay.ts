/**
 * An L2 book that moves along blocks as two sorted lists. Whoever wants one book, and all its rows at once, needs
 * nothing to look prices up in: what the blocks leave is merged into the image in one go.
 */

import { bookOf, sidesOf } from '../book/book.ts';
import type { BookContent } from '../book/difference.ts';
import type { ChangesEnd, LevelChanges } from '../codec/level-changes.ts';
import { InvariantError, RecordCorruptError } from '../errors.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { BookPosition, Horizon, LevelSides, Levels } from '../market/events.ts';
import { EMPTY_LEVELS } from '../market/events.ts';
import { finerScale, isSameScale, rescaleHorizon, rescaleLevels } from '../market/scale.ts';
import type { BookRows } from '../queries/book-rows.ts';
import type { RecordSource } from './cursor.ts';
import type { DecodedImage, LoadedChanges, RecordLoader } from './record-loader.ts';

type Sides = Pick<LevelSides, 'bids' | 'asks'>;

/** Blocks as what they leave up to an end, for a walk from one image on. */
export function changesUntil(
  records: Pick<RecordLoader, 'decodedImage' | 'changes'>,
  end: ChangesEnd,
): RecordSource<DecodedImage, LoadedChanges> {
  let imageSequence = Number.NEGATIVE_INFINITY;
  return {
    withBodies: true,
    everyRecord: false,
    image: async (ref) => {
      const decoded = await records.decodedImage(ref);
      imageSequence = decoded.image.sequence;
      return decoded;
    },
    block: (ref) => records.changes(ref, end, imageSequence),
    follows: ({ changes }, last, sequence) => {
      const { scale } = 'image' in last ? last.image : last.changes;
      const isFine = isSameScale(finerScale(changes.scale, scale), changes.scale);
      return isFine && changes.previousSequence === sequence;
    },
  };
}

export class LevelReplay implements BookPosition {
  readonly #isWindowed: boolean;
  #image: Sides;
  /** What has changed since the image. */
  #changes: Sides = { bids: EMPTY_LEVELS, asks: EMPTY_LEVELS };
  #horizon: Horizon;
  #scale: Scale;
  #sequence: number;
  #exchangeTimeUs: number;
  #receiveTimeUs: number;

  constructor({ header, image }: DecodedImage) {
    if (image.level !== 'L2') throw new InvariantError('Not an image of levels');
    this.#isWindowed = header.windowed === true;
    const isSorted = isBestFirst(image.bids, -1) && isBestFirst(image.asks, 1);
    this.#image = isSorted ? image : (sidesOf(bookOf(image)) as LevelSides);
    this.#horizon = image.horizon;
    this.#scale = image.scale;
    this.#sequence = image.sequence;
    this.#exchangeTimeUs = image.exchangeTimeUs;
    this.#receiveTimeUs = image.receiveTimeUs;
  }

  get scale(): Scale {
    return this.#scale;
  }
  get sequence(): number {
    return this.#sequence;
  }
  get exchangeTimeUs(): number {
    return this.#exchangeTimeUs;
  }
  get receiveTimeUs(): number {
    return this.#receiveTimeUs;
  }
  get horizon(): Horizon {
    if (!this.#isWindowed) return this.#horizon;
    const { bids, asks } = this.#levels();
    return { bid: bids.at(-2) ?? null, ask: asks.at(-2) ?? null };
  }

  apply({ scale, bids, asks, last }: LevelChanges): void {
    this.#refine(scale);
    if (last === null) return;
    this.#changes = {
      bids: merged(this.#changes.bids, bids, -1),
      asks: merged(this.#changes.asks, asks, 1),
    };
    this.#sequence = last.lastSequence;
    this.#exchangeTimeUs = last.exchangeTimeUs;
    this.#receiveTimeUs = last.receiveTimeUs;
  }

  /** @param depth prices per side; absent: all. */
  rows(depth = Number.POSITIVE_INFINITY): BookRows {
    const { bids, asks } = this.#levels();
    const end = Math.max(0, depth) * 2;
    return { kind: 'levels', bids: bids.slice(0, end), asks: asks.slice(0, end) };
  }

  /** Both sides whole. */
  content(): BookContent {
    return { level: 'L2', scale: this.#scale, horizon: this.horizon, ...this.#levels() };
  }

  /** @throws RecordCorruptError for a coarser scale, which no writer makes. */
  #refine(scale: Scale): void {
    const from = this.#scale;
    if (isSameScale(from, scale)) return;
    if (!isSameScale(finerScale(from, scale), scale)) {
      throw new RecordCorruptError('A block is coarser than the book before it');
    }
    const finer = ({ bids, asks }: Sides): Sides => ({
      bids: rescaleLevels(bids, from, scale),
      asks: rescaleLevels(asks, from, scale),
    });
    this.#image = finer(this.#image);
    this.#changes = finer(this.#changes);
    this.#horizon = rescaleHorizon(this.#horizon, from, scale);
    this.#scale = scale;
  }

  #levels(): Sides {
    const { bids, asks } = this.#changes;
    this.#image = {
      bids: withoutEmpty(merged(this.#image.bids, bids, -1)),
      asks: withoutEmpty(merged(this.#image.asks, asks, 1)),
    };
    this.#changes = { bids: EMPTY_LEVELS, asks: EMPTY_LEVELS };
    return this.#image;
  }
}

function isBestFirst(levels: Levels, outward: 1 | -1): boolean {
  for (let i = 0; i < levels.length; i += 2) {
    if (levels[i + 1] === 0) return false;
    if (i > 0 && !isBetter(levels[i - 2] as ScaledInt, levels[i] as ScaledInt, outward)) {
      return false;
    }
  }
  return true;
}

function isBetter(a: ScaledInt, b: ScaledInt, outward: 1 | -1): boolean {
  return outward === 1 ? a < b : a > b;
}

/** Both sorted; where both have a price, the later size counts. */
function merged(levels: Levels, later: Levels, outward: 1 | -1): Levels {
  if (later.length === 0) return levels;
  if (levels.length === 0) return later;
  const all: ScaledInt[] = [];
  let next = 0;
  for (let i = 0; i < later.length; i += 2) {
    const price = later[i] as ScaledInt;
    for (; next < levels.length; next += 2) {
      if (!isBetter(levels[next] as ScaledInt, price, outward)) break;
      all.push(levels[next] as ScaledInt, levels[next + 1] as ScaledInt);
    }
    if (levels[next] === price) next += 2;
    all.push(price, later[i + 1] as ScaledInt);
  }
  for (; next < levels.length; next++) all.push(levels[next] as ScaledInt);
  return all;
}

function withoutEmpty(levels: Levels): Levels {
  const left: ScaledInt[] = [];
  for (let i = 0; i < levels.length; i += 2) {
    const size = levels[i + 1] as ScaledInt;
    if (size !== 0) left.push(levels[i] as ScaledInt, size);
  }
  return left;
}
