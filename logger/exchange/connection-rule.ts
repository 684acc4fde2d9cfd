/**
 * The rule where the exchange sends no sequence and the image comes in the stream. Our own count of messages
 * takes the sequence's place (see `UpdateHead`): it keeps their order, but can't show what the exchange lost.
 * Pure.
 */

import type { UpdateHead } from '../market/events.ts';
import type { Bridge, SequenceRule } from './exchange.ts';
import { spanRule } from './span-rule.ts';

export const connectionRule: SequenceRule = Object.freeze({
  follow: (lastSequence: number, update: UpdateHead) => spanRule.follow(lastSequence, update),

  /** The snapshot came in the same stream, so it needs no update after it to be proven. */
  bridge(snapshotSequence: number, buffered: readonly UpdateHead[]): Bridge {
    const bridge = spanRule.bridge(snapshotSequence, buffered);
    return bridge.kind === 'waiting' ? { kind: 'bridged', from: buffered.length } : bridge;
  },
});
