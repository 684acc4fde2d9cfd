/**
 * Where a segment was left (a crash, a stop, an archive that took no more) and how to go on: what the
 * journal holds becomes a sealed block, and the hole since then is opened. The same for a start and
 * for a security whose records could not be written.
 */

import type { Archive, SegmentTail, OpenGap, Write } from '../archive/archive.ts';
import { checkRecord } from '../archive/record.ts';
import { decodeBlock } from '../codec/formats.ts';
import { LoggerError, RecordCorruptError, describeError } from '../errors.ts';
import { uniteBadReceiveTimes } from '../market/bad-receive-times.ts';
import type { BadReceiveTime } from '../market/bad-receive-times.ts';
import type { GapCause } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import type { MarketEvent } from '../market/events.ts';
import { finerScale, isSameScale, rescaleEvent } from '../market/scale.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/timing.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { RecorderLimits } from './limits.ts';
import { blockRecord } from './records.ts';
import type { WriteQueue } from './write-queue.ts';

export interface Recovered {
  /** The last segment; 0: there is none. */
  readonly epoch: number;
  /** The hole after it; null: there is no segment before it, so there is no hole. */
  readonly openGap: OpenGap | null;
  /** The latest time that anything stored speaks of. */
  readonly lastUs: number | null;
  /** How many messages of its journal were saved, where the last life ended without a word; else null. */
  readonly saved: number | null;
}

/** @throws ArchiveUnavailableError, ArchiveFullError */
export async function recoverSegment(
  archive: Archive,
  security: string,
  cause: GapCause,
  log: Log,
): Promise<Recovered> {
  const tail = await archive.tail(security);
  if (tail.epoch === 0) return { epoch: 0, openGap: null, lastUs: null, saved: null };
  const writes: Write[] = [];
  const { sequence, aliveUntilUs, saved } = sealJournal(tail, security, log, writes);
  let openGap = tail.openGap;
  const isCrash = openGap?.epoch !== tail.epoch;
  if (isCrash) {
    const start = await archive.segmentStart(security, tail.epoch - 1);
    const isSequenced = sequence !== null && start?.header.proof !== 'connection';
    openGap = {
      epoch: tail.epoch,
      fromUs: aliveUntilUs,
      cause,
      firstMissing: isSequenced ? sequence + 1 : null,
    };
    writes.push({ type: 'open-gap', security, gap: openGap });
  }
  if (writes.length > 0) await archive.commit(writes);
  return { epoch: tail.epoch, openGap, lastUs: tail.lastUs, saved: isCrash ? saved : null };
}

/**
 * As `recoverSegment`, once the archive takes records again and everything that waited for it is in.
 * @returns undefined once the signal aborts.
 */
export async function recoverWhenWritable(
  job: {
    readonly archive: Archive;
    readonly queue: WriteQueue;
    readonly clock: Clock;
    readonly limits: RecorderLimits;
    readonly log: Log;
    readonly signal: AbortSignal;
  },
  security: string,
): Promise<Recovered | undefined> {
  const { archive, queue, clock, limits, log, signal } = job;
  while (!signal.aborted) {
    await sleep(clock, limits.commitRetryMs, signal);
    const { isFailing, pendingBytes } = queue.status();
    // With nothing left to be tried, nobody but this would find out that it takes records again.
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

/** Journal pieces that follow one another without a hole become one block. */
function sealJournal(
  tail: SegmentTail,
  security: string,
  log: Log,
  writes: Write[],
): { readonly sequence: number | null; readonly aliveUntilUs: number; readonly saved: number } {
  const [first] = tail.journal;
  let sequence = tail.lastSequence;
  let aliveUntilUs = tail.aliveUntilUs ?? tail.lastUs ?? 0;
  if (!first) return { sequence, aliveUntilUs, saved: 0 };
  let events: MarketEvent[] = [];
  let scale: Scale | undefined;
  const bad: BadReceiveTime[] = [];
  for (const piece of tail.journal) {
    try {
      checkRecord(piece);
      const content = decodeBlock(piece.header.encoding, piece.body);
      if (piece.header.previousSequence !== (sequence ?? piece.header.previousSequence)) {
        throw new RecordCorruptError('A journal piece does not continue the one before it');
      }
      // The exchange may have begun to quote finer while the block was open.
      const from = scale ?? content.scale;
      const finest = finerScale(from, content.scale);
      if (!isSameScale(from, finest)) events = events.map((e) => rescaleEvent(e, from, finest));
      for (const event of content.events) events.push(rescaleEvent(event, content.scale, finest));
      scale = finest;
      sequence = piece.header.lastSequence;
      aliveUntilUs = Math.max(aliveUntilUs, piece.header.toUs);
      bad.push(...(piece.header.badReceiveTimes ?? []));
    } catch (error) {
      if (!(error instanceof RecordCorruptError)) throw error;
      // What came before is whole; from here on it is a hole like any other, whatever the mark says.
      log.error('A piece of the journal is damaged', { security, reason: error.message });
      aliveUntilUs = Math.min(piece.header.fromUs, aliveUntilUs);
      break;
    }
  }
  if (scale && events.length > 0) {
    const { level, feed, proof, epoch, writer, previousSequence, exchangeFromUs } = first.header;
    const segment = { security, level, feed, proof, epoch, writer };
    const content = { scale, previousSequence, events };
    const record = blockRecord(segment, content, exchangeFromUs, () =>
      uniteBadReceiveTimes(bad, DEFAULT_LIMITS.badReceiveTimesMax),
    );
    writes.push({ type: 'block', record });
  }
  return { sequence, aliveUntilUs, saved: events.length };
}
