/** What a recorder's state says to people: the book now, and the line in `list`. */

import type { OpenGap, SecurityTotals } from '../archive/archive.ts';
import type { BookView, RecordingState, SecurityStatus } from '../status/control.ts';
import { formatBook, formatSequence } from '../queries/format.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import { formatScaled } from '../market/decimal.ts';
import { formatTimeUs } from '../market/time.ts';
import type { SecurityRecorder } from './security-recorder.ts';

export function stateOf(recorder: SecurityRecorder): RecordingState {
  switch (recorder.phase) {
    case 'live':
    case 'stale':
    case 'failed':
      return recorder.phase;
    case 'starting':
    case 'syncing':
    case 'closed':
      return 'syncing';
  }
}

/**
 * The hole in which the security is now; null: in none that is known. While stale the segment is still
 * open, and no record tells of a hole: it may yet turn out that nothing was missed.
 */
export function gapNow({
  segment,
  openGap,
  phase,
  aliveUntilUs,
}: Pick<SecurityRecorder, 'segment' | 'openGap' | 'phase' | 'aliveUntilUs'>): OpenGap | null {
  if (!segment) return openGap;
  if (phase !== 'stale') return null;
  const { epoch, proof } = segment.identity;
  return {
    epoch,
    fromUs: Math.max(aliveUntilUs, segment.lastDataUs),
    cause: 'connection',
    firstMissing: proof === 'sequence' ? segment.sequence + 1 : null,
  };
}

/** @param startedUs since when nothing is known, for a security that was never proven. */
export function bookNow(
  recorder: SecurityRecorder,
  nowUs: number,
  startedUs: number,
  { depth, level }: BookView = {},
): BookResult | NoBookResult {
  const { segment } = recorder;
  const security = recorder.security.id;
  if (!segment || recorder.phase !== 'live') {
    const gap = gapNow(recorder) ?? { fromUs: startedUs, cause: 'other' as const };
    return {
      security,
      state: 'gap',
      gap: { from: formatTimeUs(gap.fromUs), to: null, cause: gap.cause },
    };
  }
  return formatBook({
    header: segment.identity,
    book: segment.book,
    stand: segment.stand,
    depth,
    level,
    atUs: nowUs,
    clock: 'receive',
  });
}

export function statusOf(recorder: SecurityRecorder, totals: SecurityTotals): SecurityStatus {
  const { segment, exchange } = recorder;
  const bestPrice = (side: 'bid' | 'ask'): string | null => {
    const best = recorder.phase === 'live' ? segment?.book.best(side) : undefined;
    return best && segment ? formatScaled(best[0], segment.book.scale.priceExponent) : null;
  };
  const isInGap = recorder.openGap !== null;
  return {
    security: recorder.security.id,
    level: exchange.level,
    state: stateOf(recorder),
    feed: exchange.feed,
    proof: exchange.proof,
    sequence: segment ? formatSequence(segment.sequence, segment.identity.proof) : null,
    bestBid: bestPrice('bid'),
    bestAsk: bestPrice('ask'),
    lastMessageAge: recorder.stats.lastMessageAgeS(),
    messageRate: recorder.stats.messageRate(),
    gaps: totals.gaps + (isInGap ? 1 : 0),
    lastBaseImage: totals.lastImageUs === null ? null : formatTimeUs(totals.lastImageUs),
    storedBytes: totals.storedBytes,
    message: recorder.phase === 'live' ? null : recorder.message,
    selfCheck: recorder.selfCheck.figures(),
  };
}
