/**
 * Parquet by hyparquet-writer, with zstd -19: three tables (messages, levels, trades), each column in
 * the encoding that was smallest on the recordings, and prices and sizes without the zeros that all of
 * them end with. Written as well as one can; the usual long table is larger by a quarter.
 */

import type { ScaledInt } from '../../logger/market/decimal.ts';
import type { MarketEvent } from '../../logger/market/events.ts';
import type { CodecContender } from './codec-contest.ts';
import type { Peers } from './packages.ts';
import { compress, decompress } from '../zstd.ts';

type Encoding = 'PLAIN' | 'DELTA_BINARY_PACKED' | 'BYTE_STREAM_SPLIT';

interface Column {
  readonly name: string;
  readonly data: BigInt64Array | Int32Array;
  readonly type: 'INT32' | 'INT64';
  readonly nullable: false;
  readonly encoding: Encoding;
}

interface Writer {
  readonly parquetWriteBuffer: (options: {
    readonly columnData: readonly Column[];
    readonly codec: 'ZSTD';
    readonly compressors: { readonly ZSTD: (bytes: Uint8Array) => Uint8Array };
    readonly statistics: false;
    readonly rowGroupSize: number;
    readonly pageSize: number;
  }) => ArrayBuffer;
}

interface Chunk {
  readonly columnName: string;
  readonly columnData: ArrayLike<number | bigint>;
}

interface Reader {
  readonly parquetRead: (options: {
    readonly file: ArrayBuffer;
    readonly compressors: { readonly ZSTD: (bytes: Uint8Array) => Uint8Array };
    readonly onChunk: (chunk: Chunk) => void;
  }) => Promise<void>;
}

/** Columns by name. */
type Table = Record<string, ScaledInt[]>;

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  price: 'BYTE_STREAM_SPLIT',
  size: 'PLAIN',
  bids: 'BYTE_STREAM_SPLIT',
  asks: 'BYTE_STREAM_SPLIT',
  side: 'BYTE_STREAM_SPLIT',
};
/** Far more than a part has: one row group and one page a column. */
const ROWS = 10_000_000;
const PAGE_BYTES = 2 ** 26;
const MAX_INT32 = 2 ** 31 - 1;

export async function parquet(peers: Peers): Promise<CodecContender | undefined> {
  const writer = await peers.load<Writer>('hyparquet-writer');
  const reader = await peers.load<Reader>('hyparquet');
  if (!writer || !reader) return undefined;
  const write = (table: Table): Buffer =>
    Buffer.from(
      writer.module.parquetWriteBuffer({
        columnData: Object.entries(table).map(([name, values]) => columnOf(name, values)),
        codec: 'ZSTD',
        compressors: { ZSTD: (bytes) => compress(bytes, { compressionLevel: 19 }) },
        statistics: false,
        rowGroupSize: ROWS,
        pageSize: PAGE_BYTES,
      }),
    );
  const read = async (bytes: Buffer): Promise<Table> => {
    const table: Table = {};
    await reader.module.parquetRead({
      file: new Uint8Array(bytes).buffer,
      compressors: { ZSTD: (page) => decompress(page) },
      onChunk: ({ columnName, columnData }) => {
        const column = (table[columnName] ??= []);
        for (let i = 0; i < columnData.length; i++) column.push(canonical(columnData[i] ?? 0));
      },
    });
    return table;
  };
  return {
    name: `Parquet (${writer.title}), zstd -19`,
    role: 'peer',
    encode: ({ content }) => {
      const { tables, divisors } = tablesOf(content.events);
      return joined(divisors, tables.map(write));
    },
    decode: async (stored) => {
      const { divisors, parts } = split(stored);
      const [messages = {}, levels = {}, trades = {}] = await Promise.all(parts.map(read));
      return eventsOf({ messages, levels, trades, divisors });
    },
  };
}

interface Divisors {
  readonly price: number;
  readonly size: number;
}

function tablesOf(events: readonly MarketEvent[]): {
  readonly tables: readonly Table[];
  readonly divisors: Divisors;
} {
  const messages: Table = { U: [], u: [], E: [], received: [], bids: [], asks: [] };
  const levels: Table = { price: [], size: [] };
  // `after`: the number of messages before the trade.
  const trades: Table = {
    after: [],
    id: [],
    T: [],
    E: [],
    received: [],
    price: [],
    size: [],
    side: [],
  };
  const add = (table: Table, row: Readonly<Record<string, ScaledInt>>): void => {
    for (const [name, value] of Object.entries(row)) table[name]?.push(value);
  };
  for (const event of events) {
    if (event.type === 'diff') {
      for (const side of [event.bids, event.asks]) {
        for (const [i, value] of side.entries())
          (i % 2 === 0 ? levels['price'] : levels['size'])?.push(value);
      }
      add(messages, {
        U: event.firstSequence,
        u: event.lastSequence,
        E: event.exchangeTimeUs,
        received: event.receiveTimeUs,
        bids: event.bids.length / 2,
        asks: event.asks.length / 2,
      });
    } else if (event.type === 'trade') {
      add(trades, {
        after: messages['U']?.length ?? 0,
        id: Number(event.tradeId),
        T: event.exchangeTimeUs,
        E: event.eventTimeUs,
        received: event.receiveTimeUs,
        price: event.price,
        size: event.size,
        side: event.side === 'buy' ? 0 : 1,
      });
    }
  }
  const divisors = {
    price: divide([levels, trades], 'price'),
    size: divide([levels, trades], 'size'),
  };
  return { tables: [messages, levels, trades], divisors };
}

/** Divides a column by the highest power of ten that divides all of it. */
function divide(tables: readonly Table[], name: string): number {
  const columns = tables.map((table) => table[name] ?? []);
  let divisor = 1e12;
  for (const value of columns.flat()) while (!divides(divisor, value)) divisor /= 10;
  for (const column of columns) {
    for (const [i, value] of column.entries()) {
      column[i] = typeof value === 'bigint' ? value / BigInt(divisor) : value / divisor;
    }
  }
  return divisor;
}

function divides(divisor: number, value: ScaledInt): boolean {
  return typeof value === 'bigint' ? value % BigInt(divisor) === 0n : value % divisor === 0;
}

function columnOf(name: string, values: readonly ScaledInt[]): Column {
  const encoding = ENCODINGS[name] ?? 'DELTA_BINARY_PACKED';
  const isSmall = values.every((value) => value <= MAX_INT32);
  const data = isSmall ? Int32Array.from(values, Number) : BigInt64Array.from(values, BigInt);
  return { name, data, type: isSmall ? 'INT32' : 'INT64', nullable: false, encoding };
}

function canonical(value: ScaledInt): ScaledInt {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function eventsOf(stored: {
  readonly messages: Table;
  readonly levels: Table;
  readonly trades: Table;
  readonly divisors: Divisors;
}): MarketEvent[] {
  const { messages, levels, trades, divisors } = stored;
  const events: MarketEvent[] = [];
  const at = (table: Table, name: string, row: number): number => Number(table[name]?.[row] ?? 0);
  let trade = 0;
  let level = 0;
  const addTrades = (messagesBefore: number): void => {
    const count = trades['after']?.length ?? 0;
    for (; trade < count && at(trades, 'after', trade) === messagesBefore; trade++) {
      events.push({
        type: 'trade',
        tradeId: at(trades, 'id', trade),
        sequence: null,
        exchangeTimeUs: at(trades, 'T', trade),
        eventTimeUs: at(trades, 'E', trade),
        receiveTimeUs: at(trades, 'received', trade),
        price: times(trades['price']?.[trade], divisors.price),
        size: times(trades['size']?.[trade], divisors.size),
        side: at(trades, 'side', trade) === 0 ? 'buy' : 'sell',
      });
    }
  };
  const take = (count: number): ScaledInt[] => {
    const side: ScaledInt[] = [];
    for (const end = level + count; level < end; level++) {
      side.push(times(levels['price']?.[level], divisors.price));
      side.push(times(levels['size']?.[level], divisors.size));
    }
    return side;
  };
  const count = messages['U']?.length ?? 0;
  for (let row = 0; row < count; row++) {
    addTrades(row);
    events.push({
      type: 'diff',
      firstSequence: at(messages, 'U', row),
      lastSequence: at(messages, 'u', row),
      exchangeTimeUs: at(messages, 'E', row),
      receiveTimeUs: at(messages, 'received', row),
      bids: take(at(messages, 'bids', row)),
      asks: take(at(messages, 'asks', row)),
    });
  }
  addTrades(count);
  return events;
}

function times(value: ScaledInt | undefined, divisor: number): ScaledInt {
  const product = Number(value) * divisor;
  if (Number.isSafeInteger(product)) return product;
  return BigInt(value ?? 0) * BigInt(divisor);
}

/** The divisors, then each file with its length before it. */
function joined({ price, size }: Divisors, files: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(2 + 4 * files.length);
  head.writeUInt8(Math.round(Math.log10(price)), 0);
  head.writeUInt8(Math.round(Math.log10(size)), 1);
  for (const [i, file] of files.entries()) head.writeUInt32LE(file.length, 2 + 4 * i);
  return Buffer.concat([head, ...files]);
}

function split(stored: Uint8Array): { readonly divisors: Divisors; readonly parts: Buffer[] } {
  const bytes = Buffer.from(stored);
  const divisors = { price: 10 ** bytes.readUInt8(0), size: 10 ** bytes.readUInt8(1) };
  let start = 14;
  const parts = [2, 6, 10].map((at) => {
    const end = start + bytes.readUInt32LE(at);
    const part = bytes.subarray(start, end);
    start = end;
    return part;
  });
  return { divisors, parts };
}
