/**
 * Renders tables, trades and instruments as BitMEX prints them: numbers are JSON numbers, times have
 * milliseconds. Source: https://www.bitmex.com/app/wsAPI, read 2026-11. Pure.
 */

import { formatTimeUs } from '../../../logger/market/time.ts';
import type { MarketTrade } from '../../market/market-trade.ts';
import { decimal } from '../../market/units.ts';
import type { BitmexContract, TableChange, TableRow } from './contract.ts';
import { milliseconds } from './contract.ts';

const KEYS = '"keys":["symbol","id","side"]';
const TYPES =
  '"types":{"symbol":"symbol","id":"long","side":"symbol","size":"long","price":"float","timestamp":"timestamp"}';

export function timestamp(timeUs: number): string {
  const [seconds = '', fraction = ''] = formatTimeUs(milliseconds(timeUs) * 1000)
    .slice(0, -1)
    .split('.');
  return `${seconds}.${fraction.padEnd(3, '0')}Z`;
}

export function partialText(symbol: string, rows: readonly TableRow[]): string {
  const data = rows.map((row) => rowText(symbol, row, true)).join(',');
  return `{"table":"orderBookL2","action":"partial",${KEYS},${TYPES},"filter":{"symbol":"${symbol}"},"data":[${data}]}`;
}

export function changeText(symbol: string, { action, rows }: TableChange): string {
  const data = rows.map((row) => rowText(symbol, row, action !== 'delete')).join(',');
  return `{"table":"orderBookL2","action":"${action}","data":[${data}]}`;
}

/** @param hasSize a `delete` has none. */
export function rowText(symbol: string, row: TableRow, hasSize: boolean): string {
  const { id, side, price, size, timeUs } = row;
  const amount = hasSize ? `"size":${size},` : '';
  const names = `"symbol":"${symbol}","id":${id},"side":"${sideName(side)}"`;
  return `{${names},${amount}"price":${decimal(price)},"timestamp":"${timestamp(timeUs)}"}`;
}

export function tradesText(
  contract: BitmexContract,
  trades: readonly MarketTrade[],
  action: 'partial' | 'insert',
): string {
  const rows = trades.map(({ tradeId, price, size, takerSide, timeUs }) => {
    const id = `00000000-006d-4000-8000-${tradeId.toString(16).padStart(12, '0')}`;
    const names = `"timestamp":"${timestamp(timeUs)}","symbol":"${contract.symbol}","side":"${sideName(takerSide)}"`;
    const amounts = `"size":${contract.contracts(size)},"price":${decimal(price)}`;
    return `{${names},${amounts},"tickDirection":"ZeroPlusTick","trdMatchID":"${id}","trdType":"Regular"}`;
  });
  const filter = action === 'partial' ? `"filter":{"symbol":"${contract.symbol}"},` : '';
  return `{"table":"trade","action":"${action}",${filter}"data":[${rows.join(',')}]}`;
}

/** An instrument, as far as it matters to a reader of books. */
export function instrumentText(contract: BitmexContract, state: 'Open' | 'Settled'): string {
  const { symbol, kind, market } = contract;
  const { baseAsset, quoteAsset } = market.profile;
  const best = (side: 'buy' | 'sell'): string => decimal(market.engine.bestPrice(side) ?? 0);
  const isInverse = kind === 'inverse';
  const perUnit = kind === 'linear' || kind === 'spot';
  const words = {
    symbol,
    state,
    typ: kind === 'spot' ? 'IFXXXP' : 'FFWCSX',
    underlying: isInverse ? 'XBT' : baseAsset,
    quoteCurrency: isInverse || kind === 'quanto' ? 'USD' : quoteAsset,
    settlCurrency: perUnit ? 'USDt' : 'XBt',
    isInverse,
    isQuanto: kind === 'quanto',
    multiplier: { inverse: -100_000_000, linear: 1000, quanto: 100, spot: 1 }[kind],
    underlyingToPositionMultiplier: perUnit ? contract.contracts(100_000_000) : null,
  };
  const steps = `"tickSize":${decimal(market.engine.grid.tickSize)},"lotSize":1`;
  return `${JSON.stringify(words).slice(0, -1)},${steps},"bidPrice":${best('buy')},"askPrice":${best('sell')}}`;
}

function sideName(side: 'buy' | 'sell'): 'Buy' | 'Sell' {
  return side === 'buy' ? 'Buy' : 'Sell';
}
