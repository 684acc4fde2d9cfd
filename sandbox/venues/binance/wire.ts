/**
 * Renders market data as Binance spot's JSON. Source:
 * https://developers.binance.com/docs/binance-spot-api-docs (web-socket-streams, rest-api), read
 * 2026-11. Pure.
 */

import type { MarketDiff, MarketTop } from '../../market/market.ts';
import type { MarketTrade } from '../../market/market-trade.ts';
import type { Grid } from '../../market/matching-engine.ts';
import type { SymbolProfile } from '../../market/symbols.ts';
import { UNIT_EXPONENT } from '../../market/units.ts';

/** The unit of times that a connection or request asked for. */
export type TimeUnit = 'ms' | 'us';

/** The form in which a connection wants its frames. */
export interface FrameFormat {
  readonly unit: TimeUnit;
  /** Payloads wrapped as `{"stream":…,"data":…}`. */
  readonly isCombined: boolean;
}

export function combined(stream: string, payload: string): string {
  return `{"stream":"${stream}","data":${payload}}`;
}

/** Always eight decimals: `61837.63000000`. */
export function decimalText(units: number): string {
  const digits = String(units).padStart(UNIT_EXPONENT + 1, '0');
  return `${digits.slice(0, -UNIT_EXPONENT)}.${digits.slice(-UNIT_EXPONENT)}`;
}

export function timeNumber(timeUs: number, unit: TimeUnit): number {
  return unit === 'us' ? timeUs : Math.floor(timeUs / 1000);
}

/** `[["61837.63000000","3.78826000"],…]` of flat price, size …. */
export function levelsText(flat: readonly number[]): string {
  const rows: string[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    rows.push(`["${decimalText(flat[i] ?? 0)}","${decimalText(flat[i + 1] ?? 0)}"]`);
  }
  return `[${rows.join(',')}]`;
}

export function diffText(symbol: string, diff: MarketDiff, unit: TimeUnit): string {
  return (
    `{"e":"depthUpdate","E":${timeNumber(diff.timeUs, unit)},"s":"${symbol}",` +
    `"U":${diff.firstSequence},"u":${diff.lastSequence},` +
    `"b":${levelsText(diff.bids)},"a":${levelsText(diff.asks)}}`
  );
}

/** `m`: the buyer was the maker, so the taker sold. */
export function tradeText(symbol: string, trade: MarketTrade, unit: TimeUnit): string {
  const time = timeNumber(trade.timeUs, unit);
  return (
    `{"e":"trade","E":${time},"s":"${symbol}","t":${trade.tradeId},` +
    `"p":"${decimalText(trade.price)}","q":"${decimalText(trade.size)}",` +
    `"T":${time},"m":${trade.takerSide === 'sell'},"M":true}`
  );
}

export function tickerText(symbol: string, top: MarketTop): string {
  return (
    `{"u":${top.sequence},"s":"${symbol}",` +
    `"b":"${decimalText(top.bidPrice)}","B":"${decimalText(top.bidSize)}",` +
    `"a":"${decimalText(top.askPrice)}","A":"${decimalText(top.askSize)}"}`
  );
}

/** The frame that announces a shutdown of the server. */
export function shutdownFrame(timeUs: number, { unit, isCombined }: FrameFormat): string {
  const payload = `{"e":"serverShutdown","E":${timeNumber(timeUs, unit)}}`;
  return isCombined ? combined('!serverShutdown', payload) : payload;
}

export interface SnapshotContent {
  readonly sequence: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

/** The REST response of `/api/v3/depth`. */
export function snapshotText(book: SnapshotContent): string {
  return (
    `{"lastUpdateId":${book.sequence},"bids":${levelsText(book.bids)},` +
    `"asks":${levelsText(book.asks)}}`
  );
}

/** One row of `/api/v3/trades`. */
export function restTrade(trade: MarketTrade, unit: TimeUnit): Record<string, unknown> {
  const unitsPerOne = 10n ** BigInt(UNIT_EXPONENT);
  const quote = (BigInt(trade.price) * BigInt(trade.size)) / unitsPerOne;
  return {
    id: trade.tradeId,
    price: decimalText(trade.price),
    qty: decimalText(trade.size),
    quoteQty: decimalText(Number(quote)),
    time: timeNumber(trade.timeUs, unit),
    isBuyerMaker: trade.takerSide === 'sell',
    isBestMatch: true,
  };
}

/** One entry of `symbols` in `/api/v3/exchangeInfo`. */
export function instrumentInfo(profile: SymbolProfile, grid: Grid): Record<string, unknown> {
  return {
    symbol: profile.symbol,
    status: 'TRADING',
    baseAsset: profile.baseAsset,
    baseAssetPrecision: UNIT_EXPONENT,
    quoteAsset: profile.quoteAsset,
    quotePrecision: UNIT_EXPONENT,
    quoteAssetPrecision: UNIT_EXPONENT,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET'],
    icebergAllowed: false,
    ocoAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      {
        filterType: 'PRICE_FILTER',
        minPrice: decimalText(grid.tickSize),
        maxPrice: '1000000.00000000',
        tickSize: decimalText(grid.tickSize),
      },
      {
        filterType: 'LOT_SIZE',
        minQty: decimalText(grid.lotSize),
        maxQty: '9000000.00000000',
        stepSize: decimalText(grid.lotSize),
      },
      {
        filterType: 'NOTIONAL',
        minNotional: '5.00000000',
        applyMinToMarket: true,
        maxNotional: '9000000.00000000',
        applyMaxToMarket: false,
        avgPriceMins: 5,
      },
    ],
    permissions: [],
    permissionSets: [['SPOT']],
  };
}

/** `rateLimits` in `/api/v3/exchangeInfo`. */
export const RATE_LIMITS = [
  { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 },
  { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 300_000 },
] as const;

/** The exchange's error codes. */
export const ERRORS = {
  tooManyRequests: -1003,
  illegalCharacters: -1100,
  mandatoryMissing: -1102,
  invalidInterval: -1120,
  invalidSymbol: -1121,
} as const;

export function errorText(code: number, msg: string): string {
  return JSON.stringify({ code, msg });
}
