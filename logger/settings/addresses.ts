/** Settings for the base addresses of an exchange. */

import { httpUrl, wsUrl } from './parsers.ts';
import type { Setting } from './setting.ts';

type Address = Setting<string> & { readonly default: string };

/** @param what names the service in the table of settings: `Binance streams`. */
export function wsAddress(env: string, url: string, what: string): Address {
  return { env, parse: wsUrl, default: url, meaning: meaningOf(what) };
}

/** As `wsAddress`, for REST. */
export function restAddress(env: string, url: string, what: string): Address {
  return { env, parse: httpUrl, default: url, meaning: meaningOf(what) };
}

function meaningOf(what: string): string {
  return `base address of the ${what}, without a path`;
}
