/**
 * The explicit values of events in `orders/1`: prices by the recent prices of their side, sizes by
 * the recent sizes, texts by a growing list, client ids byte by byte. One class per direction; both
 * keep the same state.
 */

import { assertInvariant } from '../../errors.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import { corrupt } from './bytes.ts';
import { ESCAPE_TOKEN, tokenOf } from './columns.ts';
import type { ColumnsReader, ColumnsWriter } from './columns.ts';
import type { Grid } from './grid.ts';
import { MAX_GRID_INDEX } from './grid.ts';
import { readText, writeText } from './order-ids.ts';
import { CLIENT_ID_BYTES as ID_BYTES, ORDER_COLUMN as COLUMN } from './order-columns.ts';
import { RECENT_SIZES, RecentSizes } from './recent-sizes.ts';
import { OFF_GRID, lotsOf, readLots, writeSize } from './size-numbers.ts';

export interface Grids {
  readonly price: Grid;
  readonly size: Grid;
}

export type OrderSide = 'buy' | 'sell';

/** The token of a text that is not in the list yet. */
const NEW_TEXT = 255;
const TEXTS_MAX = 255;
/** Kinds of client ids: a UUID with dashes, 32 hex digits without, anything else. */
const DASHED = 0;
const BARE = 1;
const OTHER = 2;
const HEX_ID = /^[0-9a-f]{32}$/;
const DASHED_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const priceColumn = (side: OrderSide): number =>
  side === 'buy' ? COLUMN.buyPrice : COLUMN.sellPrice;

/** The state that both directions keep. */
class Memory {
  readonly prices = { buy: new RecentSizes(), sell: new RecentSizes() };
  readonly lastTick = { buy: 0, sell: 0 };
  readonly receivedSizes = new RecentSizes();
  readonly otherSizes = new RecentSizes();
  readonly texts: string[] = [];
  tradeId = 0;
}

export class ValueWriter {
  readonly #out: ColumnsWriter;
  readonly #grids: Grids;
  readonly #memory = new Memory();

  constructor(out: ColumnsWriter, grids: Grids) {
    this.#out = out;
    this.#grids = grids;
  }

  price(price: ScaledInt, side: OrderSide): void {
    const out = this.#out;
    const column = priceColumn(side);
    const tick = this.#grids.price.index(price);
    if (!(tick >= 0)) {
      out.token(column, ESCAPE_TOKEN);
      out.scaledEscape(price);
      return;
    }
    const recent = this.#memory.prices[side];
    const index = recent.find(tick);
    if (index >= 0) {
      out.token(column, index);
      recent.use(index);
    } else {
      const away = tick - this.#memory.lastTick[side];
      const zigzag = away < 0 ? -2 * away - 1 : 2 * away;
      out.token(column, RECENT_SIZES + tokenOf(zigzag));
      out.mantissa(zigzag);
      recent.addNew(tick);
    }
    this.#memory.lastTick[side] = tick;
  }

  size(size: ScaledInt, isReceived: boolean): void {
    const recent = isReceived ? this.#memory.receivedSizes : this.#memory.otherSizes;
    const column = isReceived ? COLUMN.receivedSize : COLUMN.otherSize;
    writeSize(this.#out, column, recent, lotsOf(this.#grids.size, size), size);
  }

  trade(tradeId: number): void {
    this.#out.near(COLUMN.tradeId, tradeId, this.#memory.tradeId + 1);
    this.#memory.tradeId = tradeId;
  }

  text(text: string): void {
    const { texts } = this.#memory;
    const known = texts.indexOf(text);
    if (known >= 0) {
      this.#out.token(COLUMN.text, known);
      return;
    }
    this.#out.token(COLUMN.text, NEW_TEXT);
    writeText(this.#out, text);
    if (texts.length < TEXTS_MAX) texts.push(text);
  }

  literal(text: string): void {
    writeText(this.#out, text);
  }

  client(id: string): void {
    const isDashed = DASHED_ID.test(id);
    const isHex = isDashed || HEX_ID.test(id);
    this.#out.token(COLUMN.clientIdKind, isDashed ? DASHED : isHex ? BARE : OTHER);
    if (!isHex) {
      writeText(this.#out, id);
      return;
    }
    const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
    assertInvariant(bytes.length === ID_BYTES, 'A hexadecimal client id has 16 bytes');
    for (const [i, byte] of bytes.entries()) this.#out.token(COLUMN.clientId + i, byte);
  }
}

export class ValueReader {
  readonly #input: ColumnsReader;
  readonly #grids: Grids;
  readonly #memory = new Memory();

  constructor(input: ColumnsReader, grids: Grids) {
    this.#input = input;
    this.#grids = grids;
  }

  price(side: OrderSide): ScaledInt {
    const token = this.#input.token(priceColumn(side));
    if (token === ESCAPE_TOKEN) return this.#input.escapes.scaled();
    const recent = this.#memory.prices[side];
    let tick: number;
    if (token < RECENT_SIZES) {
      tick = recent.use(token);
    } else {
      const zigzag = this.#input.mantissa(token - RECENT_SIZES);
      tick = this.#memory.lastTick[side] + (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
      if (tick < 0 || tick >= MAX_GRID_INDEX) throw corrupt('a price is out of range');
      recent.addNew(tick);
    }
    this.#memory.lastTick[side] = tick;
    return this.#grids.price.value(tick);
  }

  size(isReceived: boolean): ScaledInt {
    const recent = isReceived ? this.#memory.receivedSizes : this.#memory.otherSizes;
    const column = isReceived ? COLUMN.receivedSize : COLUMN.otherSize;
    const lots = readLots(this.#input, column, recent);
    return lots === OFF_GRID ? this.#input.escapes.scaled() : this.#grids.size.value(lots);
  }

  trade(): number {
    const tradeId = this.#input.near(COLUMN.tradeId, this.#memory.tradeId + 1);
    this.#memory.tradeId = tradeId;
    return tradeId;
  }

  text(): string {
    const { texts } = this.#memory;
    const token = this.#input.token(COLUMN.text);
    if (token !== NEW_TEXT) {
      const known = texts[token];
      if (known === undefined) throw corrupt('it refers to an unknown text');
      return known;
    }
    const text = readText(this.#input);
    if (texts.length < TEXTS_MAX) texts.push(text);
    return text;
  }

  literal(): string {
    return readText(this.#input);
  }

  client(): string {
    const kind = this.#input.token(COLUMN.clientIdKind);
    if (kind === OTHER) return readText(this.#input);
    if (kind > OTHER) throw corrupt(`unknown kind of client id ${kind}`);
    const bytes = new Uint8Array(ID_BYTES);
    for (let i = 0; i < ID_BYTES; i++) bytes[i] = this.#input.token(COLUMN.clientId + i);
    const hex = Buffer.from(bytes).toString('hex');
    return kind === BARE ? hex : hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
}
