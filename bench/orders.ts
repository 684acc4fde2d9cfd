/**
 * Orders: bytes per event and the way of a `full` message into book and block, as ratios to
 * `JSON.parse` of the same frames. On the Coinbase recording of 2016 (22 s of a calm market,
 * and client ids that today's feed shows for one's own orders only), and on 60 s that the sandbox's
 * engine makes up from a seed: sizes there say little of a real exchange, orders that live and
 * their number of messages do.
 */

import { gzipSync } from 'node:zlib';
import { compress } from 'zstd-napi';

import { PoolOrderBook } from '../logger/book/pool-order-book.ts';
import type { BlockContent } from '../logger/codec/codec.ts';
import { newestBlock, newestImage } from '../logger/codec/formats.ts';
import { orderMessage } from '../logger/exchange/coinbase/events.ts';
import { fullRule } from '../logger/exchange/coinbase/sequencer.ts';
import { fieldsOf, parseJson } from '../logger/exchange/wire/fields.ts';
import { NO_HORIZON } from '../logger/market/events.ts';
import type { OrderEvent, RestingOrder } from '../logger/market/events.ts';
import { CoinbaseProduct } from '../sandbox/venues/coinbase/product.ts';
import { Market } from '../sandbox/market/market.ts';
import { seededRandom } from '../sandbox/prng.ts';
import { profileOf } from '../sandbox/market/symbols.ts';
import { COINBASE_SCALE, readCoinbaseFull } from '../test/support/coinbase-recording.ts';
import type { Figure, Section } from './figures.ts';
import { medianTimesMs } from './timing.ts';

const RECORDING = 'coinbase-full-btcusd-20160312-1.in.gz';
const BLOCK_EVENTS_MAX = 20_000;
const MADE_SECONDS = 60;
const MADE_ACTIONS_PER_SECOND = 800;
const EVENT = 'B/event';

interface Stream {
  readonly name: string;
  readonly previousSequence: number;
  readonly bids: readonly RestingOrder[];
  readonly asks: readonly RestingOrder[];
  readonly events: readonly OrderEvent[];
  readonly frames: readonly string[];
}

export function orderSections(): Section[] {
  const streams = [recorded(), madeUp()];
  return [
    ...streams.map((stream) => ({
      title: `${newestBlock('L3').encoding}: ${stream.name}, ${stream.events.length} events`,
      figures: sizeFigures(stream),
    })),
    ...streams.map((stream) => ({
      title: `full messages: ${stream.name}`,
      figures: timeFigures(stream),
    })),
  ];
}

function recorded(): Stream {
  const { snapshot, events, frames } = readCoinbaseFull(RECORDING);
  const { bids, asks, sequence } = snapshot;
  return { name: 'the recording', previousSequence: sequence, bids, asks, events, frames };
}

/** The sandbox's market, lived through without a clock; received 3 to 20 ms after it was made. */
function madeUp(): Stream {
  const random = seededRandom('bench');
  const startUs = 1_790_000_000_000_000;
  const market = new Market({
    profile: profileOf('BTCUSDT'),
    random,
    startUs,
    eventsPerSecond: MADE_ACTIONS_PER_SECOND,
    firstSequence: 1000,
    firstTradeId: 1,
  });
  const product = new CoinbaseProduct(market, { random: seededRandom('ids'), sequence: 1000 });
  const rows = (side: 'bids' | 'asks'): RestingOrder[] =>
    product.book()[side].map(([price, size, orderId]) => ({
      orderId,
      price: units(price, 2),
      size: units(size, 8),
    }));
  const start = { bids: rows('bids'), asks: rows('asks'), previousSequence: product.sequence };
  const frames: string[] = [];
  product.listen((message) => frames.push(JSON.stringify(message)));
  market.advanceTo(startUs);
  for (let second = 1; second <= MADE_SECONDS; second++) {
    market.advanceTo(startUs + second * 1_000_000);
  }
  let receiveTimeUs = 0;
  const events = frames.map((frame) => {
    const event = readOrder(frame, 0);
    const latencyUs = 3000 + Math.floor(random.next() ** 4 * 17_000);
    receiveTimeUs = Math.max(receiveTimeUs + 20, event.exchangeTimeUs + latencyUs);
    return { ...event, receiveTimeUs };
  });
  return { name: `${MADE_SECONDS} s of the sandbox`, ...start, events, frames };
}

function readOrder(frame: string, receiveTimeUs: number): OrderEvent {
  const message = fieldsOf(parseJson(frame), 'The message');
  return orderMessage(message, { scale: COINBASE_SCALE, receiveTimeUs }).event as OrderEvent;
}

function units(text: string, exponent: number): number {
  const [whole = '', fraction = ''] = text.split('.');
  return Number(whole + fraction.padEnd(exponent, '0'));
}

function blocksOf({ events, previousSequence }: Stream): BlockContent[] {
  const blocks: BlockContent[] = [];
  for (let from = 0; from < events.length; from += BLOCK_EVENTS_MAX) {
    blocks.push({
      scale: COINBASE_SCALE,
      previousSequence: previousSequence + from,
      events: events.slice(from, from + BLOCK_EVENTS_MAX),
    });
  }
  return blocks;
}

function sizeFigures(stream: Stream): Figure[] {
  const codec = newestBlock('L3');
  const count = stream.events.length;
  const bytes = (one: Stream): number =>
    blocksOf(one).reduce((sum, block) => sum + codec.encode(block).length, 0);
  const withoutClients = stream.events.map((event) =>
    event.type === 'received' ? { ...event, clientOrderId: null } : event,
  );
  const seen = new Set<string>();
  for (const event of stream.events) {
    for (const id of 'orderId' in event
      ? [event.orderId]
      : [event.makerOrderId, event.takerOrderId]) {
      seen.add(id);
    }
  }
  const json = Buffer.from(stream.frames.join('\n'));
  const orders = stream.bids.length + stream.asks.length;
  const image = newestImage('L3').encode({
    level: 'L3',
    sequence: 1,
    exchangeTimeUs: 1,
    receiveTimeUs: 1,
    scale: COINBASE_SCALE,
    horizon: NO_HORIZON,
    bids: stream.bids,
    asks: stream.asks,
  });
  return [
    { name: 'all of it', value: bytes(stream) / count, unit: EVENT, goal: 'at most 14' },
    {
      name: 'without client ids',
      value: bytes({ ...stream, events: withoutClients }) / count,
      unit: EVENT,
      goal: 'at most 11.5, aim 10',
    },
    { name: 'of it the random bits of new ids', value: (seen.size * 15.25) / count, unit: EVENT },
    { name: 'JSON', value: json.length / count, unit: EVENT },
    { name: 'JSON, gzip -6', value: gzipSync(json, { level: 6 }).length / count, unit: EVENT },
    {
      name: 'JSON, zstd -19',
      value: compress(json, { compressionLevel: 19 }).length / count,
      unit: EVENT,
    },
    { name: `image of ${orders} orders`, value: image.length / orders, unit: 'B/order' },
  ];
}

function timeFigures(stream: Stream): Figure[] {
  const codec = newestBlock('L3');
  const blocks = blocksOf(stream);
  const bodies = blocks.map((block) => codec.encode(block));
  const { frames, bids, asks, previousSequence } = stream;
  const times = medianTimesMs({
    parse: () => {
      for (const frame of frames) JSON.parse(frame);
    },
    record: () => {
      const book = PoolOrderBook.fromImage({ scale: COINBASE_SCALE, bids, asks });
      let sequence = previousSequence;
      let open: OrderEvent[] = [];
      const seal = (): void => {
        codec.encode({ scale: COINBASE_SCALE, previousSequence: 0, events: open });
        open = [];
      };
      for (const [i, frame] of frames.entries()) {
        const event = readOrder(frame, i);
        if (fullRule.follow(sequence, event) !== 'apply') throw new Error('A hole');
        if (book.apply(event) !== null) throw new Error('A contradiction');
        book.best('bid');
        book.best('ask');
        sequence = event.lastSequence;
        open.push(event);
        if (open.length === BLOCK_EVENTS_MAX) seal();
      }
      seal();
    },
    encode: () => {
      for (const block of blocks) codec.encode(block);
    },
    decode: () => {
      for (const body of bodies) codec.decode(body);
    },
  });
  const unit = '× JSON.parse of the same frames';
  return [
    {
      name: 'frame, sequence, book, best, block: a second takes',
      value: Math.round((frames.length / times.record) * 1000),
      unit: 'events',
    },
    { name: 'the same', value: times.record / times.parse, unit },
    { name: 'encode', value: times.encode / times.parse, unit, goal: 'at most 2.5' },
    { name: 'decode', value: times.decode / times.parse, unit, goal: 'at most 3' },
  ];
}
