/** What a recorder's state says to people: the book now, and the line in `list`. */

import type { OpenGap, SecurityTotals } from '../archive/archive.ts';
import type { BookView, RecordingState, SecurityStatus } from '../manager/control.ts';
import { formatBook, formatSequence } from '../reader/format.ts';
import type { BookAnswer, NoBookAnswer } from '../reader/answers.ts';
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
 * The hole in which the security is now; null: in none that is known. While stale the chain is still
 * open, and no record tells of a hole: it may yet turn out that nothing was missed.
 */
export function gapNow({
  chain,
  openGap,
  phase,
  wholeUntilUs,
}: Pick<SecurityRecorder, 'chain' | 'openGap' | 'phase' | 'wholeUntilUs'>): OpenGap | null {
  if (!chain) return openGap;
  if (phase !== 'stale') return null;
  const { epoch, proof } = chain.identity;
  return {
    epoch,
    fromUs: Math.max(wholeUntilUs, chain.lastDataUs),
    cause: 'connection',
    firstMissing: proof === 'sequence' ? chain.sequence + 1 : null,
  };
}

/** @param startedUs since when nothing is known, for a security that was never proven. */
export function bookNow(
  recorder: SecurityRecorder,
  nowUs: number,
  startedUs: number,
  { depth, level }: BookView = {},
): BookAnswer | NoBookAnswer {
  const { chain } = recorder;
  const security = recorder.security.id;
  if (!chain || recorder.phase !== 'live') {
    const gap = gapNow(recorder) ?? { fromUs: startedUs, cause: 'other' as const };
    return {
      security,
      state: 'gap',
      gap: { from: formatTimeUs(gap.fromUs), to: null, cause: gap.cause },
    };
  }
  return formatBook({
    header: chain.identity,
    book: chain.book,
    stand: chain.stand,
    depth,
    level,
    atUs: nowUs,
    clock: 'receive',
  });
}

export function statusOf(recorder: SecurityRecorder, totals: SecurityTotals): SecurityStatus {
  const { chain, exchange } = recorder;
  const bestPrice = (side: 'bid' | 'ask'): string | null => {
    const best = recorder.phase === 'live' ? chain?.book.best(side) : undefined;
    return best && chain ? formatScaled(best[0], chain.book.scale.priceExponent) : null;
  };
  const isInGap = recorder.openGap !== null;
  return {
    security: recorder.security.id,
    level: exchange.level,
    state: stateOf(recorder),
    feed: exchange.feed,
    proof: exchange.proof,
    sequence: chain ? formatSequence(chain.sequence, chain.identity.proof) : null,
    bestBid: bestPrice('bid'),
    bestAsk: bestPrice('ask'),
    lastMessageAge: recorder.tally.lastMessageAgeS(),
    messageRate: recorder.tally.messageRate(),
    gaps: totals.gaps + (isInGap ? 1 : 0),
    lastBaseImage: totals.lastImageUs === null ? null : formatTimeUs(totals.lastImageUs),
    storedBytes: totals.storedBytes,
    message: recorder.phase === 'live' ? null : recorder.message,
    selfCheck: recorder.selfCheck.figures(),
  };
}
