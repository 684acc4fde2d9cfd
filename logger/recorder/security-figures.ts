/** The figures of one recording, for the metrics. */

import type { SecurityTotals } from '../archive/archive.ts';
import type { SecurityFigures } from '../status/figures.ts';
import { stateOf } from '../status/format.ts';
import type { Recording } from './recording.ts';
import type { SecurityRecorder } from './security-recorder.ts';

export function securityFigures(recording: Recording, totals: SecurityTotals): SecurityFigures {
  const { recorder, stats, selfCheck } = recording;
  return {
    security: recorder.security.id,
    exchange: recorder.security.exchange,
    state: stateOf(recorder),
    messages: stats.messages,
    latency: stats.latency,
    gapsByCause: stats.gapsByCause,
    resyncs: stats.resyncs,
    selfCheck: selfCheck.figures(),
    lastMessageUs: stats.lastMessageUs,
    queuedEvents: recorder.queuedEvents,
    bidHorizonRatio: horizonRatio(recorder, 'bid'),
    askHorizonRatio: horizonRatio(recorder, 'ask'),
    lastImageUs: totals.lastImageUs,
    storedBytes: totals.storedBytes,
    storedGaps: totals.gaps + (recorder.openGap === null ? 0 : 1),
  };
}

/** As a share of the best price: a dashboard of many securities can't compare prices. */
function horizonRatio(recorder: SecurityRecorder, side: 'bid' | 'ask'): number | null {
  const { segment } = recorder;
  const horizon = segment?.horizon[side];
  const best = recorder.phase === 'live' ? segment?.book.best(side)?.[0] : undefined;
  if (horizon === undefined || horizon === null || best === undefined) return null;
  // Rounded, for a screen: nothing is computed from it.
  const distance = side === 'bid' ? Number(best) - Number(horizon) : Number(horizon) - Number(best);
  return distance / Number(best);
}
