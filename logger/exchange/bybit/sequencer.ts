/**
 * Bybit's sequence rules, pure. In our own words, after "Full Order Book Synchronization Procedure"
 * (https://bybit-exchange.github.io/docs/v5/websocket/public/full-ob, 2026-07-24):
 *
 * 1. Subscribe to `orderbook.full` and buffer its deltas. A break in `u` empties the buffer; a delta whose
 *    `seq` goes back is dropped.
 * 2. Ask for the snapshot. If its `seq` is below that of the first buffered delta, ask again.
 * 3. Drop buffered deltas with a lower `seq`. If the one with the snapshot's `seq` has another `u`, ask
 *    again.
 * 4. Once a delta has both the snapshot's `seq` and its `u`, the book is the snapshot; the deltas after it
 *    are applied.
 * 5. From then on: `u` below the book's is ignored, `u` beyond the next one starts over, `u` = 1 starts over.
 *
 * Where the page is incomplete: the delta with the book's own `u` is a duplicate as well.
 *
 * `seq` is not part of a sequence here: `numbering.ts` compares it, and reports what it finds as a loss.
 *
 * The windowed topics (https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook) send the image
 * in the stream, before the deltas that continue it: `u` steps by one, and a later image replaces the book.
 * The page only implies the step; the recording of 2026-08-09 shows it.
 */

import type { UpdateHead } from '../../market/events.ts';
import type { Bridge, SequenceRule } from '../exchange.ts';
import { spanRule } from '../span-rule.ts';

export const windowedRule: SequenceRule = spanRule;

export const fullRule: SequenceRule = Object.freeze({
  ...spanRule,

  bridge(snapshotSequence: number, buffered: readonly UpdateHead[]): Bridge {
    const bridge = spanRule.bridge(snapshotSequence, buffered);
    if (bridge.kind !== 'bridged' && bridge.kind !== 'waiting') return bridge;
    const isMet = buffered.some(({ lastSequence }) => lastSequence === snapshotSequence);
    if (isMet)
      return { kind: 'bridged', from: bridge.kind === 'bridged' ? bridge.from : buffered.length };
    return bridge.kind === 'bridged' ? { kind: 'too-old' } : bridge;
  },
});
