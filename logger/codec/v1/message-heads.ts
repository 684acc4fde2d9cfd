/**
 * Encodes and decodes everything of diffs and trades in `block/1` except levels: sequences, ids, times,
 * and a trade's price and size. Each number is stored as its distance from a prediction made from the
 * messages before it. Exchange times are in the block's time unit, receive times in microseconds.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import type { Diff, Trade } from '../../market/events.ts';
import type { NumberedTrade } from '../codec.ts';
import { COLUMN } from './block-columns.ts';
import { corrupt } from './bytes.ts';
import { ESCAPE_TOKEN, tokenOf } from './columns.ts';
import type { ColumnsReader, ColumnsWriter } from './columns.ts';
import type { Grid } from './grid.ts';
import { RecentSizes } from './recent-sizes.ts';
import { lotsOf, OFF_GRID, readLots, writeSize } from './size-numbers.ts';

/** The usual timing of a block's messages; stored in its header. */
export interface Rhythm {
  /** 1000 if all exchange times are whole milliseconds, else 1. */
  readonly timeUnitUs: number;
  /** The usual interval between two diffs, in time units. */
  readonly diffInterval: number;
}

/** The token of a trade without a sequence. */
const NO_SEQUENCE = ESCAPE_TOKEN - 1;
/**
 * The token of a price far from the last one or off the grid; the lowest bit is the side, as
 * always.
 */
const FAR_PRICE = 254;
/** Price steps below this fit into a number together with the side. */
const MAX_PRICE_STEP = 2 ** 50;

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** The values from which the next message is predicted. Encoder and decoder keep one each. */
class Expectations {
  diffTime = 0;
  diffLatencyUs = 0;
  sequence: number;
  tradeTime = 0;
  tradeEventTime = 0;
  tradeLatencyUs = 0;
  tradeReceiveUs = 0;
  tradeId = 0;
  tradeSequence = 0;
  tradeTick = 0;

  constructor(previousSequence: number) {
    this.sequence = previousSequence;
  }
}

export class HeadEncoder {
  readonly #out: ColumnsWriter;
  readonly #rhythm: Rhythm;
  readonly #priceGrid: Grid;
  readonly #sizeGrid: Grid;
  readonly #recent = new RecentSizes();
  readonly #last: Expectations;

  constructor(
    out: ColumnsWriter,
    rhythm: Rhythm,
    grids: { readonly price: Grid; readonly size: Grid },
    previousSequence: number,
  ) {
    this.#out = out;
    this.#rhythm = rhythm;
    this.#priceGrid = grids.price;
    this.#sizeGrid = grids.size;
    this.#last = new Expectations(previousSequence);
  }

  diff(diff: Diff): void {
    const out = this.#out;
    const last = this.#last;
    const unit = this.#rhythm.timeUnitUs;
    const bidCount = diff.bids.length / 2;
    const askCount = diff.asks.length / 2;
    const time = diff.exchangeTimeUs / unit;
    out.near(COLUMN.diffTime, time, last.diffTime + this.#rhythm.diffInterval);
    out.near(COLUMN.diffLatency, diff.receiveTimeUs, diff.exchangeTimeUs + last.diffLatencyUs);
    out.unsigned(COLUMN.bidCount, bidCount);
    out.unsigned(COLUMN.askCount, askCount);
    out.near(COLUMN.firstSequence, diff.firstSequence, last.sequence + 1);
    out.near(COLUMN.sequenceSpan, diff.lastSequence, diff.firstSequence + bidCount + askCount);
    last.diffTime = time;
    last.diffLatencyUs = diff.receiveTimeUs - diff.exchangeTimeUs;
    last.sequence = diff.lastSequence;
  }

  trade(trade: NumberedTrade): void {
    const out = this.#out;
    const last = this.#last;
    const unit = this.#rhythm.timeUnitUs;
    const time = trade.exchangeTimeUs / unit;
    const eventTime = trade.eventTimeUs / unit;
    out.near(COLUMN.tradeTime, time, last.tradeTime);
    out.near(COLUMN.tradeDelay, eventTime, time);
    if (eventTime === last.tradeEventTime) {
      out.near(COLUMN.tradeArrival, trade.receiveTimeUs, last.tradeReceiveUs);
    } else {
      out.near(COLUMN.tradeLatency, trade.receiveTimeUs, trade.eventTimeUs + last.tradeLatencyUs);
    }
    out.near(COLUMN.tradeId, trade.tradeId, last.tradeId + 1);
    if (trade.sequence === null) {
      out.token(COLUMN.tradeSequence, NO_SEQUENCE);
    } else {
      out.near(COLUMN.tradeSequence, trade.sequence, last.tradeSequence + 1);
      last.tradeSequence = trade.sequence;
    }
    this.#tradePrice(trade.price, trade.side === 'buy' ? 1 : 0);
    const lots = lotsOf(this.#sizeGrid, trade.size);
    writeSize(out, COLUMN.tradeSize, this.#recent, lots, trade.size);
    last.tradeTime = time;
    last.tradeEventTime = eventTime;
    last.tradeLatencyUs = trade.receiveTimeUs - trade.eventTimeUs;
    last.tradeReceiveUs = trade.receiveTimeUs;
    last.tradeId = trade.tradeId;
  }

  #tradePrice(price: ScaledInt, side: 0 | 1): void {
    const out = this.#out;
    const tick = this.#priceGrid.index(price);
    const step = zigzag(tick - this.#last.tradeTick);
    if (step < MAX_PRICE_STEP) {
      out.token(COLUMN.tradePrice, tokenOf(step) * 2 + side);
      out.mantissa(step);
    } else {
      out.token(COLUMN.tradePrice, FAR_PRICE + side);
      out.scaledEscape(price);
    }
    if (!Number.isNaN(tick)) this.#last.tradeTick = tick;
  }
}

export class HeadDecoder {
  readonly #input: ColumnsReader;
  readonly #rhythm: Rhythm;
  readonly #priceGrid: Grid;
  readonly #sizeGrid: Grid;
  readonly #recent = new RecentSizes();
  readonly #last: Expectations;

  constructor(
    input: ColumnsReader,
    rhythm: Rhythm,
    grids: { readonly price: Grid; readonly size: Grid },
    previousSequence: number,
  ) {
    this.#input = input;
    this.#rhythm = rhythm;
    this.#priceGrid = grids.price;
    this.#sizeGrid = grids.size;
    this.#last = new Expectations(previousSequence);
  }

  /** The diff without its levels, and the number of levels to read. */
  diff(): Omit<Diff, 'bids' | 'asks'> & { bidCount: number; askCount: number } {
    const input = this.#input;
    const last = this.#last;
    const time = input.near(COLUMN.diffTime, last.diffTime + this.#rhythm.diffInterval);
    const exchangeTimeUs = this.#microseconds(time);
    const receiveTimeUs = input.near(COLUMN.diffLatency, exchangeTimeUs + last.diffLatencyUs);
    const bidCount = input.unsigned(COLUMN.bidCount);
    const askCount = input.unsigned(COLUMN.askCount);
    const firstSequence = input.near(COLUMN.firstSequence, last.sequence + 1);
    const lastSequence = input.near(COLUMN.sequenceSpan, firstSequence + bidCount + askCount);
    last.diffTime = time;
    last.diffLatencyUs = receiveTimeUs - exchangeTimeUs;
    last.sequence = lastSequence;
    return {
      type: 'diff',
      firstSequence,
      lastSequence,
      exchangeTimeUs,
      receiveTimeUs,
      bidCount,
      askCount,
    };
  }

  trade(): Trade {
    const input = this.#input;
    const last = this.#last;
    const time = input.near(COLUMN.tradeTime, last.tradeTime);
    const eventTime = input.near(COLUMN.tradeDelay, time);
    const eventTimeUs = this.#microseconds(eventTime);
    const receiveTimeUs =
      eventTime === last.tradeEventTime
        ? input.near(COLUMN.tradeArrival, last.tradeReceiveUs)
        : input.near(COLUMN.tradeLatency, eventTimeUs + last.tradeLatencyUs);
    const tradeId = input.near(COLUMN.tradeId, last.tradeId + 1);
    const sequence = this.#tradeSequence();
    const { price, side } = this.#tradePrice();
    const lots = readLots(input, COLUMN.tradeSize, this.#recent);
    const size = lots === OFF_GRID ? input.escapes.scaled() : this.#sizeGrid.value(lots);
    last.tradeTime = time;
    last.tradeEventTime = eventTime;
    last.tradeLatencyUs = receiveTimeUs - eventTimeUs;
    last.tradeReceiveUs = receiveTimeUs;
    last.tradeId = tradeId;
    return {
      type: 'trade',
      tradeId,
      sequence,
      exchangeTimeUs: this.#microseconds(time),
      eventTimeUs,
      receiveTimeUs,
      price,
      size,
      side,
    };
  }

  #tradeSequence(): number | null {
    if (this.#input.peek(COLUMN.tradeSequence) === NO_SEQUENCE) {
      this.#input.token(COLUMN.tradeSequence);
      return null;
    }
    const sequence = this.#input.near(COLUMN.tradeSequence, this.#last.tradeSequence + 1);
    this.#last.tradeSequence = sequence;
    return sequence;
  }

  #tradePrice(): { price: ScaledInt; side: 'buy' | 'sell' } {
    const token = this.#input.token(COLUMN.tradePrice);
    const side = token % 2 === 1 ? 'buy' : 'sell';
    if (token >= FAR_PRICE) {
      const price = this.#input.escapes.scaled();
      const tick = this.#priceGrid.index(price);
      if (!Number.isNaN(tick)) this.#last.tradeTick = tick;
      return { price, side };
    }
    const step = unzigzag(this.#input.mantissa(token >> 1));
    const tick = this.#last.tradeTick + step;
    this.#last.tradeTick = tick;
    return { price: this.#priceGrid.value(tick), side };
  }

  #microseconds(time: number): number {
    const us = time * this.#rhythm.timeUnitUs;
    if (!Number.isSafeInteger(us)) throw corrupt('a time is out of range');
    return us;
  }
}
