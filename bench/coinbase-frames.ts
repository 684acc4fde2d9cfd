/**
 * From the bytes of Coinbase's frames to events, and from `full` to the book and its best prices, as a
 * ratio to `JSON.parse` of the same frames. On the recordings of 2016 (`full`) and 2021 (`level2`).
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PoolOrderBook } from '../logger/book/pool-order-book.ts';
import {
  FULL_CHANNELS,
  LEVEL2_CHANNELS,
  coinbaseProtocol,
} from '../logger/exchange/coinbase/protocol.ts';
import type { CoinbaseChannels } from '../logger/exchange/coinbase/protocol.ts';
import { diffMessage, orderMessage } from '../logger/exchange/coinbase/events.ts';
import type { EventMessage, ReadContext } from '../logger/exchange/feed/protocol.ts';
import { parseFields } from '../logger/exchange/wire/fields.ts';
import type { OrderEvent } from '../logger/market/events.ts';
import { COINBASE_SCALE, readCoinbaseFull } from '../test/support/coinbase-recording.ts';
import type { BenchData } from './data.ts';
import type { Figure, Section } from './figures.ts';
import { recordingsPath } from './recordings.ts';
import { ratioOf, timeRounds } from './timing.ts';
import type { Rounds } from './timing.ts';

const FULL = 'coinbase-full-btcusd-20160312-1.in.gz';
const LEVEL2 = 'coinbase-level2-20210417.gz';
/** Fine enough for every product of the recording. */
const LEVEL2_SCALE = { priceExponent: 8, sizeExponent: 8 };
/** The recordings are short. */
const REPEATS = 10;
const UNIT = '× JSON.parse of the same frames';

type Read = (frame: Buffer) => EventMessage;

export async function coinbaseFrameSections({
  data,
}: {
  readonly data: BenchData;
}): Promise<Section[]> {
  if (!data.isDefault) return [];
  return [
    {
      title: 'Coinbase `full` frames into the book',
      better: 'lower',
      figures: await fullFigures(),
    },
    { title: 'Coinbase `l2update` frames', better: 'lower', figures: await level2Figures() },
  ];
}

/** As the logger does it: routed, then read. */
function reader(channels: CoinbaseChannels, context: ReadContext): Read {
  const deps = { signed: () => ({}), redact: (text: string) => text };
  const session = coinbaseProtocol(channels, deps).connect(() => undefined);
  return (frame) => {
    const route = session.route(frame);
    if (route.to !== 'symbol') throw new Error('A frame without a symbol');
    return session.read(frame, route, context)[0] as EventMessage;
  };
}

async function fullFigures(): Promise<Figure[]> {
  const { snapshot, frames: texts } = readCoinbaseFull(FULL);
  const frames = texts.map((text) => Buffer.from(text));
  const context = { scale: COINBASE_SCALE, receiveTimeUs: 1 };
  const { bids, asks } = snapshot;
  const scan = reader(FULL_CHANNELS, context);
  const parse: Read = (frame) => orderMessage(parseFields(frame, 'The message'), context);
  // Every round begins with the book before the frames, made outside the measured time.
  let books: PoolOrderBook[] = [];
  const into = (read: Read): void => {
    for (const book of books) {
      for (const frame of frames) {
        if (book.apply(read(frame).event as OrderEvent)) throw new Error('A contradiction');
        book.best('bid');
        book.best('ask');
      }
    }
  };
  const rounds = await timeRounds(
    {
      json: () => repeat(frames, (frame) => JSON.parse(frame.toString('utf8'))),
      scanned: () => repeat(frames, scan),
      book: () => into(scan),
      parsed: () => into(parse),
    },
    {
      before: () => {
        const book = (): PoolOrderBook =>
          PoolOrderBook.fromImage({ scale: COINBASE_SCALE, bids, asks });
        books = Array.from({ length: REPEATS }, book);
      },
    },
  );
  return [
    figure('bytes → route → event', rounds, 'scanned'),
    { ...figure('bytes → route → event → book → best', rounds, 'book'), goal: '≤ 0.5' },
    figure('the same, parsed, without the route', rounds, 'parsed'),
  ];
}

async function level2Figures(): Promise<Figure[]> {
  const frames = gunzipSync(readFileSync(join(recordingsPath() ?? '', LEVEL2)))
    .toString('utf8')
    .split('\n')
    .map((line) => line.slice(line.indexOf(' {') + 1))
    .filter((line) => line.startsWith('{"type":"l2update"'))
    .map((line) => Buffer.from(line));
  const context = { scale: LEVEL2_SCALE, receiveTimeUs: 1 };
  const scan = reader(LEVEL2_CHANNELS, context);
  const rounds = await timeRounds({
    json: () => repeat(frames, (frame) => JSON.parse(frame.toString('utf8'))),
    scanned: () => repeat(frames, scan),
    parsed: () =>
      repeat(frames, (frame) => diffMessage(parseFields(frame, 'The message'), context)),
  });
  return [
    figure('bytes → route → event', rounds, 'scanned'),
    figure('the same, parsed, without the route', rounds, 'parsed'),
  ];
}

function figure<Name extends string>(
  name: string,
  rounds: Rounds<Name | 'json'>,
  task: Name,
): Figure {
  return { name, ...ratioOf(rounds, task, 'json'), unit: UNIT, role: 'ours' };
}

function repeat(frames: readonly Buffer[], read: (frame: Buffer) => unknown): void {
  for (let i = 0; i < REPEATS; i++) for (const frame of frames) read(frame);
}
