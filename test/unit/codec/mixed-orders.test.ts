/** L3 blocks whose trades come beside the orders' events, and whose sequences count other messages too. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { BlockContent } from '../../../logger/codec/codec.ts';
import { decodeBlock, journalWriter, storedBlock } from '../../../logger/codec/formats.ts';
import { mixedOrders2 } from '../../../logger/codec/mixed-orders.ts';
import { block2 } from '../../../logger/codec/v2/block.ts';
import { ByteWriter } from '../../../logger/codec/v2/bytes.ts';
import { orders2 } from '../../../logger/codec/v2/orders.ts';
import { RecordCorruptError } from '../../../logger/errors.ts';
import type { MarketEvent, OrderEvent, Trade } from '../../../logger/market/events.ts';
import { flippedBits, outcomeOf } from './damage.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'codec');
const SCALE = { priceExponent: 2, sizeExponent: 8 };
const BEGIN_US = 1_795_158_000_000_000;

/** @param first of its sequences. */
function open(sequence: number, first = sequence): OrderEvent {
  const times = { exchangeTimeUs: BEGIN_US + sequence, receiveTimeUs: BEGIN_US + sequence * 7 };
  const orderId = String(34_006_738_000 + sequence);
  const rests = { side: 'buy', price: 9_000_000 - sequence, remainingSize: 25_000_000 } as const;
  return {
    type: 'open',
    firstSequence: first,
    lastSequence: sequence,
    ...times,
    orderId,
    ...rests,
  };
}

function trade(n: number): Trade {
  const exchangeTimeUs = BEGIN_US + n;
  return {
    type: 'trade',
    tradeId: String(1_200_300_400 + n),
    sequence: null,
    exchangeTimeUs,
    eventTimeUs: exchangeTimeUs + 5,
    receiveTimeUs: BEGIN_US + n * 7 + 3,
    price: 9_000_000,
    size: 100_000 * n,
    side: n % 2 === 0 ? 'buy' : 'sell',
  };
}

const blockOf = (...events: MarketEvent[]): BlockContent => ({
  scale: SCALE,
  previousSequence: 1,
  events,
});

const FROZEN = blockOf(
  trade(1),
  open(2),
  open(9, 3),
  trade(3),
  trade(4),
  open(300, 10),
  open(301),
  trade(7),
);

describe('trades beside orders', () => {
  test.each([
    ['at both ends and between', FROZEN],
    ['after all orders', blockOf(open(2), trade(2))],
    ['before all orders', blockOf(trade(2), open(2))],
    ['alone', blockOf(trade(2), trade(3))],
    ['none', blockOf(open(2))],
    ['none, and spans', blockOf(open(7, 2), open(8))],
  ])('%s come back where they stood', (_, content) => {
    expect(mixedOrders2.decode(mixedOrders2.encode(content))).toEqual(content);
  });

  test('choose the encoding of a block, and are kept in a journal', () => {
    expect(storedBlock('L3', FROZEN).encoding).toBe('mixed-orders/2');
    expect(storedBlock('L3', blockOf(open(2))).encoding).toBe('orders/2');
    expect(storedBlock('L3', blockOf(open(5, 2))).encoding).toBe('mixed-orders/2');
    const writer = journalWriter();
    writer.begin(SCALE, 1);
    for (const event of FROZEN.events) writer.add(event);
    expect(decodeBlock(writer.encodingOf(0), writer.part(0))).toEqual(FROZEN);
  });

  test('are written as they were when the encoding was frozen', () => {
    const frozen = readFileSync(join(FOLDER, 'mixed-orders-2.bin'));
    const hash = createHash('sha256').update(frozen).digest('hex').slice(0, 32);
    expect(hash).toBe('2ab738973fc1c662962e278df2889d21');
    expect(decodeBlock('mixed-orders/2', frozen)).toEqual(FROZEN);
    expect(Buffer.from(mixedOrders2.encode(FROZEN))).toEqual(frozen);
  });
});

test('an event that does not continue the one before it is a bug of the caller', () => {
  expect(() => mixedOrders2.encode(blockOf(open(2), open(9, 4)))).toThrow('does not continue');
});

describe('a damaged record', () => {
  const body = mixedOrders2.encode(FROZEN);

  test('is corrupt, wherever it is cut or changed', () => {
    for (let length = 0; length < body.length; length++) {
      expect(outcomeOf(() => mixedOrders2.decode(body.subarray(0, length)))).toBe('corrupt');
    }
    for (const { bytes } of flippedBits(body)) {
      expect(outcomeOf(() => mixedOrders2.decode(bytes))).toBe('corrupt');
    }
  });

  const made = (parts: readonly Uint8Array[], ...numbers: readonly number[]): Uint8Array => {
    const writer = new ByteWriter();
    writer.byte(2);
    for (const part of parts) {
      writer.uint(part.length);
      writer.append(part);
    }
    for (const number of numbers) writer.uint(number);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(crc32(writer.bytes()));
    writer.append(checksum);
    return writer.bytes().slice();
  };
  const orders = orders2.encode(blockOf(open(2)));
  const trades = block2.encode(blockOf(trade(2)));
  const later = block2.encode({ ...blockOf(trade(2)), previousSequence: 9 });

  test.each([
    ['a trade beyond its events', made([orders, trades], 2, 1)],
    ['no sequence of an event', made([orders, trades], 1)],
    ['something left over', made([orders, trades], 1, 1, 0)],
    ['parts of two blocks', made([orders, later], 0, 1)],
    ['a sequence that does not rise', made([orders, trades], 1, 0)],
    ['one part', made([orders])],
  ])('with a right checksum, but %s, is corrupt', (_, bytes) => {
    expect(() => mixedOrders2.decode(bytes)).toThrow(RecordCorruptError);
    expect(mixedOrders2.decode(made([orders, trades], 1, 5)).events).toHaveLength(2);
  });
});
