/**
 * Bounds of best prices along a range, from headers alone: where they say that nothing can be found, no body has to
 * be read.
 */

import type { RecordHeader, TopBounds } from '../archive/archive.ts';
import { MAX_FRACTION_DIGITS, parseScaled } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { TopBoundsQuery } from '../queries/queries.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, headersOf } from './cursor.ts';
import { segmentsAfter } from './segment.ts';

/** `fromUs <= t < toUs` on the receive clock. */
export interface TopSpan {
  readonly fromUs: number;
  readonly toUs: number;
  /** null: the book is crossed, or has an empty side, all the time; undefined: it has to be read. */
  readonly bounds: TopBounds | null | undefined;
}

/**
 * In order, without overlap. At moments in no span nothing is proven.
 * @throws UnknownSecurityError
 */
export async function* topBounds(
  context: ReaderContext,
  { security, fromUs, toUs }: TopBoundsQuery,
): AsyncGenerator<TopSpan> {
  const before = await context.archive.imageAt(security, { clock: 'receive', us: fromUs });
  let from = before ?? undefined;
  const spans = new Spans();
  let isKnown = false;
  for await (const segment of segmentsAfter(context, security, (before?.header.epoch ?? 1) - 1)) {
    isKnown = true;
    const source = { ...headersOf, everyRecord: false };
    for await (const item of new SegmentCursor(context, segment, source).items(from)) {
      if (item.type === 'image') spans.begin(item.image.header);
      if (item.type === 'block') spans.add(item.block.header);
      if (item.type === 'end') spans.end(item.toUs);
      for (const span of spans.take()) {
        const cut = { fromUs: Math.max(span.fromUs, fromUs), toUs: Math.min(span.toUs, toUs) };
        if (cut.fromUs < cut.toUs) yield { ...span, ...cut };
      }
      if (spans.reachedUs >= toUs) return;
    }
    from = undefined;
  }
  if (!isKnown) await assertKnown(context, security);
}

/** From records in order. */
class Spans {
  #complete: TopSpan[] = [];
  /** Up to here there are spans. */
  #reachedUs = Number.NEGATIVE_INFINITY;
  #last: Pick<RecordHeader, 'kind' | 'toUs' | 'tops'> | undefined;

  get reachedUs(): number {
    return this.#reachedUs;
  }

  take(): readonly TopSpan[] {
    const complete = this.#complete;
    this.#complete = [];
    return complete;
  }

  begin(image: RecordHeader): void {
    this.#reachedUs = Math.max(this.#reachedUs, image.toUs);
    this.#last = image;
  }

  add(block: RecordHeader): void {
    const last = this.#last;
    if (last?.kind === 'block') {
      this.#to(Math.min(last.toUs, block.fromUs), last.tops);
      // Blocks that overlap in time do not occur; both would count.
      this.#to(last.toUs, undefined);
    }
    // The book before a block is within its bounds. It need not be the one after the last: an image between the
    // two may know it further out.
    this.#to(block.fromUs, last?.kind === 'block' ? hull(last.tops, block.tops) : block.tops);
    this.#last = block;
  }

  end(us: number): void {
    const { kind, toUs, tops } = this.#last as RecordHeader;
    if (kind === 'block') this.#to(Math.min(toUs, us), tops);
    this.#to(us, undefined);
    this.#last = undefined;
  }

  #to(us: number, bounds: TopSpan['bounds']): void {
    if (us <= this.#reachedUs) return;
    this.#complete.push({ fromUs: this.#reachedUs, toUs: us, bounds });
    this.#reachedUs = us;
  }
}

function hull(a: TopSpan['bounds'], b: TopSpan['bounds']): TopSpan['bounds'] {
  if (a === undefined || b === undefined) return undefined;
  if (a === null || b === null) return a ?? b;
  return {
    maxBid: scaled(a.maxBid) > scaled(b.maxBid) ? a.maxBid : b.maxBid,
    minAsk: scaled(a.minAsk) < scaled(b.minAsk) ? a.minAsk : b.minAsk,
  };
}

function scaled(price: string): ScaledInt {
  return parseScaled(price, MAX_FRACTION_DIGITS) as ScaledInt;
}
