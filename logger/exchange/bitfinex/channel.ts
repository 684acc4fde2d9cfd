/**
 * What a connection knows of one channel: whose it is, the window of a book's, and where its messages stand in
 * the connection's count. Messages become events here.
 */

import type { UpdateHead } from '../../market/events.ts';
import { finerScale, isSameScale } from '../../market/scale.ts';
import type { FeedMessage, ReadContext, Route } from '../feed/protocol.ts';
import { JsonNumber } from '../wire/exact-json.ts';
import { wireError } from '../wire/fields.ts';
import { WINDOW } from './books.ts';
import type { BookKind } from './books.ts';
import { levelMessage, orderMessage, scaledRow, scaledRows, snapshotOf } from './events.ts';
import { Matches } from './matches.ts';
import { orderRow, priceRow } from './rows.ts';
import { Window } from './window.ts';

/** Far more rows than a side shows: deletions must be missing. */
const MAX_ROWS = 2 * WINDOW;

/** Kind of the error that an image is which nobody asked for. */
export const UNASKED = 'unasked';

/** Where a message stands, and when it was sent. */
export interface Place {
  readonly sequence: number;
  readonly exchangeTimeUs: number;
}

export class BookChannel {
  readonly symbol: string;
  readonly image: Route;
  readonly update: Route;
  readonly checksum: Route;
  readonly heartbeat: Route;
  readonly #kind: BookKind;
  readonly #matches = new Matches();
  #window: Window | null = null;
  /** Of the last message of the book, and of the one before it. */
  #lastSequence = 0;
  #previousSequence = 0;
  /** Messages are missing, or contradict the window: it is of no use any more. */
  #isBroken = false;

  constructor(symbol: string, kind: BookKind) {
    this.symbol = symbol;
    this.#kind = kind;
    this.image = { to: 'symbol', symbol, kind: 'image', carries: 'image' };
    this.update = { to: 'symbol', symbol, kind: 'update', carries: 'update' };
    this.checksum = { to: 'symbol', symbol, kind: 'checksum', carries: 'side' };
    this.heartbeat = { to: 'symbol', symbol, kind: 'heartbeat', carries: 'side' };
  }

  /** A message of the book has come, whatever becomes of it. */
  count(sequence: number): void {
    this.#previousSequence = this.#lastSequence;
    this.#lastSequence = sequence;
  }

  /** Messages before this sequence are missing. */
  lose(sequence: number): void {
    this.#lastSequence = sequence - 1;
    this.#isBroken = true;
  }

  /** @throws WireFormatError; the channel is of no use then. */
  readImage(rows: unknown, place: Place, context: ReadContext): readonly FeedMessage[] {
    return this.#orBreak(() => {
      if (this.#window) throw wireError(UNASKED, 'The exchange sent the whole book again');
      if (!Array.isArray(rows)) throw wireError('shape', 'The image is not a list');
      const { level } = this.#kind;
      const scaled = scaledRows(rows.map(level === 'L2' ? priceRow : orderRow), context.scale);
      const { receiveTimeUs } = context;
      const snapshot = snapshotOf(level, scaled, { ...place, receiveTimeUs });
      const window = new Window(scaled.scale, MAX_ROWS);
      for (const row of scaled.rows) window.set(row);
      this.#window = window;
      // What was lost before it is in it.
      this.#isBroken = false;
      return [{ kind: 'image', snapshot }];
    });
  }

  /** @throws WireFormatError; the channel is of no use then. */
  readUpdate(value: unknown, place: Place, context: ReadContext): readonly FeedMessage[] {
    const window = this.#window;
    // Its image could not be used, which was said.
    if (!window && this.#isBroken) return [];
    return this.#orBreak(() => {
      if (!window) throw wireError('shape', 'A change of a book that has not come');
      return [this.#take(window, value, place, context)];
    });
  }

  readChecksum(value: unknown, place: Place, context: ReadContext): readonly FeedMessage[] {
    const theirs = value instanceof JsonNumber ? value.integer : null;
    if (theirs === null || theirs !== (theirs | 0))
      throw wireError('checksum', 'A checksum is not a number of 32 bits');
    const window = this.#window;
    if (!window || this.#isBroken) return [];
    const { receiveTimeUs } = context;
    const { reach, length } = window;
    const isFull = length <= WINDOW;
    const ours = window.checksum();
    if (ours === theirs && isFull) {
      this.#matches.add({ sequence: this.#lastSequence, receiveTimeUs, reach });
      return this.readHeartbeat(place, context);
    }
    // One mismatch says it all.
    this.#isBroken = true;
    const reason = isFull
      ? `The exchange's checksum is ${theirs}, that of the book ${ours}`
      : `The window has ${length} rows on a side, more than ${WINDOW}`;
    const lastMatch = isFull ? this.#matches.lastCovering(reach) : null;
    return [{ kind: 'checksum', reason, receiveTimeUs, lastMatch }];
  }

  /** The channel lives, and has brought all there is. */
  readHeartbeat({ exchangeTimeUs }: Place, { receiveTimeUs }: ReadContext): readonly FeedMessage[] {
    if (!this.#window) return [];
    const lastSequence = this.#lastSequence;
    return [{ kind: 'heartbeat', lastSequence, lastTradeId: 0, exchangeTimeUs, receiveTimeUs }];
  }

  #orBreak<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  #take(
    window: Window,
    value: unknown,
    { exchangeTimeUs }: Place,
    { scale: theirs, receiveTimeUs }: ReadContext,
  ): FeedMessage {
    const isPrice = this.#kind.level === 'L2';
    const at = finerScale(theirs, window.scale);
    const { scale, row } = scaledRow((isPrice ? priceRow : orderRow)(value), at);
    if (!isSameScale(scale, window.scale)) {
      window.refine(scale);
      this.#matches.clear();
    }
    const head: UpdateHead = {
      firstSequence: this.#previousSequence + 1,
      lastSequence: this.#lastSequence,
      exchangeTimeUs,
      receiveTimeUs,
    };
    const message = isPrice
      ? levelMessage(row, scale, head)
      : orderMessage(row, window.order(row.orderId), scale, head);
    if (row.size === 0) window.remove(row);
    else window.set(row);
    return message;
  }
}
