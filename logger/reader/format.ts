/** Books, gaps and intervals in the JSON shapes of `answers.ts`. Pure; the one place that formats. */

import type { Gap, GapCause, Interval, Proof } from '../market/coverage.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { formatScaled } from '../market/decimal.ts';
import type { BookImage, Horizon, Levels } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';
import { formatTimeUs } from '../market/time.ts';
import type { BookAnswer, GapAnswer, IntervalAnswer, LevelRow, NoBookAnswer } from './answers.ts';

export interface BookToFormat {
  readonly header: {
    readonly security: string;
    readonly level: BookLevel;
    readonly proof: Proof;
  };
  readonly image: BookImage;
  readonly atUs: number;
  readonly clock: ClockName;
}

export function formatBook({ header, image, atUs, clock }: BookToFormat): BookAnswer {
  return {
    security: header.security,
    level: header.level,
    at: formatTimeUs(atUs),
    clock,
    sequence: formatSequence(image.sequence, header.proof),
    exchangeTime: formatTimeUs(image.exchangeTimeUs),
    receiveTime: formatTimeUs(image.receiveTimeUs),
    state: 'proven',
    proof: header.proof,
    horizon: formatHorizon(image.horizon, image.scale),
    bids: formatLevels(image.bids, image.scale),
    asks: formatLevels(image.asks, image.scale),
  };
}

/** Where the exchange numbers nothing, the archive's own count of messages is nobody's business. */
export function formatSequence(sequence: number, proof: Proof): string | null {
  return proof === 'sequence' ? String(sequence) : null;
}

export function formatHorizon(
  horizon: Horizon,
  scale: Scale,
): { readonly bid: string | null; readonly ask: string | null } {
  const price = (value: ScaledInt | null): string | null =>
    value === null ? null : formatScaled(value, scale.priceExponent);
  return { bid: price(horizon.bid), ask: price(horizon.ask) };
}

/** In the order given. */
export function formatLevels(levels: Levels, scale: Scale): LevelRow[] {
  const rows: LevelRow[] = [];
  for (let i = 0; i + 1 < levels.length; i += 2) {
    rows.push([
      formatScaled(levels[i] as ScaledInt, scale.priceExponent),
      formatScaled(levels[i + 1] as ScaledInt, scale.sizeExponent),
    ]);
  }
  return rows;
}

export function formatGap(gap: Gap): GapAnswer {
  return {
    from: formatTimeUs(gap.fromUs),
    to: gap.toUs === null ? null : formatTimeUs(gap.toUs),
    cause: gap.cause,
    firstMissing: gap.firstMissing === null ? null : String(gap.firstMissing),
    lastMissing: gap.lastMissing === null ? null : String(gap.lastMissing),
  };
}

export function formatInterval(interval: Interval): IntervalAnswer {
  return {
    from: formatTimeUs(interval.fromUs),
    to: formatTimeUs(interval.toUs),
    firstSequence: String(interval.firstSequence),
    lastSequence: String(interval.lastSequence),
    feed: interval.feed,
    proof: interval.proof,
  };
}

export function formatNoBook(
  security: string,
  gap: { readonly fromUs: number; readonly toUs: number | null; readonly cause: GapCause },
): NoBookAnswer {
  return {
    security,
    state: 'gap',
    gap: {
      from: formatTimeUs(gap.fromUs),
      to: gap.toUs === null ? null : formatTimeUs(gap.toUs),
      cause: gap.cause,
    },
  };
}
