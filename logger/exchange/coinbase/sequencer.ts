/**
 * Coinbase's rules of continuity, pure.
 *
 * `full`, in our own words after "Full channel" and "Sequence numbers"
 * (https://docs.cdp.coinbase.com/exchange/docs/websocket-channels, gathered 2026-11-20):
 *
 * 1. Subscribe and queue what comes of a product; remember the first sequence `S0`.
 * 2. Ask for the level-3 book; its sequence is `N`. `N < S0 - 1`: too old, ask again.
 * 3. Drop what is queued up to and including `N`; the first message kept must be `N + 1`. The answer
 *    may be ahead of the socket by dozens of messages: then wait until the socket passes it.
 * 4. From then on, for each message and for life: the next number: apply. A number that was seen:
 *    drop. A number further on: messages are missing; start over from 2, for this product alone.
 *
 * Every message of the channel has a number of its own and none is left out, so this is the rule of
 * spans with spans of one. That holds for `full` alone: on `matches` and `ticker` numbers jump.
 *
 * `level2_batch` has no numbers. The count of a connection's messages stands for them (see `UpdateHead`):
 * it finds nothing that the exchange lost, and is not meant to; it keeps the order of what came.
 */

import type { UpdateHead } from '../../market/events.ts';
import type { Bridge, SequenceRule } from '../exchange.ts';
import { spanRule } from '../span-rule.ts';

export const fullRule: SequenceRule = spanRule;

export const connectionRule: SequenceRule = Object.freeze({
  follow: (lastSequence: number, step: UpdateHead) => spanRule.follow(lastSequence, step),

  /** The snapshot came in the same stream: it needs nothing after it to be proven. */
  bridge(snapshotSequence: number, buffered: readonly UpdateHead[]): Bridge {
    const bridge = spanRule.bridge(snapshotSequence, buffered);
    return bridge.kind === 'waiting' ? { kind: 'bridged', from: buffered.length } : bridge;
  },
});
