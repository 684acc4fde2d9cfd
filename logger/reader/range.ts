/**
 * A range of a security's history, as the streams and snapshots read it: from an image at or before its
 * beginning to a little behind its end, with the gaps that touch it.
 */

import type { Gap } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { MarketEvent } from '../market/events.ts';
import type { ClockName } from '../market/time.ts';
import type { GapItem } from '../queries/items.ts';
import { MAX_EXCHANGE_DISORDER_US } from '../archive/archive.ts';
import type { RangeQuery } from '../queries/queries.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, recordsOf } from './cursor.ts';
import type { CursorItem } from './cursor.ts';
import type { LoadedBlock, LoadedImage } from './record-loader.ts';
import { isEndOfRecording, segmentsAfter } from './segment.ts';

/** `fromUs <= t < toUs` on `clock`; open ends are infinite. */
export interface Range {
  readonly fromUs: number;
  readonly toUs: number;
  readonly clock: ClockName;
}

export type RangeItem =
  /** A proven interval begins with this image. */
  | {
      readonly type: 'image';
      readonly image: LoadedImage;
      /** From this receive time on the book is declared unknown, whatever is stored. */
      readonly declaredUs: number;
    }
  /** The interval goes on from this image, which knows the book further out. */
  | { readonly type: 'deeper'; readonly image: LoadedImage }
  /** What follows; trades may be older than the book (they came while it was being proven). */
  | { readonly type: 'events'; readonly scale: Scale; readonly events: readonly MarketEvent[] }
  /** The interval is proven up to here. */
  | { readonly type: 'end'; readonly toUs: number }
  | { readonly type: 'gap'; readonly gap: Gap };

export function rangeOf(query: RangeQuery): Range {
  return {
    fromUs: query.fromUs ?? Number.NEGATIVE_INFINITY,
    toUs: query.toUs ?? Number.POSITIVE_INFINITY,
    clock: query.clock ?? 'receive',
  };
}

export function timeOf(
  message: { readonly exchangeTimeUs: number; readonly receiveTimeUs: number },
  clock: ClockName,
): number {
  return clock === 'receive' ? message.receiveTimeUs : message.exchangeTimeUs;
}

export function gapItem(gap: Gap, missing: 'sequence' | 'tradeId' = 'sequence'): GapItem {
  const { fromUs, toUs, cause, firstMissing, lastMissing } = gap;
  return { type: 'gap', fromUs, toUs, cause, firstMissing, lastMissing, missing };
}

/**
 * @param beforeUs how much of what lies before the range is read as well.
 * @throws UnknownSecurityError
 */
export async function* itemsInRange(
  context: ReaderContext,
  security: string,
  range: Range,
  beforeUs = 0,
): AsyncGenerator<RangeItem> {
  const slackUs = range.clock === 'exchange' ? MAX_EXCHANGE_DISORDER_US : 0;
  const filter = new RangeFilter(range, range.toUs + slackUs);
  for await (const item of itemsSince(
    context,
    security,
    range,
    range.fromUs - slackUs - beforeUs,
  )) {
    yield* filter.take(item);
    if (filter.isBehind) return;
  }
  yield* filter.finish();
}

/** Everything from the last image at or before a time. @throws UnknownSecurityError */
export async function* itemsSince(
  context: ReaderContext,
  security: string,
  { clock }: Pick<Range, 'clock'>,
  us: number,
): AsyncGenerator<CursorItem<LoadedImage, LoadedBlock>> {
  const { archive, records } = context;
  const before = Number.isFinite(us) ? await archive.imageAt(security, { clock, us }) : null;
  let from = before ?? undefined;
  let isKnown = false;
  for await (const segment of segmentsAfter(context, security, (before?.header.epoch ?? 1) - 1)) {
    isKnown = true;
    yield* new SegmentCursor(context, segment, recordsOf(records)).items(from);
    from = undefined;
  }
  if (!isKnown) await assertKnown(context, security);
}

/** Drops what lies outside a range and adds gaps where it asks for time that was never recorded. */
class RangeFilter {
  readonly #range: Range;
  readonly #lastUs: number;
  #image: LoadedImage | undefined;
  /** Up to when, on the range's clock, it is known what was recorded and what was not. */
  #knownUs: number;
  /** Exchange clock − receive clock, from the last message; gaps are in receive time. */
  #offsetUs = 0;
  #isFirst = true;
  #isBehind = false;

  /** @param lastUs what begins behind this is behind the range. */
  constructor(range: Range, lastUs: number) {
    this.#range = range;
    this.#lastUs = lastUs;
    this.#knownUs = range.fromUs;
  }

  /** The rest of the history is behind the range. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  *take(item: CursorItem<LoadedImage, LoadedBlock>): Generator<RangeItem> {
    switch (item.type) {
      case 'image': {
        const { image } = item.image;
        this.#image = item.image;
        this.#setOffset(image.exchangeTimeUs - image.receiveTimeUs);
        yield* this.#begin(image.receiveTimeUs);
        yield { type: 'image', image: item.image, declaredUs: item.segment.declaredUs };
        break;
      }
      case 'block':
        yield* this.#block(item.block);
        break;
      case 'deeper':
        yield item;
        break;
      case 'end':
        this.#knownUs = item.toUs + this.#offsetUs;
        yield { type: 'end', toUs: item.toUs };
        break;
      case 'gap':
        yield* this.#gap(item.gap);
        break;
      case 'block-run':
      case 'beyond':
      case 'unreachable':
        break;
    }
  }

  *finish(): Generator<RangeItem> {
    const { fromUs, toUs } = this.#range;
    // The range begins behind everything known: in a gap without an end.
    if (this.#knownUs < fromUs) yield neverRecorded(this.#knownUs, null);
    else yield* this.#missing(this.#knownUs, toUs);
  }

  *#block({ header, content }: LoadedBlock): Generator<RangeItem> {
    if (beginsAtOrAfter(header, this.#lastUs, this.#range.clock)) {
      this.#isBehind = true;
      return;
    }
    if (header.diffs > 0) this.#setOffset(header.exchangeToUs - header.toUs);
    const { scale } = content;
    yield { type: 'events', scale, events: eventsAfter(content, this.#image?.image.sequence) };
  }

  *#gap(gap: Gap): Generator<RangeItem> {
    const { fromUs, toUs } = this.#range;
    // A query for everything there is gets no gap where the recording was ended on purpose.
    const isAskedFor = Number.isFinite(toUs) || fromUs > gap.fromUs || !isEndOfRecording(gap);
    if (!isAskedFor) return;
    yield* this.#begin(gap.fromUs);
    const endUs = (gap.toUs ?? Number.POSITIVE_INFINITY) + this.#offsetUs;
    this.#knownUs = endUs;
    if (gap.fromUs + this.#offsetUs < toUs && endUs > fromUs) yield { type: 'gap', gap };
  }

  #setOffset(us: number): void {
    if (this.#range.clock === 'exchange') this.#offsetUs = us;
  }

  *#begin(startUs: number): Generator<RangeItem> {
    if (!this.#isFirst) return;
    this.#isFirst = false;
    const { fromUs, toUs } = this.#range;
    yield* this.#missing(fromUs, Math.min(startUs + this.#offsetUs, toUs));
  }

  /** None where an end of the range is open: only as much is asked for as there is. */
  *#missing(fromUs: number, toUs: number): Generator<RangeItem> {
    if (Number.isFinite(fromUs) && Number.isFinite(toUs) && fromUs < toUs) {
      yield neverRecorded(fromUs, toUs);
    }
  }
}

function neverRecorded(fromUs: number, toUs: number | null): RangeItem {
  const gap: Gap = { fromUs, toUs, cause: 'other', firstMissing: null, lastMissing: null };
  return { type: 'gap', gap };
}

function beginsAtOrAfter(header: LoadedBlock['header'], us: number, clock: ClockName): boolean {
  if (clock === 'receive') return header.fromUs >= us;
  return header.diffs > 0 && header.exchangeFromUs >= us;
}

/**
 * The part of a block that follows an image inside it. In a segment's first block, trades
 * from before the image belong to the history.
 */
export function eventsAfter(
  { events, previousSequence }: LoadedBlock['content'],
  imageSequence = -Infinity,
): readonly MarketEvent[] {
  if (previousSequence >= imageSequence) return events;
  const last = events.findIndex(
    (event) => isBookUpdate(event) && event.lastSequence === imageSequence,
  );
  return events.slice(last + 1);
}
