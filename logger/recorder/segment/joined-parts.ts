/** Journal parts, one after the other, as the content of one block. Pure. */

import type { BlockContent } from '../../codec/codec.ts';
import type { MarketEvent } from '../../market/events.ts';
import { finerScale, isSameScale, rescaleEvent } from '../../market/scale.ts';

/** @param parts at least one. Prices may have become finer from one to the next. */
export function joinParts(parts: readonly BlockContent[]): BlockContent {
  const [first] = parts as [BlockContent];
  const scale = parts.map((part) => part.scale).reduce(finerScale);
  const events: MarketEvent[] = [];
  for (const part of parts) {
    const isFinest = isSameScale(part.scale, scale);
    for (const event of part.events) {
      events.push(isFinest ? event : rescaleEvent(event, part.scale, scale));
    }
  }
  return { scale, previousSequence: first.previousSequence, events };
}
