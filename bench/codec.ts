/**
 * The codec on the Binance recordings: bytes per level change (all bytes of the bodies of 60 s
 * blocks, diffs and trades, divided by the level changes), against general compressors on the same
 * frames, and the time of encoding and decoding as a ratio to `JSON.parse`.
 */

import { gzipSync } from 'node:zlib';

import { compress } from 'zstd-napi';

import { TwoSidedBook } from '../logger/book/two-sided-book.ts';
import { decodeBlock, newestBlock, newestImage } from '../logger/codec/formats.ts';
import type { LevelImage } from '../logger/market/events.ts';
import { recordedBlocks, withoutTrades } from './blocks.ts';
import type { RecordedBlock } from './blocks.ts';
import type { Figure, Section } from './figures.ts';
import { BINANCE_FILES, binanceRecording } from './recordings.ts';
import type { LevelSnapshot } from './recordings.ts';
import { medianTimesMs } from './timing.ts';

const LEVEL_UNIT = 'B/level change';

export function codecSections(): Section[] {
  const files = BINANCE_FILES.map((name) => ({ name, blocks: recordedBlocks(name) }));
  const all = files.flatMap((file) => file.blocks);
  return [
    {
      title: `${newestBlock('L2').encoding}, blocks of 60 s`,
      figures: [
        ...files.map((file) => sizeFigure(file.name, file.blocks)),
        { ...sizeFigure('both', all), goal: 'at most 2.60, aim 2.20' },
        { name: 'both, diffs alone', value: diffBytes(all) / levelChanges(all), unit: LEVEL_UNIT },
        tradeFigure(all),
      ],
    },
    { title: 'The same frames as JSON', figures: baselines(files.map((file) => file.blocks)) },
    { title: newestImage('L2').encoding, figures: imageFigures() },
    { title: `${newestBlock('L2').encoding}, time`, figures: timeFigures(all) },
  ];
}

function levelChanges(blocks: readonly RecordedBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.levelChanges, 0);
}

function blockBytes(blocks: readonly RecordedBlock[]): number {
  return blocks.reduce((sum, block) => sum + newestBlock('L2').encode(block.content).length, 0);
}

function diffBytes(blocks: readonly RecordedBlock[]): number {
  const bytes = blocks.map(
    (block) => newestBlock('L2').encode(withoutTrades(block.content)).length,
  );
  return bytes.reduce((sum, length) => sum + length, 0);
}

function sizeFigure(name: string, blocks: readonly RecordedBlock[]): Figure {
  return { name, value: blockBytes(blocks) / levelChanges(blocks), unit: LEVEL_UNIT };
}

function tradeFigure(blocks: readonly RecordedBlock[]): Figure {
  const trades = blocks.reduce((sum, block) => sum + block.trades, 0);
  const value = (blockBytes(blocks) - diffBytes(blocks)) / trades;
  return { name: 'both, what trades add', value, unit: 'B/trade', goal: 'at most 6, aim 4.5' };
}

/** General compressors on each whole file, and on its blocks of 60 s one by one. */
function baselines(files: readonly (readonly RecordedBlock[])[]): Figure[] {
  const levels = levelChanges(files.flat());
  const text = (blocks: readonly RecordedBlock[]): Buffer =>
    Buffer.from(blocks.map((block) => block.frames.join('\n')).join('\n'));
  const whole = files.map(text);
  const cut = files.flat().map((block) => text([block]));
  const figure = (
    name: string,
    parts: readonly Buffer[],
    pack: (part: Buffer) => Uint8Array,
  ): Figure => {
    const bytes = parts.reduce((sum, part) => sum + pack(part).length, 0);
    return { name, value: bytes / levels, unit: LEVEL_UNIT };
  };
  const gzip = (part: Buffer): Uint8Array => gzipSync(part, { level: 6 });
  const zstd =
    (compressionLevel: number) =>
    (part: Buffer): Uint8Array =>
      compress(part, { compressionLevel });
  return [
    figure('raw', whole, (part) => part),
    figure('gzip -6, whole files', whole, gzip),
    figure('gzip -6, blocks of 60 s', cut, gzip),
    figure('zstd -3, whole files', whole, zstd(3)),
    figure('zstd -3, blocks of 60 s', cut, zstd(3)),
    figure('zstd -19, whole files', whole, zstd(19)),
    figure('zstd -19, blocks of 60 s', cut, zstd(19)),
  ];
}

function imageFigures(): Figure[] {
  let book: TwoSidedBook | undefined;
  let snapshot: LevelSnapshot | undefined;
  for (const frame of BINANCE_FILES.flatMap((file) => [...binanceRecording(file)])) {
    if (frame.snapshot !== undefined) {
      snapshot = frame.snapshot;
      book = TwoSidedBook.fromImage(frame.snapshot);
    } else if (frame.event?.type === 'diff') {
      book?.setLevels(frame.event.bids, frame.event.asks);
    }
  }
  if (snapshot === undefined || book === undefined) return [];
  const grown = { ...snapshot, bids: book.levels('bid'), asks: book.levels('ask') };
  return [
    imageFigure('the recorded snapshot', snapshot),
    imageFigure('the book after both files', grown),
  ];
}

function imageFigure(name: string, snapshot: LevelSnapshot): Figure {
  const image: LevelImage = { ...snapshot, exchangeTimeUs: snapshot.receiveTimeUs };
  const levels = (image.bids.length + image.asks.length) / 2;
  return {
    name: `${name}, ${levels} levels`,
    value: newestImage('L2').encode(image).length / levels,
    unit: 'B/level',
    goal: 'at most 3.0, aim 2.6',
  };
}

function timeFigures(blocks: readonly RecordedBlock[]): Figure[] {
  const bodies = blocks.map((block) => newestBlock('L2').encode(block.content));
  const times = medianTimesMs({
    parse: () => {
      for (const block of blocks) for (const frame of block.frames) JSON.parse(frame);
    },
    encode: () => {
      for (const block of blocks) newestBlock('L2').encode(block.content);
    },
    decode: () => {
      for (const body of bodies) decodeBlock(newestBlock('L2').encoding, body);
    },
  });
  const unit = '× JSON.parse of the same frames';
  const levels = levelChanges(blocks);
  return [
    { name: 'encode', value: times.encode / times.parse, unit, goal: 'at most 1.5, aim 1.0' },
    { name: 'decode', value: times.decode / times.parse, unit, goal: 'at most 1.3, aim 0.8' },
    { name: 'decode', value: levels / times.decode / 1000, unit: 'million level changes/s' },
  ];
}
