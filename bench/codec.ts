/**
 * The codec for books of levels, beside general formats for the same messages: bytes per level change
 * (all bytes of the blocks, diffs and trades, divided by the level changes), and the time to write and
 * to read as a ratio to `JSON.parse` of the same frames.
 */

import { TwoSidedBook } from '../logger/book/two-sided-book.ts';
import type { BlockCodec } from '../logger/codec/codec.ts';
import { storedBlock, storedImage } from '../logger/codec/formats.ts';
import { block1 } from '../logger/codec/v1/block.ts';
import { block2 } from '../logger/codec/v2/block.ts';
import type { LevelImage } from '../logger/market/events.ts';
import { recordedBlocks, withoutTrades } from './blocks.ts';
import type { RecordedBlock } from './blocks.ts';
import type { BenchData, BinanceData } from './data.ts';
import type { Figure, Section } from './figures.ts';
import { predecessorCodecs } from './peers/bson.ts';
import { CHECKED, sizeFigure, store, timeFigures } from './peers/codec-contest.ts';
import type { CodecContender, Part, StoredParts } from './peers/codec-contest.ts';
import type { Peers } from './peers/packages.ts';
import { parquet } from './peers/parquet.ts';
import { jsonCodecs } from './peers/json-codecs.ts';
import type { ReadFrame } from './peers/json-codecs.ts';
import { tardisCsv } from './peers/tardis-csv.ts';
import { binanceFrame, binanceRecording } from './recordings.ts';
import type { LevelSnapshot } from './recordings.ts';

interface Given {
  readonly data: BenchData;
  readonly peers: Peers;
}

const LEVEL_UNIT = 'B/level change';
/** The slow ones take seconds for each. */
const TIMED_BLOCKS = 2;
/** A minute of most securities; of 1,500 at Binance one has 2,400 on average. */
const FEW_CHANGES = 1500;
const TIMED_SMALL_BLOCKS = 30;
const TIMED_ROUNDS = { rounds: 5, warmUpRounds: 2 };

export async function* codecSections({ data, peers }: Given): AsyncGenerator<Section> {
  for (const symbol of data.binance) {
    const files = symbol.files.map((file) => recordedBlocks(file));
    const blocks = files.flat();
    if (levelChanges(blocks) === 0) continue;
    const contenders = await contendersFor(symbol.symbol, peers);
    yield await sizeSection(symbol.symbol, files, contenders);
    yield {
      title: `What takes the bytes of the blocks as stored: ${symbol.symbol}`,
      figures: shareFigures(blocks),
    };
    yield* imageSections(symbol);
    yield* timeSections(symbol.symbol, blocks, contenders);
    yield* smallBlockSections(symbol);
  }
}

/** What each block costs by itself weighs more where there is little in it. */
async function* smallBlockSections({ symbol, files }: BinanceData): AsyncGenerator<Section> {
  const blocks = files.flatMap((file) => recordedBlocks(file, FEW_CHANGES));
  const contenders = [ours(block1), ours(block2, 'in which they are')];
  const title = `${symbol}, blocks of ${FEW_CHANGES} level changes`;
  const figures: Figure[] = [];
  for (const contender of contenders) {
    const stored = await store(contender, blocks);
    figures.push(sizeFigure(stored, contender.name, levelChanges(blocks), LEVEL_UNIT));
  }
  yield { title: `Bytes per level change: ${title}`, better: 'lower', figures };
  yield* timeSections(title, blocks, contenders, TIMED_SMALL_BLOCKS);
}

async function contendersFor(symbol: string, peers: Peers): Promise<CodecContender[]> {
  const columns = await parquet(peers);
  return [
    ours(block1, 'in which blocks of a busy minute are stored'),
    ours(block2, 'in which smaller ones are'),
    ...(columns ? [columns] : []),
    ...jsonCodecs(readFrame, peers.missing),
    tardisCsv(symbol),
    ...predecessorCodecs(symbol),
  ];
}

function ours(codec: BlockCodec, which?: string): CodecContender {
  return {
    name: `ours: ${codec.encoding}${which === undefined ? '' : `, ${which}`}`,
    role: 'ours',
    encode: ({ content }) => codec.encode(content),
    decode: (stored) => codec.decode(stored).events,
  };
}

const readFrame: ReadFrame = (receiveTimeUs, frame) => binanceFrame(receiveTimeUs, frame).event;

function levelChanges(blocks: readonly RecordedBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.levelChanges, 0);
}

/** Blocks of 60 s, each of which can be read alone; and for the peers also whole files. */
async function sizeSection(
  symbol: string,
  files: readonly (readonly RecordedBlock[])[],
  contenders: readonly CodecContender[],
): Promise<Section> {
  const blocks = files.flat();
  const count = levelChanges(blocks);
  const figures: Figure[] = [];
  for (const contender of contenders) {
    const cut = await store(contender, blocks);
    const name = contender.isUncompressed ? contender.name : `${contender.name}, 60 s blocks`;
    const figure = sizeFigure(cut, name, count, LEVEL_UNIT);
    const isOurs = contender.role === 'ours';
    figures.push(isOurs ? { ...figure, goal: '≤ 2.25, aim 2.10' } : figure);
    if (isOurs || contender.isUncompressed) continue;
    const whole = await store(contender, files.map(wholeFile));
    figures.push(sizeFigure(whole, `${contender.name}, whole files`, count, LEVEL_UNIT));
  }
  return {
    title: `Bytes per level change: ${symbol}`,
    note: `All bytes of diffs and trades, by ${count} level changes; less is better. ${CHECKED}`,
    better: 'lower',
    figures,
  };
}

function wholeFile(blocks: readonly RecordedBlock[]): Part {
  const first = blocks[0]?.content;
  if (!first) throw new Error('A recording without messages');
  return {
    content: { ...first, events: blocks.flatMap(({ content }) => content.events) },
    frames: blocks.flatMap(({ frames }) => frames),
  };
}

function blockBytes(blocks: readonly RecordedBlock[]): number {
  return blocks.reduce(
    (sum, block) => sum + storedBlock('L2', block.content).encode(block.content).length,
    0,
  );
}

function shareFigures(blocks: readonly RecordedBlock[]): Figure[] {
  const count = levelChanges(blocks);
  const diffs = blocks.map((block) => ({ ...block, content: withoutTrades(block.content) }));
  const trades = blocks.reduce((sum, block) => sum + block.trades, 0);
  const diffBytes = blockBytes(diffs);
  const figures: Figure[] = [{ name: 'diffs alone', value: diffBytes / count, unit: LEVEL_UNIT }];
  if (trades > 0) {
    const value = (blockBytes(blocks) - diffBytes) / trades;
    figures.push({ name: 'what trades add', value, unit: 'B/trade', goal: '≤ 3.7, aim 3.6' });
  }
  return figures;
}

function* imageSections({ symbol, files }: BinanceData): Generator<Section> {
  let book: TwoSidedBook | undefined;
  let snapshot: LevelSnapshot | undefined;
  for (const frame of files.flatMap((file) => [...binanceRecording(file)])) {
    if (frame.snapshot !== undefined) {
      snapshot = frame.snapshot;
      book = TwoSidedBook.fromImage(frame.snapshot);
    } else if (frame.event?.type === 'diff') {
      book?.setLevels(frame.event.bids, frame.event.asks);
    }
  }
  if (snapshot === undefined || book === undefined) return;
  const grown = { ...snapshot, bids: book.levels('bid'), asks: book.levels('ask') };
  yield {
    title: `${storedImage(snapshot).encoding}: base images, ${symbol}`,
    figures: [
      imageFigure('the recorded snapshot', snapshot),
      imageFigure('the book at the end', grown),
    ],
  };
}

function imageFigure(name: string, snapshot: LevelSnapshot): Figure {
  const image: LevelImage = { ...snapshot, exchangeTimeUs: snapshot.receiveTimeUs };
  const levels = (image.bids.length + image.asks.length) / 2;
  return {
    name: `${name}, ${levels} levels`,
    value: storedImage(image).encode(image).length / levels,
    unit: 'B/level',
    goal: '≤ 3.0, aim 2.2',
  };
}

async function* timeSections(
  symbol: string,
  all: readonly RecordedBlock[],
  contenders: readonly CodecContender[],
  count = TIMED_BLOCKS,
): AsyncGenerator<Section> {
  const step = Math.max(1, Math.floor(all.length / count));
  const blocks = all.filter((_, i) => i % step === 0).slice(0, count);
  const stored: StoredParts[] = [];
  for (const contender of contenders) stored.push(await store(contender, blocks));
  const { encode, decode } = await timeFigures(stored, blocks, TIMED_ROUNDS);
  const unit = `${blocks.length} blocks, ${levelChanges(blocks)} level changes`;
  yield {
    title: `Time to write: ${symbol}`,
    note: `${unit}; less is better. From events in memory to bytes; for JSON, from the text that the exchange sent.`,
    better: 'lower',
    figures: encode,
  };
  yield {
    title: `Time to read: ${symbol}`,
    note: `${unit}; less is better. From bytes to events with exact integers; the BSON to documents with doubles.`,
    better: 'lower',
    figures: decode,
  };
}
