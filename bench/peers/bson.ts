/**
 * The documents that this logger's predecessor (in Python) inserted into MongoDB: one for each update,
 * with a field for each level whose name is the price, and the trades since the last one as a sum per
 * price and side.
 */

import { BSON } from 'mongodb';
import { formatScaled } from '../../logger/market/decimal.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import type { Levels, MarketEvent } from '../../logger/market/events.ts';
import { RECORDING_SCALE } from '../recordings.ts';
import type { CodecContender } from './codec-contest.ts';
import { compress, decompress } from '../zstd.ts';

/** Of the storage engine's pages. */
const PAGE_BYTES = 32 * 1024;
const LOSES = 'all ids, exchange times, single trades, times below 1 ms';

/** The sizes are doubles; zero deletes. */
type Sizes = Record<string, number>;

interface Document {
  readonly _id: string;
  readonly type: 'update';
  readonly DateTime: Date;
  readonly symbol: string;
  readonly trades: { readonly bought: Sizes; readonly sold: Sizes };
  /** Spelled as it was. */
  readonly orberbook: { readonly asks: Sizes; readonly bids: Sizes };
}

export function predecessorCodecs(symbol: string): CodecContender[] {
  const kept = (events: readonly MarketEvent[]): Document[] => documents(symbol, events);
  const encode = (events: readonly MarketEvent[]): Buffer =>
    Buffer.concat(documents(symbol, events).map((document) => BSON.serialize(document)));
  return [
    {
      name: "the predecessor's BSON",
      role: 'peer',
      isUncompressed: true,
      loses: LOSES,
      encode: ({ content }) => encode(content.events),
      decode: readDocuments,
      kept,
    },
    {
      name: "the predecessor's BSON, 32 KiB pages, zstd -6",
      role: 'peer',
      loses: LOSES,
      encode: ({ content }) => pack(encode(content.events)),
      decode: (stored) => readDocuments(unpack(stored)),
      kept,
    },
  ];
}

function documents(symbol: string, events: readonly MarketEvent[]): Document[] {
  const list: Document[] = [];
  let trades: Document['trades'] = { bought: {}, sold: {} };
  for (const event of events) {
    if (event.type === 'trade') {
      const sizes = event.side === 'buy' ? trades.bought : trades.sold;
      const price = priceName(event.price);
      sizes[price] = (sizes[price] ?? 0) + sizeOf(event.size);
    } else if (event.type === 'diff') {
      const receivedMs = Math.floor(event.receiveTimeUs / 1000);
      list.push({
        _id: `${Math.floor(receivedMs / 1000) * 1000}.0update`,
        type: 'update',
        DateTime: new Date(receivedMs),
        symbol: symbol.toLowerCase(),
        trades,
        orberbook: { asks: sizesOf(event.asks), bids: sizesOf(event.bids) },
      });
      trades = { bought: {}, sold: {} };
    }
  }
  return list;
}

function sizesOf(levels: Levels): Sizes {
  const sizes: Sizes = {};
  for (let i = 0; i < levels.length; i += 2) {
    sizes[priceName(levels[i] ?? 0)] = sizeOf(levels[i + 1] ?? 0);
  }
  return sizes;
}

/** As the exchange prints it, with all its decimals. */
function priceName(price: ScaledInt): string {
  const [whole = '', fraction = ''] = formatScaled(price, RECORDING_SCALE.priceExponent).split('.');
  return `${whole}.${fraction.padEnd(RECORDING_SCALE.priceExponent, '0')}`;
}

function sizeOf(size: ScaledInt): number {
  return Number(size) / 10 ** RECORDING_SCALE.sizeExponent;
}

function readDocuments(stored: Uint8Array): unknown[] {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const list: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + bytes.readInt32LE(at);
    list.push(BSON.deserialize(bytes.subarray(at, end), { promoteValues: true }));
    at = end;
  }
  return list;
}

/** Each page with its length before it. */
function pack(bytes: Buffer): Buffer {
  const pages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const page = compress(bytes.subarray(at, at + PAGE_BYTES), { compressionLevel: 6 });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(page.length);
    pages.push(length, page);
  }
  return Buffer.concat(pages);
}

function unpack(stored: Uint8Array): Buffer {
  const bytes = Buffer.from(stored);
  const pages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    pages.push(decompress(bytes.subarray(at + 4, end)));
    at = end;
  }
  return Buffer.concat(pages);
}
