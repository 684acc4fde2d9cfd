/**
 * L2 block, format version 2: `block/2`. Diffs and trades in recorded order, lossless and decodable
 * on their own: the book in which prices are ranked starts empty and is built from the block's own
 * level changes. Documented byte by byte in `docs/format.md`. Frozen; see `codec.ts`.
 */

import { InvariantError } from '../../errors.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import { EMPTY_LEVELS } from '../../market/events.ts';
import type { Diff, MarketEvent, Trade } from '../../market/events.ts';
import type { BlockCodec, BlockContent, OrderCounts } from '../codec.ts';
import { AT, BLOCK_CONTEXTS } from './block-contexts.ts';
import { NO_HEADER, codeBlockHeader, headerOf } from './block-header.ts';
import type { BlockHeader } from './block-header.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { Allowance, readRecord, writeRecord } from './envelope.ts';
import { DiffHeadModel, TradeModel } from './heads.ts';
import { LevelReader } from './level-reader.ts';
import { LevelWriter } from './level-writer.ts';
import { codeOrderCounts } from './order-counts.ts';

export const block2: BlockCodec = {
  encoding: 'block/2',
  level: 'L2',

  encode(content: BlockContent): Uint8Array {
    const events = content.events.map(levelEvent);
    const header = headerOf(content, events);
    return writeRecord(BLOCK_CONTEXTS, (encoder) => {
      codeBlockHeader(encoder, header);
      const levels = new LevelWriter(encoder, header.levelGrids);
      const messages = new MessageModel(encoder, header, levels);
      for (const event of events) messages.code(event);
    });
  },

  decode(body: Uint8Array): BlockContent {
    return readRecord(BLOCK_CONTEXTS, body, (decoder) => {
      const header = codeBlockHeader(decoder, NO_HEADER);
      const levels = new LevelReader(decoder, header.levelGrids);
      const messages = new MessageModel(decoder, header, levels);
      const events: MarketEvent[] = [];
      let { diffs, trades } = header;
      while (diffs + trades > 0) {
        const event = messages.code(undefined);
        if (event.type === 'diff') diffs--;
        else trades--;
        if (diffs < 0 || trades < 0) throw corrupt('it holds other events than it declares');
        events.push(event);
      }
      const { scale, tradeScale, previousSequence } = header;
      const content = { scale, previousSequence, events };
      return tradeScale === undefined ? content : { ...content, tradeScale };
    });
  },
};

function levelEvent(event: MarketEvent): Diff | Trade {
  if (event.type === 'diff' || event.type === 'trade') return event;
  throw new InvariantError(`An L2 block cannot hold an event of type ${event.type}`);
}

const NO_DIFF: Diff = {
  type: 'diff',
  firstSequence: 0,
  lastSequence: 0,
  exchangeTimeUs: 0,
  receiveTimeUs: 0,
  bids: [],
  asks: [],
};
const NO_TRADE: Trade = {
  type: 'trade',
  tradeId: 0,
  sequence: null,
  exchangeTimeUs: 0,
  eventTimeUs: 0,
  receiveTimeUs: 0,
  price: 0,
  size: 0,
  side: 'buy',
};

class MessageModel {
  readonly #coder: Coder;
  readonly #hasOrders: boolean;
  readonly #allowance: Allowance;
  readonly #diffs: DiffHeadModel;
  readonly #levels: LevelWriter | LevelReader;
  readonly #trades: TradeModel;
  #wasTrade = 0;
  /** Levels are read here and copied, so that lists need not grow. */
  readonly #readBids: ScaledInt[] = [];
  readonly #readAsks: ScaledInt[] = [];

  constructor(coder: Coder, header: BlockHeader, levels: LevelWriter | LevelReader) {
    const { previousSequence, rhythm, tradeGrids } = header;
    this.#coder = coder;
    this.#hasOrders = header.hasOrders;
    this.#allowance = new Allowance(coder);
    this.#allowance.take(header.diffs + header.trades);
    this.#diffs = new DiffHeadModel(coder, rhythm, previousSequence);
    this.#levels = levels;
    this.#trades = new TradeModel(coder, rhythm, tradeGrids);
  }

  /** @param event undefined when reading. */
  code(event: Diff | Trade | undefined): Diff | Trade {
    this.#wasTrade = this.#coder.bit(AT.isTrade + this.#wasTrade, event?.type === 'trade' ? 1 : 0);
    return this.#wasTrade === 1
      ? this.#trades.code(event?.type === 'trade' ? event : NO_TRADE)
      : this.#diff(event?.type === 'diff' ? event : NO_DIFF);
  }

  #diff(diff: Diff): Diff {
    const { isReading } = this.#coder;
    const head = this.#diffs.code(diff);
    const { bidCount, askCount } = this.#diffs;
    this.#allowance.take(bidCount + askCount);
    // When writing they are not changed.
    const bids = isReading ? this.#readBids : (diff.bids as ScaledInt[]);
    const asks = isReading ? this.#readAsks : (diff.asks as ScaledInt[]);
    this.#levels.message(bids, bidCount, asks, askCount);
    const event: Diff = {
      type: 'diff',
      firstSequence: head.firstSequence,
      lastSequence: head.lastSequence,
      exchangeTimeUs: head.exchangeTimeUs,
      receiveTimeUs: head.receiveTimeUs,
      bids: bidCount === 0 ? EMPTY_LEVELS : isReading ? bids.slice(0, 2 * bidCount) : bids,
      asks: askCount === 0 ? EMPTY_LEVELS : isReading ? asks.slice(0, 2 * askCount) : asks,
    };
    return this.#hasOrders ? this.#withOrders(event, diff as OrderCounts) : event;
  }

  #withOrders(event: Diff, { bidOrders, askOrders }: OrderCounts): Diff & OrderCounts {
    const bids = codeOrderCounts(this.#coder, AT, event.bids, bidOrders);
    const asks = codeOrderCounts(this.#coder, AT, event.asks, askOrders);
    return {
      ...event,
      ...(bids === undefined ? {} : { bidOrders: bids }),
      ...(asks === undefined ? {} : { askOrders: asks }),
    };
  }
}
