/**
 * Recovers a security whose last segment was left behind (a crash, a stop, an archive that took no
 * more): seals its journal into a block and opens the gap since then. The same at a start and for a
 * security whose records could not be written.
 */

import type { Archive, SegmentTail, OpenGap, Write } from '../../archive/archive.ts';
import { checkRecord } from '../../archive/record.ts';
import type { BlockContent } from '../../codec/codec.ts';
import { decodeBlock } from '../../codec/formats.ts';
import {
  ArchiveUnavailableError,
  LoggerError,
  RecordCorruptError,
  describeError,
} from '../../errors.ts';
import { mergeBadReceiveTimes } from '../../market/bad-receive-times.ts';
import type { BadReceiveTime } from '../../market/bad-receive-times.ts';
import type { GapCause } from '../../market/coverage.ts';
import { isBookUpdate } from '../../market/events.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { sleep } from '../../runtime/timing.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { RecorderLimits } from '../limits.ts';
import { joinParts } from './joined-parts.ts';
import { blockRecord } from './records.ts';
import type { WriteQueue } from '../write-queue.ts';

export interface Recovered {
  /** The last segment; 0: there is none. */
  readonly epoch: number;
  /** The gap after it; null: there is no segment. */
  readonly openGap: OpenGap | null;
  /** The latest time of any record or mark. */
  readonly lastUs: number | null;
  /** Messages recovered from its journal; null: the last process stopped cleanly. */
  readonly recoveredEvents: number | null;
}

/** @throws ArchiveUnavailableError, ArchiveFullError */
export async function recoverSegment(
  archive: Archive,
  security: string,
  cause: GapCause,
  log: Log,
): Promise<Recovered> {
  const tail = await archive.tail(security);
  if (tail.epoch === 0) return { epoch: 0, openGap: null, lastUs: null, recoveredEvents: null };
  const writes: Write[] = [];
  const { sequence, aliveUntilUs, events } = sealJournal(tail, security, log, writes);
  let openGap = tail.openGap;
  const isCrash = openGap?.epoch !== tail.epoch;
  if (isCrash) {
    const isKnown = sequence !== null && (await isSequenced(archive, security, tail));
    const firstMissing = isKnown ? sequence + 1 : null;
    openGap = { epoch: tail.epoch, fromUs: aliveUntilUs, cause, firstMissing };
    writes.push({ type: 'open-gap', security, gap: openGap });
  }
  if (writes.length > 0) await archive.commit(writes);
  const recoveredEvents = isCrash ? events : null;
  return { epoch: tail.epoch, openGap, lastUs: tail.lastUs, recoveredEvents };
}

/** Whether the last segment has the exchange's sequences; false also where that can't be known now. */
async function isSequenced(
  archive: Archive,
  security: string,
  { epoch, journal }: SegmentTail,
): Promise<boolean> {
  const [part] = journal;
  if (part) return part.header.proof !== 'connection';
  try {
    const start = await archive.segmentStart(security, epoch - 1);
    return start?.header.proof !== 'connection';
  } catch (error) {
    // Its records are in a store that is away: nothing may wait for that one.
    if (error instanceof ArchiveUnavailableError) return false;
    throw error;
  }
}

/**
 * Like `recoverSegment`, once the archive takes records again and all that waited for it is stored.
 * @returns undefined once the signal aborts.
 */
export async function recoverWhenWritable(
  deps: {
    readonly archive: Archive;
    readonly queue: WriteQueue;
    readonly clock: Clock;
    readonly limits: RecorderLimits;
    readonly log: Log;
    readonly signal: AbortSignal;
  },
  security: string,
): Promise<Recovered | undefined> {
  const { archive, queue, clock, limits, log, signal } = deps;
  while (!signal.aborted) {
    await sleep(clock, limits.commitRetryMs, signal);
    const { isFailing, pendingBytes } = queue.status();
    // With nothing pending, only this attempt finds out that the archive works again.
    if (signal.aborted || (isFailing && pendingBytes > 0)) continue;
    await queue.drained();
    try {
      return await recoverSegment(archive, security, 'other', log);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      log.warning('The archive still fails', { reason: describeError(error) });
    }
  }
  return undefined;
}

interface SegmentEnd {
  readonly sequence: number | null;
  readonly aliveUntilUs: number;
  /** Messages in the sealed journal. */
  readonly events: number;
}

/** Seals journal parts that follow one another without a gap into one block. */
function sealJournal(tail: SegmentTail, security: string, log: Log, writes: Write[]): SegmentEnd {
  const [first] = tail.journal;
  let sequence = tail.lastSequence;
  let aliveUntilUs = tail.aliveUntilUs ?? tail.lastUs ?? 0;
  if (!first) return { sequence, aliveUntilUs, events: 0 };
  const contents: BlockContent[] = [];
  const bad: BadReceiveTime[] = [];
  for (const part of tail.journal) {
    try {
      checkRecord(part);
      const content = decodeBlock(part.header.encoding, part.body);
      if (part.header.previousSequence !== (sequence ?? part.header.previousSequence)) {
        throw new RecordCorruptError('A journal part does not continue the one before it');
      }
      contents.push(content);
      sequence = part.header.lastSequence;
      // Trades prove nothing about the book.
      const last = content.events.findLast(isBookUpdate);
      aliveUntilUs = Math.max(aliveUntilUs, last?.receiveTimeUs ?? 0);
      bad.push(...(part.header.badReceiveTimes ?? []));
    } catch (error) {
      if (!(error instanceof RecordCorruptError)) throw error;
      // What came before is intact; from here on it is a gap, even if the mark is later.
      log.error('A journal part is damaged', { security, reason: error.message });
      aliveUntilUs = Math.min(part.header.fromUs, aliveUntilUs);
      break;
    }
  }
  if (contents.length === 0) return { sequence, aliveUntilUs, events: 0 };
  const content = joinParts(contents);
  if (content.events.length > 0) {
    const { level, feed, proof, windowed, epoch, writer, exchangeFromUs } = first.header;
    const segment = { security, level, feed, proof, ...(windowed && { windowed }), epoch, writer };
    const record = blockRecord(segment, content, exchangeFromUs, () =>
      mergeBadReceiveTimes(bad, DEFAULT_LIMITS.maxBadReceiveTimes),
    );
    writes.push({ type: 'block', record });
  }
  return { sequence, aliveUntilUs, events: content.events.length };
}
