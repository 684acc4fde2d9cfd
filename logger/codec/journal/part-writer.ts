/**
 * Journal parts, encodings `journal/1` and `journal/2`: the events of an open block, written as they come, in as little
 * time as possible. Nothing is looked up, sorted or compressed: that is done once, when the block is
 * sealed. A part is decodable on its own.
 *
 *   scale · previous sequence · events, each: its type (a byte) · which fields are null (bits) · fields
 *
 * An event with a number that is not plain (a bigint, or beyond 2^52) is stored as JSON. A part is
 * `journal/2` if a diff in it has numbers of orders.
 */

import { assertInvariant } from '../../errors.ts';
import type { Scale } from '../../market/decimal.ts';
import type {
  Diff,
  LevelCounts,
  Levels,
  MarketEvent,
  OrderSide,
  Trade,
  TradeId,
} from '../../market/events.ts';
import { parseUuid } from '../../market/uuid.ts';
import type { UuidWords } from '../../market/uuid.ts';
import { ByteBuffer } from '../../market/byte-buffer.ts';
import {
  COUNTED_DIFF,
  FORM,
  JSON_EVENT,
  MAX_PLAIN,
  NO_TRADE_SEQUENCE,
  PLAIN_DIFF,
  Predictions,
  SHAPES,
  TRADE,
} from './event-fields.ts';
import type { Field, FieldKind } from './event-fields.ts';

const FIRST_CAPACITY_BYTES = 1024;
const NUMBERS: ReadonlyMap<MarketEvent['type'], number> = new Map(
  SHAPES.map(({ type }, number) => [type, number]),
);
const words: UuidWords = new Int32Array(4);
const uuidBytes = new Uint8Array(words.buffer);

type Values = Readonly<Record<string, unknown>>;

export class PartWriter {
  readonly #out = new ByteBuffer(FIRST_CAPACITY_BYTES);
  readonly #starts: number[] = [];
  /** Parts with numbers of orders. */
  readonly #counted = new Set<number>();
  #last = new Predictions(0);

  /** Begins a part; the one before it is complete. */
  begin(scale: Scale, previousSequence: number): void {
    this.#starts.push(this.#out.length);
    this.#last = new Predictions(previousSequence);
    this.#out.integer(scale.priceExponent);
    this.#out.integer(scale.sizeExponent);
    this.#out.integer(previousSequence);
  }

  get count(): number {
    return this.#starts.length;
  }

  /** As far as it is written. A view: it stays as it is. */
  part(index: number): Uint8Array {
    return this.#out.view(this.#starts[index]!, this.#starts[index + 1] ?? this.#out.length);
  }

  encodingOf(index: number): string {
    return this.#counted.has(index) ? 'journal/2' : 'journal/1';
  }

  /** The same bytes as `addByTable`. Nearly all events are diffs and trades: for those, without the table. */
  add(event: MarketEvent): void {
    const isWritten =
      event.type === 'diff' ? this.#diff(event) : event.type === 'trade' && this.#trade(event);
    if (!isWritten) this.addByTable(event);
  }

  /** @returns false, with nothing written, if a number is not plain or there are numbers of orders. */
  #diff(diff: Diff): boolean {
    const { firstSequence, lastSequence, exchangeTimeUs, receiveTimeUs, bids, asks } = diff;
    const isUsual =
      diff.counts === undefined &&
      isPlainNumber(firstSequence) &&
      isPlainNumber(lastSequence) &&
      isPlainNumber(exchangeTimeUs) &&
      isPlainNumber(receiveTimeUs) &&
      areAllPlain(bids) &&
      areAllPlain(asks);
    if (!isUsual) return false;
    this.#begin(PLAIN_DIFF, 0);
    this.#distance('sequence', firstSequence);
    this.#distance('sequence', lastSequence);
    this.#distance('time', exchangeTimeUs);
    this.#distance('arrival', receiveTimeUs);
    this.#levels('bids', bids as readonly number[]);
    this.#levels('asks', asks as readonly number[]);
    return true;
  }

  /** @returns false, with nothing written, if a number is not plain or the id is no number. */
  #trade(trade: Trade): boolean {
    const { tradeId, sequence, exchangeTimeUs, eventTimeUs, receiveTimeUs, price, size } = trade;
    const isUsual =
      isPlainNumber(tradeId) &&
      (sequence === null || isPlainNumber(sequence)) &&
      isPlainNumber(exchangeTimeUs) &&
      isPlainNumber(eventTimeUs) &&
      isPlainNumber(receiveTimeUs) &&
      isPlainNumber(price) &&
      isPlainNumber(size);
    if (!isUsual) return false;
    this.#begin(TRADE, sequence === null ? NO_TRADE_SEQUENCE : 0);
    this.#tradeId(tradeId);
    if (sequence !== null) this.#out.integer(sequence);
    this.#distance('time', exchangeTimeUs);
    this.#distance('time', eventTimeUs);
    this.#distance('arrival', receiveTimeUs);
    this.#distance('price', price);
    this.#out.integer(size);
    this.#side(trade.side);
    return true;
  }

  #begin(number: number, nulls: number): void {
    this.#out.byte(number);
    this.#out.integer(nulls);
  }

  /** Any event, field by field as `event-fields.ts` says. */
  addByTable(event: MarketEvent): void {
    const counts = event.type === 'diff' ? event.counts : undefined;
    const number = NUMBERS.get(event.type) as number;
    const { fields } = SHAPES[number]!;
    const values = event as unknown as Values;
    if (counts !== undefined) this.#noteCounts(event as Diff, counts);
    if (!isPlain(fields, values)) {
      this.#out.byte(JSON_EVENT);
      this.#out.text(JSON.stringify(event, taggedBigInt));
      return;
    }
    this.#begin(counts === undefined ? number : COUNTED_DIFF, nullBits(fields, values));
    for (const { name, kind } of fields) {
      const value = values[name];
      if (value !== null) this.#add(kind, value);
    }
    if (counts === undefined) return;
    for (const count of counts.bids) this.#out.integer(count);
    for (const count of counts.asks) this.#out.integer(count);
  }

  #noteCounts({ bids, asks }: Diff, counts: LevelCounts): void {
    const areParallel =
      counts.bids.length * 2 === bids.length && counts.asks.length * 2 === asks.length;
    assertInvariant(areParallel, 'There is a number of orders for each level or for none');
    assertInvariant(
      counts.bids.every(isPlainNumber) && counts.asks.every(isPlainNumber),
      'A number of orders is no integer',
    );
    this.#counted.add(this.count - 1);
  }

  #add(kind: FieldKind, value: unknown): void {
    switch (kind) {
      case 'sequence':
      case 'time':
      case 'arrival':
      case 'price':
        this.#distance(kind, value as number);
        break;
      case 'number':
        this.#out.integer(value as number);
        break;
      case 'bids':
      case 'asks':
        this.#levels(kind, value as readonly number[]);
        break;
      case 'trade':
        this.#tradeId(value as TradeId);
        break;
      case 'side':
        this.#side(value as OrderSide);
        break;
      case 'text':
        this.#text(value as string);
        break;
    }
  }

  #distance(kind: 'sequence' | 'time' | 'arrival' | 'price' | 'trade', value: number): void {
    this.#out.integer(value - this.#last[kind]);
    this.#last[kind] = value;
  }

  #levels(side: 'bids' | 'asks', levels: readonly number[]): void {
    this.#out.integer(levels.length / 2);
    this.#out.pairs(levels, this.#last[side]);
    this.#last[side] = levels[0] ?? this.#last[side];
  }

  #side(side: OrderSide): void {
    this.#out.byte(side === 'buy' ? 0 : 1);
  }

  #tradeId(id: TradeId): void {
    if (typeof id === 'string') return this.#text(id);
    this.#out.byte(FORM.number);
    this.#distance('trade', id);
  }

  #text(text: string): void {
    if (parseUuid(text, words)) {
      this.#out.byte(FORM.uuid);
      this.#out.append(uuidBytes);
    } else {
      this.#out.byte(FORM.text);
      this.#out.text(text);
    }
  }
}

function nullBits(fields: readonly Field[], values: Values): number {
  let bits = 0;
  for (let i = 0; i < fields.length; i++) if (values[fields[i]!.name] === null) bits |= 1 << i;
  return bits;
}

function isPlain(fields: readonly Field[], values: Values): boolean {
  for (const { name, kind } of fields) {
    const value = values[name];
    if (kind === 'bids' || kind === 'asks') {
      if (!areAllPlain(value as Levels)) return false;
    } else if (typeof value !== 'string' && value !== null && !isPlainNumber(value)) {
      return false;
    }
  }
  return true;
}

/** Apart from the other fields: this loop sees nothing but numbers. */
function areAllPlain(levels: Levels): boolean {
  for (let i = 0; i < levels.length; i++) {
    const value = levels[i]!;
    if (typeof value !== 'number') return false;
    // Nearly all are small integers, which costs least to see.
    if ((value | 0) === value) continue;
    if (!(Math.abs(value) <= MAX_PLAIN) || value % 1 !== 0) return false;
  }
  return true;
}

function isPlainNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= MAX_PLAIN;
}

function taggedBigInt(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { bigint: String(value) } : value;
}
