/** Messages as the CSV files that Tardis sells. */

import { gunzipSync, gzipSync } from 'node:zlib';
import { formatScaled, parseScaled } from '../../logger/market/decimal.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import type { Diff, MarketEvent, Trade } from '../../logger/market/events.ts';
import { RECORDING_SCALE } from '../recordings.ts';
import type { CodecContender } from './codec-contest.ts';

/**
 * `incremental_book_L2` and `trades`, one row a level or a trade, in microseconds. One after the other
 * here, with the length of the first before them.
 */
export function tardisCsv(symbol: string): CodecContender {
  return {
    name: 'Tardis CSV, gzip -9',
    role: 'peer',
    loses: "update ids, trades' event times, the order of trades among diffs",
    encode: ({ content }) => {
      const book = gzipSync(bookCsv(symbol, content.events), { level: 9 });
      const trades = gzipSync(tradesCsv(symbol, content.events), { level: 9 });
      const length = Buffer.alloc(4);
      length.writeUInt32LE(book.length);
      return Buffer.concat([length, book, trades]);
    },
    decode: (stored) => {
      const bytes = Buffer.from(stored);
      const end = 4 + bytes.readUInt32LE();
      const book = gunzipSync(bytes.subarray(4, end)).toString('utf8');
      return {
        diffs: readBook(book),
        trades: readTrades(gunzipSync(bytes.subarray(end)).toString('utf8')),
      };
    },
    kept: (events) => ({
      diffs: joinSimultaneous(events.filter(isDiff).filter(hasLevels).map(keptDiff)),
      trades: events.filter(isTrade).map(keptTrade),
    }),
  };
}

type KeptDiff = Pick<Diff, 'exchangeTimeUs' | 'receiveTimeUs'> & {
  readonly bids: ScaledInt[];
  readonly asks: ScaledInt[];
};
type KeptTrade = Omit<Trade, 'type' | 'sequence' | 'eventTimeUs'>;

const BOOK_HEAD = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount';
const TRADES_HEAD = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount';

function bookCsv(symbol: string, events: readonly MarketEvent[]): string {
  const rows = [BOOK_HEAD];
  for (const event of events) {
    if (!isDiff(event)) continue;
    const head = `binance,${symbol},${event.exchangeTimeUs},${event.receiveTimeUs},false`;
    for (const [side, levels] of [
      ['bid', event.bids],
      ['ask', event.asks],
    ] as const) {
      for (let i = 0; i < levels.length; i += 2) {
        rows.push(`${head},${side},${price(levels[i] ?? 0)},${size(levels[i + 1] ?? 0)}`);
      }
    }
  }
  return `${rows.join('\n')}\n`;
}

function tradesCsv(symbol: string, events: readonly MarketEvent[]): string {
  const rows = events.filter(isTrade).map((trade) => {
    const times = `${trade.exchangeTimeUs},${trade.receiveTimeUs}`;
    const what = `${trade.side},${price(trade.price)},${size(trade.size)}`;
    return `binance,${symbol},${times},${trade.tradeId},${what}`;
  });
  return `${[TRADES_HEAD, ...rows].join('\n')}\n`;
}

/** Rows of one message follow each other, with both times the same. */
function readBook(text: string): KeptDiff[] {
  const diffs: KeptDiff[] = [];
  for (const row of rowsOf(text)) {
    const [, , exchange, receive, , side, priceText = '', sizeText = ''] = row;
    const [exchangeTimeUs, receiveTimeUs] = [Number(exchange), Number(receive)];
    let diff = diffs.at(-1);
    if (diff?.receiveTimeUs !== receiveTimeUs || diff.exchangeTimeUs !== exchangeTimeUs) {
      diff = { exchangeTimeUs, receiveTimeUs, bids: [], asks: [] };
      diffs.push(diff);
    }
    (side === 'bid' ? diff.bids : diff.asks).push(scaled(priceText), scaled(sizeText));
  }
  return diffs;
}

function readTrades(text: string): KeptTrade[] {
  return rowsOf(text).map(([, , exchange, receive, id, side, priceText = '', sizeText = '']) => ({
    tradeId: Number(id),
    exchangeTimeUs: Number(exchange),
    receiveTimeUs: Number(receive),
    price: scaled(priceText),
    size: scaled(sizeText),
    side: side === 'sell' ? 'sell' : 'buy',
  }));
}

function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .slice(1, -1)
    .map((row) => row.split(','));
}

const isDiff = (event: MarketEvent): event is Diff => event.type === 'diff';
const isTrade = (event: MarketEvent): event is Trade => event.type === 'trade';
const hasLevels = ({ bids, asks }: Diff): boolean => bids.length + asks.length > 0;

function keptDiff({ exchangeTimeUs, receiveTimeUs, bids, asks }: Diff): KeptDiff {
  return { exchangeTimeUs, receiveTimeUs, bids: [...bids], asks: [...asks] };
}

/** Two messages with both times the same cannot be told apart. */
function joinSimultaneous(diffs: readonly KeptDiff[]): KeptDiff[] {
  const joined: KeptDiff[] = [];
  for (const diff of diffs) {
    const last = joined.at(-1);
    const isSame =
      last?.receiveTimeUs === diff.receiveTimeUs && last.exchangeTimeUs === diff.exchangeTimeUs;
    if (isSame) {
      last.bids.push(...diff.bids);
      last.asks.push(...diff.asks);
    } else {
      joined.push(diff);
    }
  }
  return joined;
}

function keptTrade(trade: Trade): KeptTrade {
  const { tradeId, exchangeTimeUs, receiveTimeUs, price, size, side } = trade;
  return { tradeId, exchangeTimeUs, receiveTimeUs, price, size, side };
}

const price = (value: ScaledInt): string => formatScaled(value, RECORDING_SCALE.priceExponent);
const size = (value: ScaledInt): string => formatScaled(value, RECORDING_SCALE.sizeExponent);

/** Prices and sizes have the same number of decimals here. */
function scaled(text: string): ScaledInt {
  return parseScaled(text, RECORDING_SCALE.priceExponent) ?? 0;
}
