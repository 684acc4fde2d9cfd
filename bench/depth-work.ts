/** What a symbol's book must do in the benchmark: the snapshot of a recording, and the diffs after it. */

import type { Diff, Levels } from '../logger/market/events.ts';
import type { BookWork } from './peers/book-contest.ts';
import { binanceRecording } from './recordings.ts';
import type { LevelSnapshot } from './recordings.ts';

export interface DepthWork extends BookWork {
  readonly symbol: string;
  readonly diffs: readonly Diff[];
  /** The frame of each diff. */
  readonly frames: readonly Buffer[];
  /** undefined: the recording has none that its diffs continue, and the book starts empty. */
  readonly snapshot: LevelSnapshot | undefined;
  readonly levelChanges: number;
}

const NO_LEVELS: Levels = [];

export function depthWork(symbol: string, files: readonly string[]): DepthWork {
  const read: { readonly diff: Diff; readonly raw: string }[] = [];
  let found: LevelSnapshot | undefined;
  for (const file of files) {
    for (const { event, raw, snapshot } of binanceRecording(file)) {
      found ??= snapshot;
      if (event?.type === 'diff') read.push({ diff: event, raw });
    }
  }
  const snapshot = found && read.some(({ diff }) => bridges(diff, found)) ? found : undefined;
  const used = read.filter(({ diff }) => !snapshot || diff.lastSequence > snapshot.sequence);
  const diffs = used.map(({ diff }) => diff);
  return {
    symbol,
    diffs,
    frames: used.map(({ raw }) => Buffer.from(raw)),
    snapshot,
    bids: snapshot?.bids ?? NO_LEVELS,
    asks: snapshot?.asks ?? NO_LEVELS,
    levelChanges: diffs.reduce((sum, { bids, asks }) => sum + (bids.length + asks.length) / 2, 0),
  };
}

function bridges({ firstSequence, lastSequence }: Diff, { sequence }: LevelSnapshot): boolean {
  return firstSequence <= sequence + 1 && lastSequence > sequence;
}
