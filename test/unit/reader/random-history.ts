/**
 * Random histories from a seed: segments, gaps, images, sealed blocks, journal parts, marks, trades. Beside
 * the commits it keeps the truth: every message with the whole book after it, and the records that carry
 * it, so that a test can damage some and know what must still be answered.
 */

import type { Archive, GapRecord, StoredRecord, Write } from '../../../logger/archive/archive.ts';
import { sealRecord } from '../../../logger/archive/record.ts';
import { newestBlock, storedImage } from '../../../logger/codec/formats.ts';
import { block1 } from '../../../logger/codec/v1/block.ts';
import type { GapCause } from '../../../logger/market/coverage.ts';
import type { Diff, LevelImage, MarketEvent, Trade } from '../../../logger/market/events.ts';
import type { Random } from '../../../logger/runtime/random.ts';

export const SECURITY = 'binance:BTCUSDT';
export const SCALE = { priceExponent: 2, sizeExponent: 3 };

export interface Message {
  readonly sequence: number;
  readonly receiveTimeUs: number;
  readonly exchangeTimeUs: number;
  readonly bids: ReadonlyMap<number, number>;
  readonly asks: ReadonlyMap<number, number>;
  /** The number of orders by price, of both sides; undefined: the exchange does not report them. */
  readonly counts: ReadonlyMap<number, number> | undefined;
}

export interface ModelRecord {
  readonly kind: 'image' | 'block' | 'piece';
  readonly header: StoredRecord['header'];
  /** Of a block or part: the messages in it. Of an image: the one it shows. */
  readonly messages: readonly Message[];
  readonly trades: readonly Trade[];
  /** The last event's receive time, trades included. */
  readonly lastEventUs: number;
}

export interface ModelSegment {
  readonly epoch: number;
  readonly records: ModelRecord[];
  /** Up to when the segment is proven, by mark or gap. */
  endUs: number;
  /** The gap after it; null: the recording continues (the last segment). */
  gap: { readonly cause: GapCause; readonly isRecorded: boolean } | null;
}

const COMMON = {
  security: SECURITY,
  level: 'L2',
  feed: 'depth',
  proof: 'sequence',
  writer: 'test',
} as const;

export class RandomHistory {
  readonly segments: ModelSegment[] = [];
  readonly #random: Random;
  readonly #archive: Archive;
  #us = 1_700_000_000_000_000;
  #sequence = 1000;
  #exchangeUs = 0;
  #tradeId = 1;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  readonly #counts: Map<number, number> | undefined;

  readonly #isBusy: boolean;

  /** @param options `isBusy`: without counts most blocks are in version 1, which a past book reads in a way of its own. */
  constructor(
    archive: Archive,
    random: Random,
    options: { readonly hasCounts?: boolean; readonly isBusy?: boolean } = {},
  ) {
    this.#isBusy = options.isBusy === true && options.hasCounts !== true;
    this.#archive = archive;
    this.#random = random;
    this.#counts = options.hasCounts === true ? new Map() : undefined;
  }

  #int(min: number, max: number): number {
    return min + Math.floor(this.#random.next() * (max - min + 1));
  }

  /** @param blocks sealed blocks per segment at most; each of at least eight diffs. */
  async record(segments: number, blocks: number): Promise<void> {
    const state = { security: SECURITY, wanted: true, feed: 'depth' };
    await this.#archive.commit([{ type: 'security', state }]);
    for (let epoch = 1; epoch <= segments; epoch++) {
      await this.#segment(epoch, epoch === segments, this.#int(0, blocks));
    }
  }

  async #segment(epoch: number, isLast: boolean, blocks: number): Promise<void> {
    const previous = this.segments.at(-1);
    this.#us += this.#int(1, 60) * 1000;
    this.#sequence += this.#int(0, 30);
    this.#move();
    this.#change(30);
    const segment: ModelSegment = { epoch, records: [], endUs: this.#us, gap: null };
    const writes: Write[] = [this.#image(segment, 'start')];
    if (previous?.gap?.isRecorded) writes.push({ type: 'gap', record: this.#gap(previous, epoch) });
    await this.#archive.commit(writes);
    this.segments.push(segment);
    for (let i = 0; i < blocks; i++) {
      const writes: Write[] = [this.#block(segment, 'block', this.#int(8, 14))];
      if (this.#int(0, 2) === 0) writes.push(this.#image(segment, 'interval'));
      await this.#archive.commit(writes);
    }
    if (isLast) {
      for (let part = 0; part < this.#int(0, 3); part++) {
        const piece = this.#block(segment, 'piece', this.#int(6, 9));
        await this.#archive.commit([{ ...piece, type: 'journal', part } as Write]);
      }
    }
    await this.#end(segment, isLast);
  }

  async #end(segment: ModelSegment, isLast: boolean): Promise<void> {
    const lastUs = Math.max(...segment.records.map((record) => record.lastEventUs));
    segment.endUs = lastUs;
    const kind = this.#int(0, 2);
    if (kind > 0) {
      this.#us += this.#int(0, 20) * 1000;
      segment.endUs = Math.max(lastUs, this.#us);
      const mark = { type: 'mark', security: SECURITY, epoch: segment.epoch } as const;
      await this.#archive.commit([{ ...mark, aliveUntilUs: segment.endUs }]);
    }
    if (isLast) return;
    const isRecorded = this.#int(0, 3) > 0;
    segment.gap = { cause: isRecorded ? 'connection' : 'other', isRecorded };
    // Without a gap record nothing proves the segment after its last event.
    if (!isRecorded) segment.endUs = lastUs;
    this.#us = Math.max(this.#us, segment.endUs);
  }

  #gap(previous: ModelSegment, epoch: number): GapRecord {
    const last = previous.records.flatMap((record) => record.messages).at(-1) as Message;
    const firstMissing = last.sequence + 1;
    const isAny = firstMissing <= this.#sequence - 1;
    return {
      security: SECURITY,
      epoch,
      fromUs: previous.endUs,
      toUs: this.#us,
      cause: 'connection',
      firstMissing: isAny ? firstMissing : null,
      lastMissing: isAny ? this.#sequence - 1 : null,
    };
  }

  #move(): void {
    this.#us += this.#int(1, 40) * 1000;
    // Stamps of the exchange step back by up to 3 ms against the order of arrival.
    this.#exchangeUs = this.#us - this.#int(5000, 8000);
  }

  #change(levels: number): Pick<Diff, 'bids' | 'asks' | 'counts'> {
    const changes = { bids: [] as number[], asks: [] as number[] };
    const counts = { bids: [] as number[], asks: [] as number[] };
    for (let i = 0; i < levels; i++) {
      const isBid = this.#int(0, 1) === 0;
      const price = isBid ? this.#int(900, 1000) : this.#int(1001, 1100);
      const size = this.#int(0, 3) === 0 ? 0 : this.#int(1, 5000);
      (isBid ? changes.bids : changes.asks).push(price, size);
      const side = isBid ? this.#bids : this.#asks;
      if (size === 0) side.delete(price);
      else side.set(price, size);
      // Changes where the size does not, too.
      const count = size === 0 ? 0 : 1 + ((size + this.#sequence) % 40);
      (isBid ? counts.bids : counts.asks).push(count);
      this.#counts?.set(price, count);
    }
    return this.#counts === undefined ? changes : { ...changes, counts };
  }

  #message(): Message {
    return {
      sequence: this.#sequence,
      receiveTimeUs: this.#us,
      exchangeTimeUs: this.#exchangeUs,
      bids: new Map(this.#bids),
      asks: new Map(this.#asks),
      counts: this.#counts && new Map(this.#counts),
    };
  }

  #image(segment: ModelSegment, reason: 'start' | 'interval'): Write {
    const last = segment.records.flatMap((record) => record.messages).at(-1);
    const message = last ?? this.#message();
    const flat = (side: ReadonlyMap<number, number>, sign: 1 | -1): number[] =>
      [...side].sort(([a], [b]) => sign * (a - b)).flat();
    const sides = { bids: flat(message.bids, -1), asks: flat(message.asks, 1) };
    const image: LevelImage = {
      level: 'L2',
      sequence: message.sequence,
      exchangeTimeUs: message.exchangeTimeUs,
      receiveTimeUs: message.receiveTimeUs,
      scale: SCALE,
      horizon: { bid: 900, ask: null },
      ...sides,
      ...(message.counts && {
        counts: {
          bids: countsAt(sides.bids, message.counts),
          asks: countsAt(sides.asks, message.counts),
        },
      }),
    };
    const record = sealRecord(
      {
        ...COMMON,
        kind: 'image',
        epoch: segment.epoch,
        fromUs: message.receiveTimeUs,
        toUs: message.receiveTimeUs,
        exchangeFromUs: message.exchangeTimeUs,
        exchangeToUs: message.exchangeTimeUs,
        previousSequence: message.sequence,
        firstSequence: message.sequence,
        lastSequence: message.sequence,
        diffs: 0,
        levelChanges: 0,
        trades: 0,
        levels: (image.bids.length + image.asks.length) / 2,
        reason,
        encoding: storedImage(image).encoding,
      },
      storedImage(image).encode(image),
    );
    const { header } = record;
    const lastEventUs = message.receiveTimeUs;
    segment.records.push({ kind: 'image', header, messages: [message], trades: [], lastEventUs });
    return { type: 'image', record };
  }

  #block(segment: ModelSegment, kind: 'block' | 'piece', diffs: number): Write {
    const previousSequence = this.#sequence;
    const events: MarketEvent[] = [];
    const messages: Message[] = [];
    const trades: Trade[] = [];
    while (messages.length < diffs) {
      this.#move();
      if (this.#int(0, 3) === 0) {
        trades.push(this.#trade());
        events.push(trades.at(-1) as Trade);
        continue;
      }
      const firstSequence = this.#sequence + 1;
      this.#sequence += this.#int(1, 5);
      const diff: Diff = {
        type: 'diff',
        firstSequence,
        lastSequence: this.#sequence,
        exchangeTimeUs: this.#exchangeUs,
        receiveTimeUs: this.#us,
        ...this.#change(this.#int(0, 4)),
      };
      events.push(diff);
      messages.push(this.#message());
    }
    const codec = this.#isBusy && events.length % 3 !== 0 ? block1 : newestBlock('L2');
    const record = blockRecordOf(segment.epoch, previousSequence, events, codec);
    const { header } = record;
    segment.records.push({ kind, header, messages, trades, lastEventUs: header.toUs });
    return { type: 'block', record };
  }

  #trade(): Trade {
    return {
      type: 'trade',
      tradeId: this.#tradeId++,
      sequence: null,
      exchangeTimeUs: this.#exchangeUs,
      eventTimeUs: this.#exchangeUs,
      receiveTimeUs: this.#us,
      price: this.#int(900, 1100),
      size: this.#int(1, 1000),
      side: this.#int(0, 1) === 0 ? 'buy' : 'sell',
    };
  }
}

function countsAt(levels: readonly number[], counts: ReadonlyMap<number, number>): number[] {
  return levels.filter((_, i) => i % 2 === 0).map((price) => counts.get(price) ?? 0);
}

export function blockRecordOf(
  epoch: number,
  previousSequence: number,
  events: readonly MarketEvent[],
  codec = newestBlock('L2'),
): StoredRecord {
  const diffs = events.filter((event): event is Diff => event.type === 'diff');
  const exchangeTimes = diffs.map((diff) => diff.exchangeTimeUs);
  const receiveTimes = events.map((event) => event.receiveTimeUs);
  return sealRecord(
    {
      ...COMMON,
      kind: 'block',
      epoch,
      fromUs: Math.min(...receiveTimes),
      toUs: Math.max(...receiveTimes),
      exchangeFromUs: diffs.length > 0 ? Math.min(...exchangeTimes) : 0,
      exchangeToUs: diffs.length > 0 ? Math.max(...exchangeTimes) : 0,
      previousSequence,
      firstSequence: previousSequence + 1,
      lastSequence: diffs.at(-1)?.lastSequence ?? previousSequence,
      diffs: diffs.length,
      levelChanges: diffs.reduce((n, diff) => n + (diff.bids.length + diff.asks.length) / 2, 0),
      trades: events.length - diffs.length,
      levels: 0,
      reason: null,
      encoding: codec.encoding,
    },
    codec.encode({ scale: SCALE, previousSequence, events }),
  );
}
