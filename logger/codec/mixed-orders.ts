/**
 * `mixed-orders/2`: an L3 block of an exchange that numbers other messages too, and that reports trades beside the
 * orders' events, not as their fills. A record of version 2 for the events and one for the trades, where the
 * trades stand, and the sequences. Documented in `docs/format.md`; frozen as the versions are.
 */

import { crc32 } from 'node:zlib';
import { RecordCorruptError, assertInvariant } from '../errors.ts';
import { isBookUpdate } from '../market/events.ts';
import type { MarketEvent } from '../market/events.ts';
import { isSameScale } from '../market/scale.ts';
import type { BlockCodec, BlockContent } from './codec.ts';
import { block2 } from './v2/block.ts';
import { ByteWriter } from './v2/bytes.ts';
import { orders2 } from './v2/orders.ts';

const VERSION = 2;
const CHECKSUM_BYTES = 4;

export const mixedOrders2: BlockCodec = {
  encoding: 'mixed-orders/2',
  level: 'L3',

  encode(content) {
    const trades: MarketEvent[] = [];
    const others: MarketEvent[] = [];
    /** Of each trade, the other events since the trade before it. */
    const distances: number[] = [];
    let since = 0;
    for (const event of content.events) {
      if (event.type !== 'trade') {
        others.push(event);
        since++;
        continue;
      }
      trades.push(event);
      distances.push(since);
      since = 0;
    }
    const { events, steps } = numbered(others, content.previousSequence);
    const writer = new ByteWriter();
    writer.byte(VERSION);
    for (const record of [
      orders2.encode({ ...content, events }),
      block2.encode({ ...content, events: trades }),
    ]) {
      writer.uint(record.length);
      writer.append(record);
    }
    for (const number of [...distances, ...steps]) writer.uint(number);
    const checksum = Buffer.alloc(CHECKSUM_BYTES);
    checksum.writeUInt32LE(crc32(writer.bytes()));
    writer.append(checksum);
    return writer.bytes().slice();
  },

  decode(body) {
    const reader = new Reader(body);
    const orders = orders2.decode(reader.record());
    const trades = block2.decode(reader.record());
    if (!isSameHead(orders, trades)) throw corrupt('its parts do not belong together');
    const places = trades.events.map(() => reader.uint());
    let sequence = orders.previousSequence;
    const others = orders.events.map((event) => {
      if (!isBookUpdate(event)) return event;
      const firstSequence = sequence + 1;
      sequence += reader.uint();
      if (sequence < firstSequence || !Number.isSafeInteger(sequence))
        throw corrupt('its sequences do not rise');
      return { ...event, firstSequence, lastSequence: sequence };
    });
    reader.end();
    const events: MarketEvent[] = [];
    let at = 0;
    trades.events.forEach((trade, i) => {
      const from = at;
      at += places[i] ?? 0;
      if (trade.type !== 'trade' || at > others.length)
        throw corrupt('its trades do not stand among its events');
      events.push(...others.slice(from, at), trade);
    });
    return { ...orders, events: [...events, ...others.slice(at)] };
  },
};

/** Whether a block needs this encoding: it has trades, or updates that cover several sequences. */
export function isMixed({ events }: BlockContent): boolean {
  return events.some(
    (event) =>
      event.type === 'trade' || (isBookUpdate(event) && event.firstSequence !== event.lastSequence),
  );
}

/** The events numbered one by one, as `orders/2` has them, and how far each went in truth. */
function numbered(events: readonly MarketEvent[], previousSequence: number) {
  const steps: number[] = [];
  let sequence = previousSequence;
  const oneByOne = events.map((event) => {
    if (!isBookUpdate(event)) return event;
    assertInvariant(
      event.firstSequence === sequence + 1,
      'An order event does not continue the one before it',
    );
    steps.push(event.lastSequence - sequence);
    sequence = event.lastSequence;
    const number = previousSequence + steps.length;
    return { ...event, firstSequence: number, lastSequence: number };
  });
  return { events: oneByOne, steps };
}

function isSameHead(orders: BlockContent, trades: BlockContent): boolean {
  return (
    isSameScale(orders.scale, trades.scale) &&
    trades.tradeScale === undefined &&
    orders.previousSequence === trades.previousSequence
  );
}

class Reader {
  readonly #body: Uint8Array;
  readonly #end: number;
  #at = 1;

  constructor(body: Uint8Array) {
    this.#body = body;
    this.#end = body.length - CHECKSUM_BYTES;
    if (this.#end < 1 || body[0] !== VERSION) throw corrupt('it is no record of version 2');
    const sum = Buffer.from(body.buffer, body.byteOffset + this.#end, CHECKSUM_BYTES);
    if (sum.readUInt32LE() !== crc32(body.subarray(0, this.#end)))
      throw corrupt('its checksum does not match');
  }

  uint(): number {
    let value = 0;
    for (let factor = 1; this.#at < this.#end; factor *= 128) {
      const byte = this.#body[this.#at++] ?? 0;
      value += (byte % 128) * factor;
      if (byte < 128 && Number.isSafeInteger(value) && (byte > 0 || factor === 1)) return value;
      if (byte < 128 || factor > 2 ** 42) break;
    }
    throw corrupt('a number has no end');
  }

  record(): Uint8Array {
    const length = this.uint();
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw corrupt('a part of it is cut off');
    return this.#body.subarray(from, this.#at);
  }

  end(): void {
    if (this.#at !== this.#end) throw corrupt('something is left over');
  }
}

function corrupt(what: string): RecordCorruptError {
  return new RecordCorruptError(`The record is damaged: ${what}`);
}
