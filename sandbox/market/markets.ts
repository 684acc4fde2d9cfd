/** Opens the markets of a sandbox. */

import { InvalidArgumentError } from '../../logger/errors.ts';
import { seededRandom } from '../prng.ts';
import { Market } from './market.ts';
import { DEFAULT_SYMBOLS, profileOf } from './symbols.ts';
import type { SymbolProfile } from './symbols.ts';

/** Actions per second in a busy market. */
const DEFAULT_PACE = 200;
export const MAX_PACE = 100_000;

export interface MarketsOptions {
  /** The same seed, start time and options give the same markets. */
  readonly seed: string;
  readonly startUs: number;
  /** Names of default or new symbols, or whole profiles. Default: `DEFAULT_SYMBOLS`. */
  readonly symbols?: readonly (string | SymbolProfile)[] | undefined;
  /** Actions per second in a busy market; quieter ones take their share. */
  readonly pace?: number | undefined;
  /** The update id before the first. */
  readonly firstSequence: number;
}

/** Markets of a venue's own, whose prices can differ from those of all others (the fault `skew`). */
export function mirrorsOf(markets: ReadonlyMap<string, Market>): Map<string, Market> {
  return new Map([...markets].map(([symbol, market]) => [symbol, market.mirror()]));
}

/** By symbol. @throws InvalidArgumentError for bad options. */
export function openMarkets(options: MarketsOptions): Map<string, Market> {
  const { seed, startUs, firstSequence, pace = DEFAULT_PACE } = options;
  if (!(pace > 0 && pace <= MAX_PACE)) {
    throw new InvalidArgumentError(`pace: ${pace} is not above 0 and up to ${MAX_PACE}`);
  }
  const markets = new Map<string, Market>();
  for (const symbol of options.symbols ?? DEFAULT_SYMBOLS) {
    const profile = typeof symbol === 'string' ? profileOf(symbol) : symbol;
    const market = new Market({
      profile,
      // A generator for each symbol, so that symbols do not influence each other.
      random: seededRandom(`${seed}/${profile.symbol}`),
      startUs,
      eventsPerSecond: pace * profile.paceShare,
      firstSequence,
      firstTradeId: Math.floor(startUs / 1_000_000),
    });
    markets.set(profile.symbol, market);
  }
  if (markets.size === 0) throw new InvalidArgumentError('symbols: at least one is needed');
  return markets;
}
