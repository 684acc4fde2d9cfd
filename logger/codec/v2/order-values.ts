/**
 * The values of events in `orders/2` that were not predicted: prices by the recent prices of their side,
 * sizes by the recent sizes, texts by a growing list.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import type { OrderSide, TradeId } from '../../market/events.ts';
import type { Grids } from './block-header.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { OFF_GRID } from './grid.ts';
import { IdModel, codeText } from './ids.ts';
import {
  NEAR_CONTEXTS,
  NO_STEP,
  NUMBER_LIMIT,
  codeNear,
  codeScaled,
  codeSigned,
} from './numbers.ts';
import { AT } from './order-contexts.ts';
import { RecentSizes } from './recent-sizes.ts';
import { INDEX_CONTEXTS, SizeModel, codeIndex } from './sizes.ts';

const TEXTS_MAX = 255;
const DIGITS = 2;

export class OrderValues {
  readonly #coder: Coder;
  readonly #grids: Grids;
  readonly #recentPrices = { buy: new RecentSizes(), sell: new RecentSizes() };
  readonly #lastTick = { buy: 0, sell: 0 };
  readonly #receivedSizes: SizeModel;
  readonly #otherSizes: SizeModel;
  readonly #clientIds: IdModel;
  readonly #textTradeIds: IdModel;
  readonly #texts: string[] = [];
  #tradeId = 0;

  constructor(coder: Coder, grids: Grids) {
    this.#coder = coder;
    this.#grids = grids;
    this.#receivedSizes = new SizeModel(coder, AT.receivedSize, grids.size);
    this.#otherSizes = new SizeModel(coder, AT.otherSize, grids.size);
    this.#clientIds = new IdModel(coder, AT.clientId);
    this.#textTradeIds = new IdModel(coder, AT.textTradeId);
  }

  price(price: ScaledInt, side: OrderSide): ScaledInt {
    const coder = this.#coder;
    const which = side === 'buy' ? 1 : 0;
    const recent = this.#recentPrices[side];
    const onGrid = coder.isReading ? 0 : this.#grids.price.index(price);
    const tick = onGrid >= 0 ? onGrid : OFF_GRID;
    const index = coder.isReading || tick === OFF_GRID ? -1 : recent.find(tick);
    let read: number;
    if (coder.bit(AT.isRecentPrice + which, index >= 0 ? 1 : 0) === 1) {
      read = recent.use(codeIndex(coder, AT.priceIndex + which * INDEX_CONTEXTS, index));
    } else {
      const step = tick === OFF_GRID ? NO_STEP : tick - this.#lastTick[side];
      const found = codeSigned(coder, AT.price + which * NEAR_CONTEXTS, step);
      if (found === NO_STEP) return codeScaled(coder, price);
      read = this.#lastTick[side] + found;
      if (read < 0 || read >= NUMBER_LIMIT) throw corrupt('a price is out of range');
      recent.addNew(read);
    }
    this.#lastTick[side] = read;
    return this.#grids.price.value(read);
  }

  size(size: ScaledInt, isReceived: boolean): ScaledInt {
    return (isReceived ? this.#receivedSizes : this.#otherSizes).codeByPast(size);
  }

  tradeId(id: TradeId): TradeId {
    const coder = this.#coder;
    if (coder.bit(AT.isText, typeof id === 'string' ? 1 : 0) === 1) {
      return this.#textTradeIds.code(id as string);
    }
    this.#tradeId = codeNear(coder, AT.tradeId, id as number, this.#tradeId + 1);
    return this.#tradeId;
  }

  /** One of few words. */
  text(text: string): string {
    const coder = this.#coder;
    const texts = this.#texts;
    // 0: not in the list yet.
    const index = coder.number(AT.text, texts.indexOf(text) + 1, DIGITS);
    if (index > 0) {
      const known = texts[index - 1];
      if (known === undefined) throw corrupt('it refers to an unknown text');
      return known;
    }
    const read = codeText(coder, text);
    if (texts.length < TEXTS_MAX) texts.push(read);
    return read;
  }

  literal(text: string): string {
    return codeText(this.#coder, text);
  }

  clientId(id: string): string {
    return this.#clientIds.code(id);
  }
}
