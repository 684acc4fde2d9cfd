/** Reads journal parts: see `part-writer.ts`. */

import { RecordCorruptError } from '../../errors.ts';
import type { Diff, Levels, MarketEvent, OrderSide, Trade } from '../../market/events.ts';
import { formatUuid } from '../../market/uuid.ts';
import type { UuidWords } from '../../market/uuid.ts';
import type { BlockContent } from '../codec.ts';
import { ByteScanner, damaged } from '../../market/byte-buffer.ts';
import {
  COUNTED_DIFF,
  FORM,
  JSON_EVENT,
  NO_TRADE_SEQUENCE,
  PLAIN_DIFF,
  Predictions,
  SHAPES,
  TRADE,
} from './event-fields.ts';
import type { EventShape, FieldKind } from './event-fields.ts';

const words: UuidWords = new Int32Array(4);
const uuidBytes = new Uint8Array(words.buffer);

export const journal1 = {
  encoding: 'journal/1',
  /** @throws RecordCorruptError */
  decode: (part: Uint8Array): BlockContent => contentOf(new PartReader(part, false)),
};

export const journal2 = {
  encoding: 'journal/2',
  /** @throws RecordCorruptError */
  decode: (part: Uint8Array): BlockContent => contentOf(new PartReader(part, true)),
};

function contentOf(reader: PartReader): BlockContent {
  const events: MarketEvent[] = [];
  while (!reader.isAtEnd) events.push(reader.event());
  const { scale, previousSequence } = reader;
  return { scale, previousSequence, events };
}

class PartReader {
  readonly scale: BlockContent['scale'];
  readonly previousSequence: number;
  readonly #in: ByteScanner;
  readonly #last: Predictions;
  readonly #mayHaveCounts: boolean;

  constructor(part: Uint8Array, mayHaveCounts: boolean) {
    this.#mayHaveCounts = mayHaveCounts;
    this.#in = new ByteScanner(part);
    this.scale = { priceExponent: this.#in.integer(), sizeExponent: this.#in.integer() };
    this.previousSequence = this.#in.integer();
    this.#last = new Predictions(this.previousSequence);
  }

  get isAtEnd(): boolean {
    return this.#in.isAtEnd;
  }

  event(): MarketEvent {
    const number = this.#in.byte();
    if (number === JSON_EVENT) return this.#json();
    const isCounted = this.#mayHaveCounts && number === COUNTED_DIFF;
    const shape = SHAPES[isCounted ? PLAIN_DIFF : number];
    if (shape === undefined) throw damaged(`there is no type of event ${number}`);
    const nulls = this.#in.integer();
    if (number === TRADE && (nulls === 0 || nulls === NO_TRADE_SEQUENCE)) {
      return this.#trade(nulls !== 0);
    }
    const isPlainDiff = shape === SHAPES[PLAIN_DIFF] && nulls === 0;
    const event = isPlainDiff ? this.#diff() : this.#fields(shape, nulls);
    return isCounted ? this.#withCounts(event as Diff) : event;
  }

  /** As `#fields` does, for what nearly all events are. */
  #diff(): Diff {
    return {
      type: 'diff',
      firstSequence: this.#distance('sequence'),
      lastSequence: this.#distance('sequence'),
      exchangeTimeUs: this.#distance('time'),
      receiveTimeUs: this.#distance('arrival'),
      bids: this.#levels('bids'),
      asks: this.#levels('asks'),
    };
  }

  /** As `#fields` does. */
  #trade(hasNoSequence: boolean): Trade {
    return {
      type: 'trade',
      tradeId: this.#text('trade'),
      sequence: hasNoSequence ? null : this.#in.integer(),
      exchangeTimeUs: this.#distance('time'),
      eventTimeUs: this.#distance('time'),
      receiveTimeUs: this.#distance('arrival'),
      price: this.#distance('price'),
      size: this.#in.integer(),
      side: this.#side(),
    };
  }

  #fields(shape: EventShape, nulls: number): MarketEvent {
    const values: Record<string, unknown> = { type: shape.type };
    for (const [i, { name, kind }] of shape.fields.entries()) {
      values[name] = (nulls & (1 << i)) === 0 ? this.#value(kind) : null;
    }
    return values as unknown as MarketEvent;
  }

  #withCounts(diff: Diff): Diff {
    const counts = ({ length }: Levels): number[] =>
      Array.from({ length: length / 2 }, () => this.#in.integer());
    return { ...diff, counts: { bids: counts(diff.bids), asks: counts(diff.asks) } };
  }

  #value(kind: FieldKind): unknown {
    switch (kind) {
      case 'sequence':
      case 'time':
      case 'arrival':
      case 'price':
        return this.#distance(kind);
      case 'number':
        return this.#in.integer();
      case 'bids':
      case 'asks':
        return this.#levels(kind);
      case 'side':
        return this.#side();
      case 'trade':
      case 'text':
        return this.#text(kind);
    }
  }

  #distance(kind: 'sequence' | 'time' | 'arrival' | 'price' | 'trade'): number {
    return (this.#last[kind] += this.#in.integer());
  }

  #side(): OrderSide {
    return this.#in.byte() === 0 ? 'buy' : 'sell';
  }

  #levels(side: 'bids' | 'asks'): number[] {
    const levels = this.#in.pairs(this.#in.count(), this.#last[side]);
    this.#last[side] = levels[0] ?? this.#last[side];
    return levels;
  }

  #text(kind: 'trade' | 'text'): string | number {
    const form = this.#in.byte();
    if (form === FORM.text) return this.#in.text();
    if (form === FORM.number && kind === 'trade') return this.#distance('trade');
    if (form !== FORM.uuid) throw damaged(`there is no form of text ${form}`);
    uuidBytes.set(this.#in.take(uuidBytes.length));
    return formatUuid(words, 0);
  }

  #json(): MarketEvent {
    const text = this.#in.text();
    try {
      return JSON.parse(text, untaggedBigInt) as MarketEvent;
    } catch (error) {
      throw new RecordCorruptError('Damaged journal: an event is no JSON', { cause: error });
    }
  }
}

function untaggedBigInt(_: string, value: unknown): unknown {
  const isTagged = typeof value === 'object' && value !== null && 'bigint' in value;
  return isTagged ? BigInt(value.bigint as string) : value;
}
