/**
 * The trades that a market would have had before it was opened: invented, but always the same for a symbol and a
 * minute. Four in each minute, some minutes have none, and in the first ten minutes past two of every seventh day
 * the exchange was down. Pure.
 */

import { toUnits } from './units.ts';
import type { MarketTrade } from './market-trade.ts';
import type { SymbolProfile } from './symbols.ts';

const MINUTE_US = 60_000_000;
const MINUTES_A_DAY = 1440;
/** Days before the start of the sandbox for which there were trades. */
export const PAST_DAYS = 45;
/** The price swings over each of these, in minutes. */
const SWINGS = [7, 60, 600, 6000];

export function wasDown(minute: number): boolean {
  const inDay = minute % MINUTES_A_DAY;
  return Math.floor(minute / MINUTES_A_DAY) % 7 === 3 && inDay >= 120 && inDay < 130;
}

/** @param minute since 1970. */
export function pastTrades(profile: SymbolProfile, minute: number): MarketTrade[] {
  const seed = hashText(profile.symbol);
  if (wasDown(minute) || hash(seed, minute) % 13 === 0) return [];
  const lot = toUnits(profile.lotSize, 'lotSize');
  return [0, 1, 2, 3].map((i) => {
    const draw = hash(seed + i + 1, minute);
    return {
      tradeId: minute * 4 + i,
      price: priceAt(profile, seed, minute + i / 4),
      size: (1 + (draw % 5000)) * lot,
      takerSide: draw % 2 === 0 ? 'buy' : 'sell',
      timeUs: minute * MINUTE_US + i * 15_000_000 + (draw % 1_000_000),
    };
  });
}

function priceAt(profile: SymbolProfile, seed: number, minute: number): number {
  const tick = toUnits(profile.tickSize, 'tickSize');
  let change = 0;
  for (const [i, swing] of SWINGS.entries()) {
    const [from, part] = [Math.floor(minute / swing), (minute / swing) % 1];
    const at = (place: number): number => hash(seed + 100 * (i + 1), place) / 2 ** 32 - 0.5;
    change += (at(from) * (1 - part) + at(from + 1) * part) * 0.001 * swing ** 0.5;
  }
  const price = toUnits(profile.startPrice, 'startPrice') * Math.exp(change);
  return Math.max(1, Math.round(price / tick)) * tick;
}

/** 32 well mixed bits (the finaliser of MurmurHash3). */
function hash(seed: number, value: number): number {
  let mixed = Math.imul(seed ^ value, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function hashText(text: string): number {
  let mixed = 0;
  for (const character of text) mixed = Math.imul(mixed, 31) + (character.codePointAt(0) ?? 0);
  return mixed >>> 0;
}
