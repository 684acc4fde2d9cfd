/** A recorder's state in numbers, for the metrics. */

import type { SecurityTotals } from '../archive/archive.ts';
import type { SecurityFigures } from '../status/figures.ts';
import { stateOf } from './live-book.ts';
import type { SecurityRecorder } from './security-recorder.ts';

export function figuresOf(recorder: SecurityRecorder, totals: SecurityTotals): SecurityFigures {
  const { stats } = recorder;
  return {
    security: recorder.security.id,
    exchange: recorder.security.exchange,
    state: stateOf(recorder),
    messages: stats.messages,
    latency: stats.latency,
    gapsByCause: stats.gapsByCause,
    resyncs: stats.resyncs,
    selfCheck: recorder.selfCheck.figures(),
    lastMessageUs: stats.lastMessageUs,
    queuedEvents: recorder.queuedEvents,
    bidHorizonRatio: horizonRatio(recorder, 'bid'),
    askHorizonRatio: horizonRatio(recorder, 'ask'),
    lastImageUs: totals.lastImageUs,
    storedBytes: totals.storedBytes,
    storedGaps: totals.gaps + (recorder.openGap === null ? 0 : 1),
  };
}

/** A price alone says nothing on a dashboard of many securities; a share of the best price does. */
function horizonRatio(recorder: SecurityRecorder, side: 'bid' | 'ask'): number | null {
  const { segment } = recorder;
  const edge = segment?.horizon[side];
  const best = recorder.phase === 'live' ? segment?.book.best(side)?.[0] : undefined;
  if (edge === undefined || edge === null || best === undefined) return null;
  // A figure for a screen: here, and only here, a rounding is of no consequence.
  const away = side === 'bid' ? Number(best) - Number(edge) : Number(edge) - Number(best);
  return away / Number(best);
}
