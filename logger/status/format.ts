/** The state of a recorder as text: its line in `list`, and its book now. */

import type { SecurityTotals } from '../archive/archive.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { LiveSegment, RecorderPhase } from '../live/events.ts';
import type { GapCause } from '../market/coverage.ts';
import type { Security } from '../market/security.ts';
import { formatTimeUs } from '../market/time.ts';
import { formatBestPrice, formatBook, formatSequence } from '../queries/format.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import type { BookView } from './control.ts';
import type { RecordingState, SecurityStatus, SelfCheckFigures } from './security-status.ts';

/** A recorder, as far as its state is shown. */
export interface RecorderView {
  readonly security: Security;
  readonly exchange: Pick<Exchange, 'level' | 'feed' | 'proof' | 'isWindowed'>;
  readonly phase: RecorderPhase;
  readonly message: string | null;
  readonly segment: LiveSegment | undefined;
  /** The gap that no segment has closed yet. */
  readonly openGap: object | null;
  /** The gap in which the security is now, known to the archive or not. */
  readonly currentGap: { readonly fromUs: number; readonly cause: GapCause } | null;
}

/** Figures of a recording that its recorder does not have. */
export interface StatusFigures {
  readonly lastMessageAge: number | null;
  readonly messageRate: number;
  readonly selfCheck: SelfCheckFigures;
  readonly totals: SecurityTotals;
}

export function stateOf({ phase }: { readonly phase: RecorderPhase }): RecordingState {
  switch (phase) {
    case 'live':
    case 'stale':
    case 'failed':
      return phase;
    case 'starting':
    case 'syncing':
    case 'closed':
      return 'syncing';
  }
}

/** @param startedUs where the gap begins for a security that was never proven. */
export function formatBookNow(
  recorder: RecorderView,
  nowUs: number,
  startedUs: number,
  { depth, level }: BookView = {},
): BookResult | NoBookResult {
  const { segment } = recorder;
  if (!segment || recorder.phase !== 'live') {
    const { fromUs, cause } = recorder.currentGap ?? { fromUs: startedUs, cause: 'other' };
    return {
      security: recorder.security.id,
      state: 'gap',
      gap: { from: formatTimeUs(fromUs), to: null, cause },
    };
  }
  return formatBook({
    header: segment.identity,
    book: segment.book,
    position: segment,
    depth,
    level,
    atUs: nowUs,
    clock: 'receive',
  });
}

export function formatStatus(recorder: RecorderView, figures: StatusFigures): SecurityStatus {
  const { security, exchange, segment } = recorder;
  const { totals, lastMessageAge, messageRate, selfCheck } = figures;
  const isLive = recorder.phase === 'live';
  const bestPrice = (side: 'bid' | 'ask'): string | null => {
    return isLive && segment ? formatBestPrice(segment, side) : null;
  };
  return {
    security: security.id,
    level: exchange.level,
    state: stateOf(recorder),
    feed: exchange.feed,
    proof: exchange.proof,
    ...(exchange.isWindowed === true && { windowed: true }),
    ...(segment?.identity.contract && { contract: segment.identity.contract }),
    sequence: segment ? formatSequence(segment.sequence, segment.identity.proof) : null,
    bestBid: bestPrice('bid'),
    bestAsk: bestPrice('ask'),
    lastMessageAge,
    messageRate,
    gaps: totals.gaps + (recorder.openGap === null ? 0 : 1),
    lastBaseImage: totals.lastImageUs === null ? null : formatTimeUs(totals.lastImageUs),
    storedBytes: totals.storedBytes,
    message: isLive ? null : recorder.message,
    selfCheck,
  };
}
