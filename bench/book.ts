/**
 * Books of levels: from the bytes of a frame to the book and its best prices, beside libraries that do
 * the same, and as a ratio to `JSON.parse` of the same frames; and the book by itself, on ready diffs.
 */

import { scanDepth } from '../logger/exchange/binance/scan.ts';
import type { BenchData } from './data.ts';
import { depthWork } from './depth-work.ts';
import type { DepthWork } from './depth-work.ts';
import type { Section } from './figures.ts';
import { bookContenders, frameContenders, OURS } from './peers/book-contenders.ts';
import { bookFigures, checkBooks } from './peers/book-contest.ts';
import type { Peers } from './peers/packages.ts';
import { RECORDING_SCALE } from './recordings.ts';

const PARSE = 'limit: JSON.parse of the same frames, nothing else';
const COPY = 'limit: memcpy of the same bytes';
const INTEGERS = 'of ours: bytes → exact integers alone';

interface Given {
  readonly data: BenchData;
  readonly peers: Peers;
}

export async function* bookSections({ data, peers }: Given): AsyncGenerator<Section> {
  for (const { symbol, files } of data.binance) {
    const work = depthWork(symbol, files);
    if (work.diffs.length === 0) continue;
    yield await frameSection(work, peers);
    yield await readySection(work, peers);
  }
}

async function frameSection(work: DepthWork, peers: Peers): Promise<Section> {
  const checked = checkBooks(work, await frameContenders(work, peers));
  const limits = frameLimits(work);
  const figures = await bookFigures(checked, PARSE, '× JSON.parse', limits);
  return {
    title: `Depth frames into the book: ${work.symbol}`,
    note: `${work.diffs.length} messages with ${work.levelChanges} level changes: bytes → numbers → book, then price and size of best bid and ask. Time, less is better. ${CHECKED}`,
    better: 'lower',
    figures: figures.map((figure, i) =>
      i === 0 ? { ...figure, goal: '≤ 0.6, aim 0.25' } : figure,
    ),
  };
}

const CHECKED = 'Checked: the same best levels after every message, the same book at the end.';

function frameLimits({ frames, symbol }: DepthWork): Record<string, () => unknown> {
  const scratch = Buffer.alloc(frames.reduce((most, frame) => Math.max(most, frame.length), 0));
  const context = { scale: RECORDING_SCALE, receiveTimeUs: 1 };
  return {
    [INTEGERS]: () => {
      for (const frame of frames) scanDepth(frame, symbol, context);
    },
    [PARSE]: () => {
      for (const frame of frames) JSON.parse(frame.toString('utf8'));
    },
    [COPY]: () => {
      for (const frame of frames) frame.copy(scratch);
    },
  };
}

/** What the peers' time must be at least, as a multiple of ours. */
const GOALS: readonly (readonly [name: string, goal: string])[] = [
  ['js-sdsl', '> 1, aim 8'],
  ['sorted-btree', '> 1, aim 10'],
  ['tardis-dev 13', '> 1, aim 25'],
  ['ccxt', '> 1, aim 120'],
];

async function readySection(work: DepthWork, peers: Peers): Promise<Section> {
  const checked = checkBooks(work, await bookContenders(work, peers));
  const figures = await bookFigures(checked, OURS, '× our time');
  return {
    title: `The book alone, on ready diffs: ${work.symbol}`,
    note: `The same messages, made ready in the form that each takes; then price and size of best bid and ask. Time, less is better. ${CHECKED}`,
    better: 'lower',
    figures: figures.map((figure) => {
      const goal = GOALS.find(([name]) => figure.name.startsWith(name))?.[1];
      return goal === undefined ? figure : { ...figure, goal };
    }),
  };
}
