/** BitMEX's messages for tests. Numbers stand in the text as they are given. */

export const BITMEX_TIME = '2026-11-20T07:00:00.123Z';
export const BITMEX_TIME_US = 1_795_158_000_123_000;

export interface RowFields {
  readonly symbol?: string;
  readonly id: number | string;
  readonly side?: string;
  readonly size?: number | string;
  readonly price?: number | string;
  readonly timestamp?: string;
}

/** A row of the table; `size` and `price` are left out where they are not given. */
export function rowText(row: RowFields): string {
  const { symbol = 'XBTUSD', id, side = 'Buy', size, price, timestamp = BITMEX_TIME } = row;
  const parts = [`"symbol":"${symbol}"`, `"id":${id}`, `"side":"${side}"`];
  if (size !== undefined) parts.push(`"size":${size}`);
  if (price !== undefined) parts.push(`"price":${price}`);
  return `{${[...parts, `"timestamp":"${timestamp}"`].join(',')}}`;
}

export function bookFrame(action: string, rows: readonly RowFields[]): string {
  return `{"table":"orderBookL2","action":"${action}","data":[${rows.map(rowText).join(',')}]}`;
}

export function partialFrame(rows: readonly RowFields[], symbol = 'XBTUSD'): string {
  const head =
    '"keys":["symbol","id","side"],"types":{"symbol":"symbol","id":"long","side":"symbol","size":"long","price":"float","timestamp":"timestamp"}';
  const data = rows.map((row) => rowText({ symbol, ...row })).join(',');
  return `{"table":"orderBookL2","action":"partial",${head},"filter":{"symbol":"${symbol}"},"data":[${data}]}`;
}

export interface TradeFields {
  readonly symbol?: string;
  readonly trdMatchID?: string;
  readonly side?: string;
  readonly size?: number | string;
  readonly price?: number | string;
  readonly timestamp?: string;
}

export function tradeFrame(trades: readonly TradeFields[], action = 'insert'): string {
  const rows = trades.map(
    ({
      symbol = 'XBTUSD',
      trdMatchID = '00000000-006d-1000-0000-000fe5b0e5f5',
      side = 'Sell',
      size = 100,
      price = 90_000.5,
      timestamp = BITMEX_TIME,
    }) =>
      `{"timestamp":"${timestamp}","symbol":"${symbol}","side":"${side}","size":${size},"price":${price},"tickDirection":"MinusTick","trdMatchID":"${trdMatchID}","grossValue":111111,"homeNotional":0.00111111,"foreignNotional":100,"trdType":"Regular"}`,
  );
  return `{"table":"trade","action":"${action}","data":[${rows.join(',')}]}`;
}

/** An instrument as REST prints it, as far as it is read. */
export function instrumentText(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    symbol: 'XBTUSD',
    state: 'Open',
    typ: 'FFWCSX',
    underlying: 'XBT',
    quoteCurrency: 'USD',
    settlCurrency: 'XBt',
    tickSize: 0.1,
    lotSize: 100,
    multiplier: -100_000_000,
    isInverse: true,
    isQuanto: false,
    underlyingToPositionMultiplier: null,
    ...more,
  });
}
