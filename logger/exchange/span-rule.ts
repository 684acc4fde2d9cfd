/**
 * The rule of continuity for messages that say which sequences they cover, and for a snapshot that
 * stands at one of them. Pure. Exchanges' own rules are this one, with what is theirs beside it.
 */

import type { UpdateHead } from '../market/events.ts';
import type { Bridge, SequenceRule } from './exchange.ts';

export const spanRule: SequenceRule = Object.freeze({
  follow(lastSequence: number, step: UpdateHead): 'apply' | 'ignore' | 'gap' {
    if (step.lastSequence <= lastSequence) return 'ignore';
    return step.firstSequence > lastSequence + 1 ? 'gap' : 'apply';
  },

  bridge(snapshotSequence: number, buffered: readonly UpdateHead[]): Bridge {
    const from = buffered.findIndex((step) => step.lastSequence > snapshotSequence);
    const first = buffered[from];
    if (!first) return { kind: 'waiting' };
    if (first.firstSequence > snapshotSequence + 1) {
      // Steps before it end at or before the snapshot, so what is missing lies inside the buffer;
      // without any, the snapshot is older than all that we have.
      return from === 0 ? { kind: 'too-old' } : { kind: 'hole', from: lastHole(buffered, from) };
    }
    const hole = lastHole(buffered, from);
    return hole === from ? { kind: 'bridged', from } : { kind: 'hole', from: hole };
  },
});

/**
 * Where the last stretch without a hole begins, looking from `start` on; `start` itself where there
 * is none after it. Holes before the step that spans the snapshot don't matter: the snapshot holds
 * what was missing.
 */
function lastHole(buffered: readonly UpdateHead[], start: number): number {
  let hole = start;
  let lastSequence = buffered[start]?.lastSequence ?? 0;
  for (let i = start + 1; i < buffered.length; i++) {
    const step = buffered[i];
    if (!step || step.lastSequence <= lastSequence) continue;
    if (step.firstSequence > lastSequence + 1) hole = i;
    lastSequence = step.lastSequence;
  }
  return hole;
}
