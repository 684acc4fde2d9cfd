/** How far the price of a venue moved over the time that a transfer takes, during the last 24 hours. */

import {
  addExact,
  compareExact,
  formatExact,
  parseExact,
  subtractExact,
} from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { PairHistory } from '../../top/pair-history.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 1440 * MINUTE_US;
/** What is younger may not be in every memory yet. */
const SETTLED_US = 5_000_000;
/** Fewer say nothing. */
export const MIN_SAMPLES = 30;

/** Plain JSON. */
export interface TransferRisk {
  readonly delayMs: number;
  /** Whole minutes at both ends of which the book was proven. */
  readonly samples: number;
  /** The absolute move of the middle that the asked part of them did not exceed; null: too few samples. */
  readonly move: string | null;
}

/**
 * By whole minutes of the receive clock in the 24 h before `atUs` less 5 s, so that a memory and an archive
 * give the same figure.
 */
export function transferRisk(
  history: PairHistory,
  venue: string,
  query: { readonly atUs: number; readonly delayMs: number; readonly percent: number },
): TransferRisk {
  const { atUs, delayMs, percent } = query;
  const delayUs = delayMs * 1000;
  const untilUs = atUs - SETTLED_US;
  const moves: Exact[] = [];
  const first = Math.ceil((untilUs - DAY_US) / MINUTE_US) * MINUTE_US;
  for (let us = first; us + delayUs <= untilUs; us += MINUTE_US) {
    const [before, after] = [sumOf(history, venue, us), sumOf(history, venue, us + delayUs)];
    if (before === null || after === null) continue;
    const move = subtractExact(after, before);
    moves.push(move.value < 0n ? { value: -move.value, exponent: move.exponent } : move);
  }
  const samples = moves.length;
  if (samples < MIN_SAMPLES) return { delayMs, samples, move: null };
  moves.sort(compareExact);
  const at = Math.max(0, Math.ceil((percent * samples) / 100) - 1);
  const { value, exponent } = moves[at] as Exact;
  // Half the move of bid + ask.
  return { delayMs, samples, move: formatExact({ value: value * 5n, exponent: exponent + 1 }) };
}

/** Bid + ask. */
function sumOf(history: PairHistory, venue: string, us: number): Exact | null {
  const top = history.at(venue, us);
  return top && addExact(parseExact(top.bid), parseExact(top.ask));
}
