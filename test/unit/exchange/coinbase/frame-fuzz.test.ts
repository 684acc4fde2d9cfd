/**
 * Real frames, damaged at random: whatever becomes of one, reading it either fails as a
 * WireFormatError or gives exactly what a plain slow reading of the same text gives. Needs
 * ../shared/recordings.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  FULL_CHANNELS,
  LEVEL2_CHANNELS,
  coinbaseProtocol,
} from '../../../../logger/exchange/coinbase/protocol.ts';
import { formatScaled } from '../../../../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../../../../logger/market/decimal.ts';
import type { Levels, MarketEvent } from '../../../../logger/market/events.ts';
import * as made from '../../../support/coinbase-frames.ts';
import { readAll, readDamaged } from '../../../support/mutated-frame.ts';
import { FrameReader } from '../../../support/read-frame.ts';
import { needs, recordings } from '../../../support/requirements.ts';

const FULL = '../shared/recordings/coinbase-full-btcusd-20160312-1.in.gz';
const LEVEL2 = '../shared/recordings/coinbase-level2-20210417.gz';
const SCALE: Scale = { priceExponent: 2, sizeExponent: 8 };

/** Of kinds that are in no recording. */
const MADE = [
  made.change(1),
  made.change(2, { reason: 'modify_order', price: undefined, old_price: '1.5', new_price: '2' }),
  made.received(3, { order_type: 'market', price: undefined, size: undefined, funds: '10.00' }),
  made.activate(),
].map((message) => JSON.stringify(message));

function framesOf(path: string): string[] {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n');
  return lines
    .map((line) => line.slice(line.indexOf(' {') + 1))
    .filter((frame) => frame.startsWith('{') && frame.length < 5000);
}

function recordedFrames(): Buffer[] {
  const full = framesOf(FULL).slice(-3500);
  const level2 = framesOf(LEVEL2).slice(0, 3000);
  return [...full, ...level2, ...Array.from({ length: 100 }, () => MADE).flat()].map((frame) =>
    Buffer.from(frame),
  );
}

interface Read {
  readonly event: MarketEvent;
  readonly scale: Scale;
}

const readers = [FULL_CHANNELS, LEVEL2_CHANNELS].map((channels) => {
  const deps = { signed: () => ({}), redact: (text: string) => text };
  return new FrameReader(coinbaseProtocol(channels, deps), SCALE);
});

/** As the logger does it; undefined for what is no event of either feed. */
function read(frame: Buffer): Read | undefined {
  for (const reader of readers) {
    const message = reader.read(frame);
    if (message.kind === 'update') return message;
    if (message.kind === 'side-event' && message.event.type !== 'trade') return message;
  }
  return undefined;
}

/** Exact decimal text without the parser under test; null where there is none. */
function plain(text: unknown): string | null {
  if (text === undefined || text === null || text === '') return null;
  if (typeof text !== 'string') throw new Error('An amount is no text');
  const [integer = '', fraction = ''] = text.split('.');
  const digits = fraction.replace(/0+$/, '');
  return BigInt(integer).toString() + (digits === '' ? '' : `.${digits}`);
}

const own = (text: unknown): unknown => (text === '' ? null : (text ?? null));

/** The amounts of an event as text again, under the wire's names. */
function amountsOf(event: MarketEvent, { priceExponent, sizeExponent }: Scale): unknown {
  const shown = (value: ScaledInt | null, exponent: number): string | null =>
    value === null ? null : formatScaled(value, exponent);
  const price = (value: ScaledInt | null): string | null => shown(value, priceExponent);
  const size = (value: ScaledInt | null): string | null => shown(value, sizeExponent);
  switch (event.type) {
    case 'received':
      return { price: price(event.price), size: size(event.size), funds: plain(event.funds) };
    case 'open':
      return { price: price(event.price), remaining_size: size(event.remainingSize) };
    case 'match':
      return { price: price(event.price), size: size(event.size) };
    case 'change':
      return {
        price: price(event.price),
        old_price: price(event.oldPrice),
        new_price: price(event.newPrice),
        old_size: size(event.oldSize),
        new_size: size(event.newSize),
      };
    case 'done':
      return { price: price(event.price), remaining_size: size(event.remainingSize) };
    case 'activate':
      return { stop_price: price(event.stopPrice), size: size(event.size) };
    default:
      throw new Error(`A ${event.type}`);
  }
}

/** What else the event says, under the wire's names. */
function wordsOf(event: MarketEvent): unknown {
  switch (event.type) {
    case 'received':
      return { order_id: event.orderId, order_type: event.orderType, side: event.side };
    case 'open':
      return { order_id: event.orderId, side: event.side, sequence: event.lastSequence };
    case 'match':
      return {
        maker_order_id: event.makerOrderId,
        taker_order_id: event.takerOrderId,
        trade_id: event.tradeId,
        side: event.side,
        sequence: event.firstSequence,
      };
    case 'change':
      return { order_id: event.orderId, reason: event.reason, side: event.side };
    case 'done':
      return { order_id: event.orderId, side: event.side, sequence: event.lastSequence };
    case 'activate':
      return { order_id: event.orderId, stop_type: event.stopType, side: event.side };
    default:
      throw new Error(`A ${event.type}`);
  }
}

function assertSame({ event, scale }: Read, text: string): void {
  const message = JSON.parse(text);
  if (event.type === 'diff') {
    const rows = (levels: Levels): string[] =>
      levels.map((value, index) =>
        formatScaled(value, index % 2 === 0 ? scale.priceExponent : scale.sizeExponent),
      );
    const slow = (side: string): (string | null)[] =>
      message.changes.flatMap((row: string[]) =>
        row[0] === side ? [plain(row[1]), plain(row[2])] : [],
      );
    expect([rows(event.bids), rows(event.asks)]).toEqual([slow('buy'), slow('sell')]);
    return;
  }
  expect(event.type).toBe(message.type);
  const amounts = amountsOf(event, scale) as Record<string, unknown>;
  for (const [name, value] of Object.entries(amounts)) expect(value).toBe(plain(message[name]));
  const words = wordsOf(event) as Record<string, unknown>;
  for (const [name, value] of Object.entries(words)) expect(value).toBe(own(message[name]));
}

test('every recorded frame is read exactly', { ...needs(recordings), timeout: 180_000 }, () =>
  expect(readAll(recordedFrames(), { read, assertSame })).toBeGreaterThan(6000),
);

test(
  'a damaged frame is rejected, or read as it stands',
  { ...needs(recordings), timeout: 120_000 },
  () => readDamaged(recordedFrames(), { read, assertSame }),
);
