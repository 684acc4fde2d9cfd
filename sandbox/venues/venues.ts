/** The venues of the sandbox. Adding one takes its folder and a line here. */

import { BINANCE } from './binance/venue.ts';
import { BITFINEX } from './bitfinex/venue.ts';
import { BITMEX } from './bitmex/venue.ts';
import { BYBIT } from './bybit/venue.ts';
import { COINBASE } from './coinbase/venue.ts';

/** In the order of their default ports. */
export const VENUES = [BINANCE, COINBASE, BITMEX, BYBIT, BITFINEX] as const;

export type VenueName = (typeof VENUES)[number]['name'];

/** Limits to use instead of a venue's own, by venue. */
export type VenueLimits = {
  readonly [Definition in (typeof VENUES)[number] as Definition['name']]?: Partial<
    Definition['limits']
  >;
};
