/** How old the figures of a table are. Pure. */

import { parseIsoUs } from '../../logger/market/time.ts';
import type { ExchangeFees, FeeOrigin, FeeTable, Network } from './fee-table.ts';

export const MAX_AGE_DAYS = 30;
const DAY_US = 86_400_000_000;

/** A date, or a time in UTC. @returns undefined for anything else. */
export function readAtUs(readAt: string): number | undefined {
  return parseIsoUs(readAt.length === 10 ? `${readAt}T00:00:00Z` : readAt);
}

/** A whole number of days; not below 0. */
export function ageDays({ readAt }: FeeOrigin, nowUs: number): number {
  return Math.max(0, Math.floor((nowUs - (readAtUs(readAt) ?? nowUs)) / DAY_US));
}

/** Where all figures of an entry come from. */
export function originsOf({ origin, origins = {} }: ExchangeFees | Network): readonly FeeOrigin[] {
  return [origin, ...Object.values(origins)];
}

/** Not what this package says of its own exchange: that holds until it says otherwise. */
function isPublishedElsewhere({ source }: FeeOrigin): boolean {
  return !source.startsWith('docs/');
}

/** The oldest of some. */
export function oldestOf(origins: readonly FeeOrigin[]): FeeOrigin {
  const at = ({ readAt }: FeeOrigin): number => readAtUs(readAt) ?? 0;
  return origins.reduce((oldest, each) => (at(each) < at(oldest) ? each : oldest));
}

/**
 * What every answer that is made of a table says if figures of it are old; null: none is.
 * @param exchanges the ones that are used; all: those of the table.
 */
export function ageWarning(
  table: FeeTable,
  nowUs: number,
  exchanges: readonly string[] = Object.keys(table.exchanges),
): string | null {
  const old = exchanges.flatMap((name) => {
    const fees = table.exchanges[name];
    if (fees === undefined) return [];
    const networks = Object.values(fees.coins).flat();
    const origins = [fees, ...networks].flatMap(originsOf).filter(isPublishedElsewhere);
    if (origins.length === 0) return [];
    const oldest = oldestOf(origins);
    return ageDays(oldest, nowUs) > MAX_AGE_DAYS ? [{ name, readAt: oldest.readAt }] : [];
  });
  if (old.length === 0) return null;
  const named = old.map(({ name, readAt }) => `${name} (${readAt.slice(0, 10)})`).join(', ');
  return `fees are older than ${MAX_AGE_DAYS} days: ${named}: refresh them with "fees --refresh --fees FILE", or give your own with --fees FILE`;
}
