/**
 * Everything of diffs and trades except levels: sequences, ids, times, and a trade's price and size.
 * Each number is stored as its distance from a prediction made from the messages before it. Exchange times
 * are in the block's time unit, receive times in microseconds.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import type { Diff, Trade, TradeId, UpdateHead } from '../../market/events.ts';
import * as contexts from './block-contexts.ts';
import { AT } from './block-contexts.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { OFF_GRID } from './grid.ts';
import type { Grid } from './grid.ts';
import { IdModel } from './ids.ts';
import {
  NEAR_CONTEXTS,
  NO_NUMBER,
  NO_STEP,
  codeNear,
  codeScaled,
  codeSigned,
  lengthOf,
} from './numbers.ts';
import { SizeModel } from './sizes.ts';
import { codeTime } from './times.ts';

/** What the messages of a block have in common; stored in its header. */
export interface Rhythm {
  /** The units of exchange times and of receive times. */
  readonly timeUnitUs: number;
  readonly receiveUnitUs: number;
  /** The usual interval between two diffs. */
  readonly diffIntervalUs: number;
}

const lengthAsContext = (count: number): number =>
  Math.min(contexts.COUNT_LENGTHS - 1, lengthOf(count));

export class DiffHeadModel {
  readonly #coder: Coder;
  readonly #rhythm: Rhythm;
  #timeUs = 0;
  #latencyUs = 0;
  /** The numbers of levels of the last diff. */
  bidCount = 0;
  askCount = 0;
  #sequence: number;

  constructor(coder: Coder, rhythm: Rhythm, previousSequence: number) {
    this.#coder = coder;
    this.#rhythm = rhythm;
    this.#sequence = previousSequence;
  }

  code(diff: Diff): UpdateHead {
    const coder = this.#coder;
    const { timeUnitUs, receiveUnitUs, diffIntervalUs } = this.#rhythm;
    const exchangeTimeUs = codeTime(
      coder,
      AT.diffTime,
      timeUnitUs,
      diff.exchangeTimeUs,
      this.#timeUs + diffIntervalUs,
    );
    const receiveTimeUs = codeTime(
      coder,
      AT.diffLatency,
      receiveUnitUs,
      diff.receiveTimeUs,
      exchangeTimeUs + this.#latencyUs,
    );
    const bidCount = this.#count(AT.bidCount, diff.bids.length / 2, this.bidCount);
    const askCount = this.#count(AT.askCount, diff.asks.length / 2, bidCount);
    const next = this.#sequence + 1;
    const firstSequence = codeNear(coder, AT.firstSequence, diff.firstSequence, next);
    const changes = bidCount + askCount;
    const spans = AT.sequenceSpan + lengthAsContext(changes) * NEAR_CONTEXTS;
    const lastSequence = codeNear(coder, spans, diff.lastSequence, firstSequence + changes);
    this.#timeUs = exchangeTimeUs;
    this.#latencyUs = receiveTimeUs - exchangeTimeUs;
    this.bidCount = bidCount;
    this.askCount = askCount;
    this.#sequence = lastSequence;
    return { firstSequence, lastSequence, exchangeTimeUs, receiveTimeUs };
  }

  #count(at: number, count: number, before: number): number {
    const which = at + lengthAsContext(before) * contexts.COUNT_CONTEXTS;
    const read = this.#coder.number(which, count, contexts.COUNT_DIGITS);
    if (read === NO_NUMBER) throw corrupt('a list is too long');
    return read;
  }
}

export class TradeModel {
  readonly #coder: Coder;
  readonly #rhythm: Rhythm;
  readonly #prices: Grid;
  readonly #sizes: SizeModel;
  readonly #ids: IdModel;
  #eventTimeUs = 0;
  #timeUs = 0;
  #receiveTimeUs = 0;
  #latencyUs = 0;
  #id = 0;
  #sequence = 0;
  #isBuy = 0;
  #tick = 0;

  constructor(coder: Coder, rhythm: Rhythm, grids: { readonly price: Grid; readonly size: Grid }) {
    this.#coder = coder;
    this.#rhythm = rhythm;
    this.#prices = grids.price;
    this.#sizes = new SizeModel(coder, AT.tradeSize, grids.size);
    this.#ids = new IdModel(coder, AT.textId);
  }

  code(trade: Trade): Trade {
    const { exchangeTimeUs, eventTimeUs, receiveTimeUs, isTogether } = this.#times(trade);
    const tradeId = this.#tradeId(trade.tradeId);
    const sequence = this.#tradeSequence(trade.sequence);
    const lastBuy = this.#isBuy;
    const isBuy = this.#coder.bit(
      AT.tradeSide + 2 * lastBuy + isTogether,
      trade.side === 'buy' ? 1 : 0,
    );
    const isSameSide = isBuy === lastBuy ? 1 : 0;
    const price = this.#price(trade.price, isBuy * 4 + isSameSide * 2 + isTogether);
    const size = this.#sizes.code(trade.size, isTogether);
    this.#isBuy = isBuy;
    return {
      type: 'trade',
      tradeId,
      sequence,
      exchangeTimeUs,
      eventTimeUs,
      receiveTimeUs,
      price,
      size,
      side: isBuy === 1 ? 'buy' : 'sell',
    };
  }

  #times(trade: Trade): {
    readonly exchangeTimeUs: number;
    readonly eventTimeUs: number;
    readonly receiveTimeUs: number;
    readonly isTogether: 0 | 1;
  } {
    const coder = this.#coder;
    const { timeUnitUs, receiveUnitUs } = this.#rhythm;
    const before = this.#eventTimeUs;
    const eventTimeUs = codeTime(coder, AT.eventTime, timeUnitUs, trade.eventTimeUs, before);
    // One order that meets several: their messages arrive together.
    const isBurst = eventTimeUs === before ? 1 : 0;
    const exchangeTimeUs = codeTime(
      coder,
      AT.tradeTime + isBurst * NEAR_CONTEXTS,
      timeUnitUs,
      trade.exchangeTimeUs,
      this.#timeUs + (eventTimeUs - before),
    );
    const receivedAt = AT.tradeReceived + isBurst * NEAR_CONTEXTS;
    const receiveTimeUs = codeTime(
      coder,
      receivedAt,
      receiveUnitUs,
      trade.receiveTimeUs,
      isBurst === 1 ? this.#receiveTimeUs : eventTimeUs + this.#latencyUs,
    );
    const isTogether = exchangeTimeUs === this.#timeUs ? 1 : 0;
    this.#eventTimeUs = eventTimeUs;
    this.#timeUs = exchangeTimeUs;
    this.#receiveTimeUs = receiveTimeUs;
    this.#latencyUs = receiveTimeUs - eventTimeUs;
    return { exchangeTimeUs, eventTimeUs, receiveTimeUs, isTogether };
  }

  #tradeId(tradeId: TradeId): TradeId {
    const coder = this.#coder;
    if (coder.bit(AT.isText, typeof tradeId === 'string' ? 1 : 0) === 1) {
      return this.#ids.code(tradeId as string);
    }
    this.#id = codeNear(coder, AT.tradeId, tradeId as number, this.#id + 1);
    return this.#id;
  }

  #tradeSequence(sequence: number | null): number | null {
    const coder = this.#coder;
    if (coder.bit(AT.hasSequence, sequence === null ? 0 : 1) === 0) return null;
    this.#sequence = codeNear(coder, AT.tradeSequence, sequence ?? 0, this.#sequence + 1);
    return this.#sequence;
  }

  #price(price: ScaledInt, which: number): ScaledInt {
    const coder = this.#coder;
    const tick = coder.isReading ? 0 : this.#prices.index(price);
    const step = tick === OFF_GRID ? NO_STEP : tick - this.#tick;
    const read = codeSigned(coder, AT.tradePrice + which * NEAR_CONTEXTS, step);
    if (read === NO_STEP) return codeScaled(coder, price);
    this.#tick += read;
    return this.#prices.value(this.#tick);
  }
}
