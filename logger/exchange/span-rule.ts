/**
 * The rule of continuity for updates that name the sequences they cover, and for a snapshot at one of
 * them. Pure. The exchanges' rules build on it.
 */

import type { UpdateHead } from '../market/events.ts';
import type { Bridge, SequenceRule } from './exchange.ts';

export const spanRule: SequenceRule = Object.freeze({
  follow(lastSequence: number, update: UpdateHead): 'apply' | 'ignore' | 'gap' {
    if (update.lastSequence <= lastSequence) return 'ignore';
    return update.firstSequence > lastSequence + 1 ? 'gap' : 'apply';
  },

  bridge(snapshotSequence: number, buffered: readonly UpdateHead[]): Bridge {
    const from = buffered.findIndex((update) => update.lastSequence > snapshotSequence);
    const first = buffered[from];
    if (!first) return { kind: 'waiting' };
    if (first.firstSequence > snapshotSequence + 1) {
      // Updates before it end at or before the snapshot, so the gap lies inside the buffer; without
      // any, the snapshot is older than everything buffered.
      return from === 0 ? { kind: 'too-old' } : { kind: 'gap', from: lastGap(buffered, from) };
    }
    const gap = lastGap(buffered, from);
    return gap === from ? { kind: 'bridged', from } : { kind: 'gap', from: gap };
  },
});

/**
 * The index of the first update after the last gap, looking from `start` on; `start` itself where no
 * gap follows. Gaps before the bridge don't matter: the snapshot holds what was missing.
 */
function lastGap(buffered: readonly UpdateHead[], start: number): number {
  let gap = start;
  let lastSequence = buffered[start]?.lastSequence ?? 0;
  for (let i = start + 1; i < buffered.length; i++) {
    const update = buffered[i];
    if (!update || update.lastSequence <= lastSequence) continue;
    if (update.firstSequence > lastSequence + 1) gap = i;
    lastSequence = update.lastSequence;
  }
  return gap;
}
