/**
 * Renders market data as Bybit's v5 JSON, spot. Source: https://bybit-exchange.github.io/docs/v5
 * (2026-07-24), and frames recorded on 2026-08-09. Pure.
 */

import type { MarketTop } from '../../market/market.ts';
import type { MarketTrade } from '../../market/market-trade.ts';
import type { Grid } from '../../market/matching-engine.ts';
import type { MarketCandle } from '../../market/market-candles.ts';
import type { SymbolProfile } from '../../market/symbols.ts';
import { decimal, decimalRows } from '../../market/units.ts';

/** A message of a book topic. Levels in engine units, flat: price, size …. */
export interface BookMessage {
  readonly type: 'snapshot' | 'delta';
  readonly u: number;
  /** Of the engine: the same on every topic. */
  readonly seq: number;
  readonly timeUs: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

export function milliseconds(timeUs: number): number {
  return Math.floor(timeUs / 1000);
}

export function bookText(topic: string, symbol: string, message: BookMessage): string {
  const { type, u, seq, timeUs, bids, asks } = message;
  const ms = milliseconds(timeUs);
  const data = { s: symbol, b: decimalRows(bids), a: decimalRows(asks), u, seq };
  return JSON.stringify({ topic, ts: ms + 1, type, data, cts: ms });
}

/** Ids have 19 digits: more than a number holds. */
export function tradeText(topic: string, symbol: string, trade: MarketTrade, seq: number): string {
  const ms = milliseconds(trade.timeUs);
  const row = {
    i: `229${String(trade.tradeId).padStart(16, '0')}`,
    T: ms,
    p: decimal(trade.price),
    v: decimal(trade.size),
    S: trade.takerSide === 'buy' ? 'Buy' : 'Sell',
    seq,
    s: symbol,
    BT: false,
    RPI: false,
  };
  return JSON.stringify({ topic, ts: ms + 1, type: 'snapshot', data: [row] });
}

/** The reply to a command. */
export function replyText(
  op: string,
  id: unknown,
  success: boolean,
  words: string,
  connectionId: string,
): string {
  const given = typeof id === 'string' ? { req_id: id } : {};
  return JSON.stringify({ success, ret_msg: words, conn_id: connectionId, ...given, op });
}

/** A REST answer. */
export function answerText(result: unknown, nowUs: number): string {
  const time = milliseconds(nowUs);
  return JSON.stringify({ retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time });
}

export function errorText(retCode: number, retMsg: string, nowUs: number): string {
  return JSON.stringify({
    retCode,
    retMsg,
    result: {},
    retExtInfo: {},
    time: milliseconds(nowUs),
  });
}

/** The result of a request for a book. */
export function bookResult(symbol: string, message: Omit<BookMessage, 'type'>): unknown {
  const { u, seq, timeUs, bids, asks } = message;
  const ms = milliseconds(timeUs);
  return { s: symbol, a: decimalRows(asks), b: decimalRows(bids), ts: ms + 1, u, seq, cts: ms };
}

/** Each opens at the close of the one before, which counts as a price of it. */
export function klineOf(candle: MarketCandle): readonly string[] {
  const { fromUs, previousClose: open, close, volume, quoteVolume } = candle;
  const [high, low] = [Math.max(open, candle.high), Math.min(open, candle.low)];
  const turnover = decimal(Number(quoteVolume / 100_000_000n));
  return [String(milliseconds(fromUs)), ...[open, high, low, close, volume].map(decimal), turnover];
}

export function tickerOf(symbol: string, top: MarketTop): unknown {
  // An empty side has empty texts.
  const text = (units: number): string => (units === 0 ? '' : decimal(units));
  return {
    symbol,
    bid1Price: text(top.bidPrice),
    bid1Size: text(top.bidSize),
    ask1Price: text(top.askPrice),
    ask1Size: text(top.askSize),
  };
}

export function instrumentOf(profile: SymbolProfile, grid: Grid): unknown {
  return {
    symbol: profile.symbol,
    baseCoin: profile.baseAsset,
    quoteCoin: profile.quoteAsset,
    status: 'Trading',
    lotSizeFilter: {
      basePrecision: decimal(grid.lotSize),
      quotePrecision: '0.00000001',
      minOrderQty: decimal(grid.lotSize),
      minOrderAmt: '5',
    },
    priceFilter: { tickSize: decimal(grid.tickSize) },
  };
}
