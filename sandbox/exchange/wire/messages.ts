/**
 * What the exchange sends, as JSON text. Prices and cash are written from their integers, so their digits are
 * exact; prices come as text, too, for readers whose numbers are not. Pure.
 */

import { formatScaled } from '../../../logger/market/decimal.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import type { RestoredOrder } from '../../market/matching-engine.ts';
import { otherSide } from '../../market/order-events.ts';
import type { OrderEvent, OrderSide } from '../../market/order-events.ts';
import type { Account } from '../engine/accounts.ts';
import { PRICE_EXPONENT } from '../engine/commands.ts';
import type { OrderCommand } from '../engine/commands.ts';
import type { Committed } from '../exchange-runner.ts';
import { formatOrderId } from './order-ids.ts';
import type { RequestHead, Table } from './requests.ts';
import { NO_HEAD, SYMBOL } from './requests.ts';

/** What belongs to nobody in particular. */
export type PublicTable = Exclude<Table, 'account'>;
export type Published = Readonly<Record<PublicTable, readonly string[]>>;

export interface Image {
  readonly orders: Readonly<Record<OrderSide, Iterable<Readonly<RestoredOrder>>>>;
  /** Of the last change of the book. */
  readonly sequence: number;
  readonly timeUs: number;
  /** False: these are the best orders only. */
  readonly isWhole: boolean;
}

const TYPES =
  '{"symbol":"symbol","id":"symbol","side":"symbol","size":"long","price":"float","priceText":"string","timestamp":"timestamp"}';

/** The book at one moment, best first and in queue order. */
export function partialMessage(
  table: 'orderBookL2' | 'orderBookL3',
  salt: string,
  { orders, sequence, timeUs, isWhole }: Image,
): string {
  const time = `"timestamp":"${formatTimeUs(timeUs)}"`;
  const rows: string[] = [];
  for (const side of ['buy', 'sell'] as const) {
    for (const { id, price, remaining } of orders[side]) {
      rows.push(`{${rowOf(salt, id, side)},"size":${remaining},${priceOf(price)},${time}}`);
    }
  }
  return `{"table":"${table}","action":"partial","keys":["symbol","id","side"],"types":${TYPES},"filter":{"symbol":"${SYMBOL}"},"sequence":${sequence},"whole":${isWhole},${time},"data":[${rows.join(',')}]}`;
}

/** How far `orderBookL3` has come. */
export function heartbeatMessage(sequence: number, tradeId: number, timeUs: number): string {
  return `{"table":"orderBookL3","action":"heartbeat","filter":{"symbol":"${SYMBOL}"},"sequence":${sequence},"trade_id":${tradeId},"timestamp":"${formatTimeUs(timeUs)}"}`;
}

/** Everything that a batch says to everybody, in order. */
export function publicMessages(salt: string, { executed, timeUs }: Committed): Published {
  const time = `"timestamp":"${formatTimeUs(timeUs)}"`;
  const published = { orderBookL2: [], orderBookL3: [], trade: [] } as Record<
    PublicTable,
    string[]
  >;
  for (const { command, outcome } of executed) {
    if (outcome.kind === 'rejected') continue;
    const { orderId, events } = outcome;
    const add = (table: PublicTable, action: string, row: string, head = ''): void => {
      published[table].push(
        `{"table":"${table}","action":"${action}",${head}"data":[{${row},${time}}]}`,
      );
    };
    if (command.type === 'order') addOrder({ salt, command, orderId, events }, add);
    for (const event of events) {
      if (event.type === 'matched') addTrade(salt, event, add);
      if (event.type === 'opened') {
        const { sequence, side, price, remaining } = event;
        const row = `${rowOf(salt, orderId, side)},"size":${remaining},${priceOf(price)}`;
        add('orderBookL3', 'insert', row, `"sequence":${sequence},`);
      }
      if (event.type === 'done' && event.sequence !== null && event.price !== null) {
        const { sequence, side, price, remaining } = event;
        const row = `${rowOf(salt, orderId, side)},"size":${remaining},${priceOf(price)}`;
        add('orderBookL2', 'delete', row);
        add('orderBookL3', 'delete', row, `"sequence":${sequence},`);
      }
    }
  }
  return published;
}

type Add = (table: PublicTable, action: string, row: string, head?: string) => void;

/** A new order, and what it and those that it meets come to. */
function addOrder(
  given: {
    readonly salt: string;
    readonly command: OrderCommand;
    readonly orderId: number;
    readonly events: readonly OrderEvent[];
  },
  add: Add,
): void {
  const { salt, command, orderId, events } = given;
  const { side, price, size } = command;
  const row = rowOf(salt, orderId, side);
  add('orderBookL2', 'insert', `${row},"size":${size},${priceOf(price)}`);
  let remaining = size;
  const fulfil = (of: string, left: number): void => {
    if (left === 0) add('orderBookL2', 'fulfilled', of);
    else add('orderBookL2', 'partial_fulfilled', `${of},"remaining_size":${left}`);
  };
  for (const event of events) {
    if (event.type !== 'matched') continue;
    remaining -= event.size;
    fulfil(rowOf(salt, event.makerOrderId, otherSide(side)), event.makerRemaining);
    fulfil(row, remaining);
  }
}

function addTrade(salt: string, event: OrderEvent & { type: 'matched' }, add: Add): void {
  const { sequence, tradeId, makerOrderId, takerOrderId, takerSide, size } = event;
  const price = priceOf(event.price);
  const [maker, taker] = [makerOrderId, takerOrderId].map((id) => formatOrderId(salt, id));
  const ids = `"trade_id":${tradeId},"maker_order_id":"${maker}","taker_order_id":"${taker}"`;
  // `side` is the taker's.
  add(
    'trade',
    'insert',
    `"symbol":"${SYMBOL}","side":"${word(takerSide)}","size":${size},${price},${ids}`,
  );
  const row = rowOf(salt, makerOrderId, otherSide(takerSide));
  const left = `"remaining_size":${event.makerRemaining}`;
  add(
    'orderBookL3',
    'match',
    `${row},"size":${size},${left},${price},${ids}`,
    `"sequence":${sequence},`,
  );
}

/** @param head of the request that it answers. */
export function accountMessage(
  action: 'partial' | 'update',
  account: Account,
  { ref }: RequestHead = NO_HEAD,
): string {
  const answered = ref === null ? '' : `"ref":${JSON.stringify(ref)},`;
  return `{"table":"account","action":"${action}",${answered}"data":[${accountRow(account)}]}`;
}

export function acceptedMessage(
  { op, ref }: RequestHead,
  more: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ status: 200, request: op, ...refOf(ref), ...more });
}

export function subscribedMessage(
  op: 'subscribe' | 'unsubscribe',
  topic: string,
  { ref }: RequestHead,
): string {
  return JSON.stringify({ success: true, [op]: topic, ...refOf(ref) });
}

export function errorMessage(status: number, error: string, { op, ref }: RequestHead): string {
  return JSON.stringify({ status, error, request: op, ...refOf(ref) });
}

function refOf(ref: RequestHead['ref']): { readonly ref?: string | number } {
  return ref === null ? {} : { ref };
}

function accountRow({ username, cash, cashOnHold, coin, coinOnHold }: Account): string {
  const money = (units: number): string => formatScaled(units, PRICE_EXPONENT);
  return `{"username":${JSON.stringify(username)},"cash_amount":${money(cash)},"microbitcoin_amount":${coin},"cash_on_hold":${money(cashOnHold)},"microbitcoin_on_hold":${coinOnHold}}`;
}

function rowOf(salt: string, orderId: number, side: OrderSide): string {
  return `"symbol":"${SYMBOL}","id":"${formatOrderId(salt, orderId)}","side":"${word(side)}"`;
}

function priceOf(price: number): string {
  const text = formatScaled(price, PRICE_EXPONENT);
  return `"price":${text},"priceText":"${text}"`;
}

function word(side: OrderSide): string {
  return side === 'buy' ? 'Buy' : 'Sell';
}
