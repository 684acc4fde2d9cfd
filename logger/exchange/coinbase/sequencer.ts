/**
 * Coinbase's sequence rules, pure.
 *
 * `full`, in our own words after "Full channel" and "Sequence numbers"
 * (https://docs.cdp.coinbase.com/exchange/docs/websocket-channels, gathered 2026-11-20):
 *
 * 1. Subscribe and buffer a product's messages; remember the first sequence `S0`.
 * 2. Ask for the level-3 book; its sequence is `N`. `N < S0 - 1`: too old, ask again.
 * 3. Drop what is buffered up to and including `N`; the first message kept must be `N + 1`. The book
 *    may be ahead of the socket by dozens of messages: then wait until the socket passes it.
 * 4. From then on, for every message: apply the next sequence and drop one that was seen. A later one
 *    means that messages are missing: start over from 2, for this product alone.
 *
 * Every message of the channel has a sequence of its own and none is left out, so this is the span
 * rule with spans of one. That holds for `full` alone: on `matches` and `ticker` sequences jump.
 *
 * `level2_batch` has no sequence: see `connection-rule.ts`.
 */

import type { SequenceRule } from '../exchange.ts';
import { spanRule } from '../span-rule.ts';

export const fullRule: SequenceRule = spanRule;
