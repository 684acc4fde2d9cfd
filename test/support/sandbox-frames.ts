/** Frames of the sandbox exchange's table `orderBookL3`. */

export const SANDBOX_TIME = '2026-11-20T07:00:00.000125Z';
export const SANDBOX_TIME_US = 1_795_158_000_000_125;

export function orderId(n: number): string {
  return `order:${n.toString(16).padStart(32, '0')}`;
}

export interface OrderRow {
  readonly symbol: string;
  readonly id: string;
  readonly side: string;
  readonly size: number;
  readonly priceText: string;
}

const ROW: OrderRow = {
  symbol: 'XBTUSD',
  id: orderId(7),
  side: 'Buy',
  size: 200,
  priceText: '3.14',
};

export function changeFrame(
  action: string,
  sequence: number,
  row: Partial<OrderRow> & Readonly<Record<string, unknown>> = {},
): string {
  const data = [{ ...ROW, timestamp: SANDBOX_TIME, ...row }];
  return JSON.stringify({ table: 'orderBookL3', action, sequence, data });
}

export function partialFrame(
  sequence: number,
  rows: readonly (Partial<OrderRow> & Readonly<Record<string, unknown>>)[],
  fields: Readonly<Record<string, unknown>> = {},
): string {
  const symbol = rows[0]?.symbol ?? ROW.symbol;
  return JSON.stringify({
    table: 'orderBookL3',
    action: 'partial',
    keys: ['symbol', 'id', 'side'],
    filter: { symbol },
    sequence,
    whole: true,
    timestamp: SANDBOX_TIME,
    ...fields,
    data: rows.map((row) => ({ ...ROW, timestamp: SANDBOX_TIME, ...row })),
  });
}
