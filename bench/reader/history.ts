/**
 * A long history of a busy security in an embedded archive: the Binance recordings over and over, with
 * shifted times, sequences and trade ids, through the recorder's own segment, codec and commits. After
 * each round some diffs lead from the last book back to the first one, so that it is one segment.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Archive, Write } from '../../logger/archive/archive.ts';
import { TwoSidedBook } from '../../logger/book/two-sided-book.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import type { Diff, Levels, Trade } from '../../logger/market/events.ts';
import { DEFAULT_LIMITS } from '../../logger/recorder/limits.ts';
import { Segment } from '../../logger/recorder/segment/segment.ts';
import { BINANCE_FILES, binanceRecording } from '../recordings.ts';
import type { LevelSnapshot } from '../recordings.ts';

export const SECURITY = 'binance:BTCUSDT';
const IMAGE_INTERVAL_MS = 1_800_000;
const SECOND_US = 1_000_000;
/** Of the diffs that lead back to the first book. */
const CHANGES_PER_DIFF = 100;
const DIFF_INTERVAL_US = 100_000;
const EVENTS_PER_TURN = 2000;

/** One round: what a recorder of these streams would have taken in. */
export interface Round {
  readonly start: LevelSnapshot & { readonly exchangeTimeUs: number };
  readonly events: readonly (Diff | Trade)[];
  readonly levelChanges: number;
  /** The frames of its recorded diffs and trades. */
  readonly frames: readonly string[];
  /** From one round to the next. */
  readonly spanUs: number;
  readonly spanSequences: number;
  readonly spanTrades: number;
}

export function recordedRound(): Round {
  const events: (Diff | Trade)[] = [];
  const frames: string[] = [];
  let start: LevelSnapshot | undefined;
  for (const { event, snapshot, raw } of BINANCE_FILES.flatMap((file) => [
    ...binanceRecording(file),
  ])) {
    start ??= snapshot;
    if (event === undefined) continue;
    const isBefore = event.type === 'diff' && event.lastSequence <= (start?.sequence ?? Infinity);
    if (isBefore) continue;
    events.push(event);
    frames.push(raw);
  }
  if (start === undefined) throw new Error('The recordings hold no snapshot');
  const first = events.find((event) => event.type === 'diff');
  const exchangeTimeUs = (first?.exchangeTimeUs ?? 0) - DIFF_INTERVAL_US;
  const from = { ...start, exchangeTimeUs };
  const recorded = events.slice(events.indexOf(first as Diff));
  recorded[0] = { ...(first as Diff), firstSequence: start.sequence + 1 };
  return roundOf(from, recorded, frames);
}

function roundOf(
  start: Round['start'],
  recorded: readonly (Diff | Trade)[],
  frames: readonly string[],
): Round {
  const events = [...recorded, ...wayBack(start, recorded)];
  const diffs = events.filter((event) => event.type === 'diff');
  const trades = events.filter((event) => event.type === 'trade');
  const [lastDiff, lastTrade] = [diffs.at(-1) as Diff, trades.at(-1) as Trade];
  const spanUs =
    Math.ceil((lastDiff.receiveTimeUs - start.receiveTimeUs) / SECOND_US + 1) * SECOND_US;
  return {
    start,
    events,
    frames,
    levelChanges: diffs.reduce((sum, { bids, asks }) => sum + (bids.length + asks.length) / 2, 0),
    spanUs,
    spanSequences: lastDiff.lastSequence - start.sequence,
    spanTrades: Number(lastTrade.tradeId) - Number(trades[0]?.tradeId) + 1,
  };
}

/** Diffs from the book after the recording to the one before it. */
function wayBack(start: Round['start'], recorded: readonly (Diff | Trade)[]): Diff[] {
  const book = TwoSidedBook.fromImage(start);
  for (const event of recorded) if (event.type === 'diff') book.apply(event);
  const bids = changesBetween(book.levels('bid'), start.bids);
  const asks = changesBetween(book.levels('ask'), start.asks);
  const last = recorded.findLast((event) => event.type === 'diff') as Diff;
  const diffs: Diff[] = [];
  for (let at = 0; at < Math.max(bids.length, asks.length); at += CHANGES_PER_DIFF) {
    const number = diffs.length + 1;
    diffs.push({
      type: 'diff',
      firstSequence: last.lastSequence + number,
      lastSequence: last.lastSequence + number,
      exchangeTimeUs: last.exchangeTimeUs + number * DIFF_INTERVAL_US,
      receiveTimeUs: last.receiveTimeUs + number * DIFF_INTERVAL_US,
      bids: bids.slice(at, at + CHANGES_PER_DIFF),
      asks: asks.slice(at, at + CHANGES_PER_DIFF),
    });
  }
  return diffs;
}

function changesBetween(from: Levels, to: Levels): ScaledInt[] {
  const sizes = new Map<ScaledInt, ScaledInt>();
  for (let i = 0; i < to.length; i += 2) sizes.set(to[i] as ScaledInt, to[i + 1] as ScaledInt);
  const changes: ScaledInt[] = [];
  for (let i = 0; i < from.length; i += 2) {
    const [price, size] = [from[i] as ScaledInt, from[i + 1] as ScaledInt];
    const wanted = sizes.get(price);
    if (wanted !== size) changes.push(price, wanted ?? 0);
    sizes.delete(price);
  }
  for (const [price, size] of sizes) changes.push(price, size);
  return changes;
}

/** The events of a round, as they are in the history. */
export function* eventsOf(round: Round, number: number): Generator<Diff | Trade> {
  const shiftUs = number * round.spanUs;
  for (const event of round.events) {
    const times = {
      exchangeTimeUs: event.exchangeTimeUs + shiftUs,
      receiveTimeUs: event.receiveTimeUs + shiftUs,
    };
    if (event.type === 'trade') {
      const tradeId = Number(event.tradeId) + number * round.spanTrades;
      yield { ...event, ...times, eventTimeUs: event.eventTimeUs + shiftUs, tradeId };
    } else {
      const shift = number * round.spanSequences;
      const { firstSequence, lastSequence } = event;
      yield {
        ...event,
        ...times,
        firstSequence: firstSequence + shift,
        lastSequence: lastSequence + shift,
      };
    }
  }
}

/** Writes rounds one after another, as a recorder seals them, until the history is that long. */
export async function buildHistory(archive: Archive, round: Round, spanUs: number): Promise<void> {
  const { start } = round;
  const segment = new Segment(
    {
      security: SECURITY,
      level: 'L2',
      feed: 'diff',
      proof: 'sequence',
      epoch: 1,
      writer: 'bench',
    },
    { ...start, book: TwoSidedBook.fromImage(start) },
    {
      limits: DEFAULT_LIMITS,
      imageIntervalMs: IMAGE_INTERVAL_MS,
      receiveTimes: { defectsBetween: () => [] },
      monotonicMs: 0,
      onNews: () => undefined,
    },
  );
  const state = { security: SECURITY, wanted: true, feed: 'diff' };
  const first: Write[] = [{ type: 'security', state }, ...segment.begin('start', undefined, 0)];
  await archive.commit(first);
  let count = 0;
  for (let number = 0; number * round.spanUs < spanUs; number++) {
    for (const event of eventsOf(round, number)) {
      if (event.type === 'trade') segment.addSideEvent(event);
      else segment.apply(event);
      const writes = segment.seal((event.receiveTimeUs - start.receiveTimeUs) / 1000);
      if (writes === 'stuck') throw new Error('No diff among so many trades');
      if (writes.length > 0) await archive.commit(writes);
      if (++count % EVENTS_PER_TURN === 0) await nextTurn();
    }
  }
  await archive.commit(segment.end());
}
