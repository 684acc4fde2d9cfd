/** Which venues a user means: pairs and exchanges, looked up in what the sources know. Pure. */

import { InvalidArgumentError } from '../../logger/errors.ts';
import type { InstrumentFacts } from '../../logger/market/instrument.ts';
import { parseSecurity } from '../../logger/market/security.ts';
import { pairOf } from './pairs.ts';
import type { PairExceptions } from './pairs.ts';
import type { Venue } from './venue.ts';

/** `binance`, or `binance@NAME`. */
export interface WantedExchange {
  readonly exchange: string;
  /** null: whichever source knows it. */
  readonly source: string | null;
}

export interface KnownSource {
  readonly name: string;
  readonly instruments: readonly { readonly security: string; readonly facts: InstrumentFacts }[];
}

export interface Wanted {
  readonly pairs: readonly string[];
  /** null: all that have the pair. */
  readonly exchanges: readonly WantedExchange[] | null;
  readonly exceptions: PairExceptions;
}

export interface FoundVenues {
  /** In the order of the pairs, then of the exchanges. */
  readonly venues: readonly Venue[];
  /** What has been asked for and is not there, like `BTCUSDT on bybit`. */
  readonly missing: readonly string[];
}

/** Every venue of the sources, with its pair. */
export function allVenues(
  sources: readonly KnownSource[],
  exceptions: PairExceptions = {},
): readonly Venue[] {
  const found: Venue[] = [];
  for (const { name: source, instruments } of sources) {
    for (const { security, facts } of instruments) {
      const pair = pairOf(security, facts, exceptions);
      if (pair === null) continue;
      const { exchange } = parseSecurity(security);
      const isShared = sources.some(
        (other) => other.name !== source && other.instruments.some(isOf(exchange)),
      );
      const name = isShared ? `${exchange}@${source}` : exchange;
      found.push({ name, exchange, source, security, ...pair, instrument: facts });
    }
  }
  return found;
}

/** @throws InvalidArgumentError where a name fits several. */
export function findVenues(wanted: Wanted, sources: readonly KnownSource[]): FoundVenues {
  const all = allVenues(sources, wanted.exceptions);
  const venues: Venue[] = [];
  const missing: string[] = [];
  for (const pair of wanted.pairs) {
    const ofPair = all.filter((venue) => venue.pair === pair);
    if (wanted.exchanges === null) {
      for (const venue of ofPair)
        venues.push(theOne(ofPair.filter(isNamed(venue.name)), venue.name));
      if (ofPair.length === 0) missing.push(pair);
      continue;
    }
    for (const { exchange, source } of wanted.exchanges) {
      const name = source === null ? exchange : `${exchange}@${source}`;
      const fitting = ofPair.filter(
        (venue) => venue.exchange === exchange && (source === null || venue.source === source),
      );
      if (fitting.length === 0) missing.push(`${pair} on ${name}`);
      else venues.push({ ...theOne(fitting, name), name });
    }
  }
  return { venues, missing };
}

function theOne(fitting: readonly Venue[], name: string): Venue {
  const [first, second] = fitting as [Venue, Venue?];
  if (second === undefined) return first;
  if (first.source !== second.source) {
    const names = fitting.map(({ exchange, source }) => `${exchange}@${source}`).join(', ');
    throw new InvalidArgumentError(`exchanges: ${name} is at several sources: say ${names}`);
  }
  throw new InvalidArgumentError(
    `exchanges: ${first.security} and ${second.security} are both ${first.pair}: name one in --pairs-file`,
  );
}

const isNamed =
  (name: string) =>
  (venue: Venue): boolean =>
    venue.name === name;

const isOf =
  (exchange: string) =>
  ({ security }: { readonly security: string }): boolean =>
    security.startsWith(`${exchange}:`);
