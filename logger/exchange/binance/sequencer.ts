/**
 * Binance spot's sequence rule, pure. In our own words, after "How to manage a local order book
 * correctly" (https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams, text as
 * corrected by the exchange on 2025-11-12; facts gathered 2026-11-20):
 *
 * 1. Open the diff stream and buffer it; remember the first update id `U0` of the first diff.
 * 2. Ask for the snapshot; its `lastUpdateId` is `L`.
 * 3. `L < U0`: the snapshot is too old. Ask again, keep buffering.
 * 4. Drop buffered diffs that end at or before `L`. The first one left must span the snapshot: it
 *    begins at or before `L + 1` and ends after `L`.
 * 5. The book is the snapshot, at `L`; then the diffs that are left, in order.
 * 6. From then on, for every diff: if it ends at or before the book's id, ignore it. If it begins
 *    after the id + 1, updates are missing: start over. Otherwise apply it; the book's id is its last id.
 *
 * Where the page is, or was, wrong: its older text, still quoted widely, restarts on `U > id`, which
 * every good diff fulfils (`U == id + 1`); the right condition is `U > id + 1`. Step 3 is stricter
 * than it needs to be: `L == U0 - 1` joins without a gap, so it bridges here.
 *
 * Decided here: a snapshot with `lastUpdateId` -1 (a new symbol without any update yet) has no place
 * in the sequence, so nothing bridges it, not even a diff that begins at 0. It waits for the first
 * diff, and is then too old by step 3: the next snapshot has a real id. An overlap (a diff that
 * begins before the book's id and ends after it) is applied, since sizes are absolute.
 *
 * Futures use another rule (`pu`); do not use this one there.
 */

import type { UpdateHead } from '../../market/events.ts';
import type { Bridge, SequenceRule } from '../exchange.ts';
import { spanRule } from '../span-rule.ts';

export const binanceRule: SequenceRule = Object.freeze({
  ...spanRule,

  bridge(snapshotSequence: number, buffered: readonly UpdateHead[]): Bridge {
    if (snapshotSequence < 0 && buffered.length > 0) return { kind: 'too-old' };
    return spanRule.bridge(snapshotSequence, buffered);
  },
});
