/**
 * Coinbase recordings in memory, frame by frame, and their books by the simplest possible model: maps
 * in insertion order, decimal text. The oracle of the replay tests.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { recordingsPath } from '../../bench/recordings.ts';
import { plainDecimal } from './naive-book.ts';

export interface CoinbaseFrame {
  readonly raw: string;
  readonly channel: 'full' | 'level2_batch' | 'matches' | 'ticker';
  readonly product: string;
  readonly message: any;
}

/** `[price, size, order id]`, plain decimals. */
export type OrderRow = readonly [string, string, string];

export const FULL_FILES = [
  'coinbase-full-btcusd-20160312-0.in.gz',
  'coinbase-full-btcusd-20160312-1.in.gz',
] as const;
export const LEVEL2_FILE = 'coinbase-level2-20210417.gz';
/** The first lines of a `full` recording are its level-3 snapshot. */
const SNAPSHOT_LINES = 7109;

function linesOf(file: string): string[] {
  const path = recordingsPath();
  if (path === undefined) throw new Error('There are no recordings');
  return gunzipSync(readFileSync(join(path, file)))
    .toString()
    .trim()
    .split('\n');
}

interface Resting {
  readonly side: string;
  price: string;
  size: string;
}

const LOTS = 8;

/** Decimal text to an integer in units of 1e-8, and back. */
function lots(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(LOTS, '0'));
}

function textOf(value: bigint): string {
  const digits = String(value).padStart(LOTS + 1, '0');
  return plainDecimal(`${digits.slice(0, -LOTS)}.${digits.slice(-LOTS)}`);
}

/** Orders in order of arrival, which is the queue order within a price. */
export class NaiveOrders {
  readonly #orders = new Map<string, Resting>();

  apply(message: any): void {
    switch (message.type) {
      case 'open':
        this.#orders.set(message.order_id, {
          side: message.side,
          price: plainDecimal(message.price),
          size: plainDecimal(message.remaining_size),
        });
        return;
      case 'match': {
        const maker = this.#orders.get(message.maker_order_id);
        if (!maker) throw new Error(`No maker at ${message.sequence}`);
        const head = this.rows(maker.side === 'buy' ? 'bid' : 'ask')[0];
        if (head?.[2] !== message.maker_order_id) throw new Error('The maker is not the first');
        const left = lots(maker.size) - lots(message.size);
        if (left < 0n) throw new Error(`The maker is smaller than the fill at ${message.sequence}`);
        if (left === 0n) this.#orders.delete(message.maker_order_id);
        else maker.size = textOf(left);
        return;
      }
      case 'change': {
        const order = this.#orders.get(message.order_id);
        if (!order) return;
        const price = plainDecimal(message.new_price ?? order.price);
        const size = plainDecimal(message.new_size);
        // An order keeps its place only if it shrinks at the same price.
        if (price !== order.price || lots(size) > lots(order.size)) {
          this.#orders.delete(message.order_id);
        }
        this.#orders.set(message.order_id, { side: order.side, price, size });
        return;
      }
      case 'done':
        this.#orders.delete(message.order_id);
    }
  }

  rows(side: 'bid' | 'ask'): OrderRow[] {
    const sign = side === 'bid' ? -1 : 1;
    return [...this.#orders]
      .filter(([, order]) => (order.side === 'buy') === (side === 'bid'))
      .map(([id, { price, size }]) => ({ key: lots(price), row: [price, size, id] as const }))
      .sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map(({ row }) => row);
  }
}

/** A `full` recording: the snapshot, then one frame per sequence. */
export class FullSession {
  readonly product = 'BTC-USD';
  readonly snapshotSequence: number;
  readonly frames: readonly CoinbaseFrame[];
  readonly #snapshot: readonly any[];

  constructor(file: string, maxFrames = Infinity) {
    const messages = linesOf(file).map((line) => line.slice(line.indexOf(' {') + 1));
    this.#snapshot = messages.slice(0, SNAPSHOT_LINES).map((raw) => JSON.parse(raw));
    this.snapshotSequence = this.#snapshot[0].sequence;
    this.frames = messages.slice(SNAPSHOT_LINES, SNAPSHOT_LINES + maxFrames).map((raw) => {
      return { raw, channel: 'full', product: this.product, message: JSON.parse(raw) };
    });
  }

  get lastSequence(): number {
    return this.snapshotSequence + this.frames.length;
  }

  /** The book after the message `sequence`. */
  bookAt(sequence: number): NaiveOrders {
    const book = new NaiveOrders();
    for (const message of this.#snapshot) book.apply(message);
    for (const { message } of this.frames) {
      if (message.sequence > sequence) break;
      book.apply(message);
    }
    return book;
  }
}

/** The `level2` recording of ten products. */
export class Level2Session {
  readonly products: readonly string[];
  readonly frames: readonly CoinbaseFrame[];

  constructor() {
    const frames: CoinbaseFrame[] = [];
    for (const line of linesOf(LEVEL2_FILE)) {
      if (!/^\d/.test(line)) continue;
      const raw = line.slice(line.indexOf(': ') + 2);
      const message = JSON.parse(raw);
      const channel = CHANNELS[message.type as keyof typeof CHANNELS];
      if (channel) frames.push({ raw, channel, product: message.product_id, message });
    }
    this.frames = frames;
    this.products = [...new Set(frames.map(({ product }) => product))];
  }
}

const CHANNELS = {
  snapshot: 'level2_batch',
  l2update: 'level2_batch',
  match: 'matches',
  last_match: 'matches',
  ticker: 'ticker',
} as const;
