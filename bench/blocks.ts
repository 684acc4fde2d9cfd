/** Recorded frames and their events, cut into blocks as a recorder would. */

import type { BlockContent } from '../logger/codec/codec.ts';
import type { MarketEvent } from '../logger/market/events.ts';
import { binanceRecording, RECORDING_SCALE } from './recordings.ts';

const BLOCK_US = 60_000_000;

export interface RecordedBlock {
  readonly content: BlockContent;
  /** The frames of its events, as they were sent. */
  readonly frames: readonly string[];
  readonly levelChanges: number;
  readonly trades: number;
}

/** Cuts a recording into self-contained blocks of 60 s, or of so many level changes where that is sooner. */
export function recordedBlocks(
  file: string,
  maxLevelChanges = Number.POSITIVE_INFINITY,
): RecordedBlock[] {
  const blocks: RecordedBlock[] = [];
  let events: MarketEvent[] = [];
  let frames: string[] = [];
  let sequence: number | undefined;
  let changes = 0;
  const seal = (): void => {
    blocks.push(blockOf(events, frames, sequence ?? 0));
    sequence = lastSequence(events) ?? sequence;
    events = [];
    frames = [];
    changes = 0;
  };
  for (const { event, raw } of binanceRecording(file)) {
    if (event === undefined) continue;
    const first = events[0];
    const isOld = first !== undefined && event.receiveTimeUs - first.receiveTimeUs >= BLOCK_US;
    if (isOld || changes >= maxLevelChanges) seal();
    if (event.type === 'diff') {
      sequence ??= event.firstSequence - 1;
      changes += (event.bids.length + event.asks.length) / 2;
    }
    events.push(event);
    frames.push(raw);
  }
  seal();
  return blocks;
}

/** The same block without its trades. */
export function withoutTrades(content: BlockContent): BlockContent {
  return { ...content, events: content.events.filter((event) => event.type === 'diff') };
}

function blockOf(events: MarketEvent[], frames: string[], previousSequence: number): RecordedBlock {
  let levelChanges = 0;
  let trades = 0;
  for (const event of events) {
    if (event.type === 'trade') trades++;
    else if (event.type === 'diff') levelChanges += (event.bids.length + event.asks.length) / 2;
  }
  const content: BlockContent = { scale: RECORDING_SCALE, previousSequence, events };
  return { content, frames, levelChanges, trades };
}

function lastSequence(events: readonly MarketEvent[]): number | undefined {
  return events.findLast((event) => event.type === 'diff')?.lastSequence;
}
