/**
 * What a symbol seems to be, for archives of a time when nothing was kept about products. Only a name: no tick size,
 * no lot. Pure.
 */

import type { InstrumentFacts } from '../../logger/market/instrument.ts';
import { parseSecurity } from '../../logger/market/security.ts';

const QUOTES = ['USDT', 'USDC', 'FDUSD', 'TUSD', 'USD', 'UST', 'UDC', 'EUR', 'GBP', 'BTC', 'XBT', 'ETH', 'BNB', 'TRY', 'BRL', 'JPY']; // prettier-ignore

/** null: it is not known, or the sizes of its exchange need not be amounts. */
export function factsOfSymbol(security: string): InstrumentFacts | null {
  const { exchange, symbol } = parseSecurity(security);
  // Sizes there count contracts, which only the exchange explains.
  if (exchange === 'bitmex') return null;
  const text = exchange === 'bitfinex' ? symbol.replace(/^t/, '') : symbol;
  const [base, quote] = splitAt(text, /[-/:_]/) ?? splitByQuote(text) ?? [];
  if (!base || !quote) return null;
  return { base, quote, tickSize: null, lotSize: null, minSize: null, minNotional: null, contract: null }; // prettier-ignore
}

function splitAt(text: string, separator: RegExp): readonly string[] | null {
  const parts = text.split(separator);
  return parts.length === 2 ? parts : null;
}

function splitByQuote(text: string): readonly string[] | null {
  const quote = QUOTES.find((one) => text.endsWith(one) && text.length > one.length);
  return quote === undefined ? null : [text.slice(0, -quote.length), quote];
}
