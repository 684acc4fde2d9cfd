/**
 * Reads the recorded frames of ../shared/recordings (`<receive ns> <raw frame>` lines) for
 * benchmarks and tests. It converts Binance frames to events without any code of `logger/exchange`,
 * so that tests can compare against it. Recordings are trusted input: a line that contradicts their
 * README ends the run.
 */

import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { parseScaled } from '../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../logger/market/decimal.ts';
import type {
  BookSnapshot,
  Diff,
  LevelSides,
  MarketEvent,
  Trade,
} from '../logger/market/events.ts';
import { decompress } from './zstd.ts';

export type LevelSnapshot = BookSnapshot & LevelSides;

/** The contiguous Binance recordings, in order; the second starts where the first one ends. */
export const BINANCE_FILES = [
  'binance-btcusdt-20240808.gz',
  'binance-btcusdt-20240809.gz',
] as const;

/** Binance writes eight decimals everywhere. */
export const RECORDING_SCALE: Scale = { priceExponent: 8, sizeExponent: 8 };

/** The maximum number of levels per side in Binance's REST snapshot (`limit=5000`). */
const SNAPSHOT_LEVELS = 5000;

export interface RecordedFrame {
  readonly receiveTimeUs: number;
  readonly kind: 'depth' | 'trade' | 'bookTicker' | 'snapshot';
  /** The raw frame. */
  readonly raw: string;
  /** The event of a `depth` or `trade` frame. */
  readonly event?: Diff | Trade;
  /** The content of a `snapshot` frame. */
  readonly snapshot?: LevelSnapshot;
}

interface DepthFrame {
  E: number;
  U: number;
  u: number;
  b: readonly (readonly [string, string])[];
  a: readonly (readonly [string, string])[];
}

interface TradeFrame {
  E: number;
  t: number;
  p: string;
  q: string;
  T: number;
  m: boolean;
}

interface SnapshotFrame {
  lastUpdateId: number;
  bids: readonly (readonly [string, string])[];
  asks: readonly (readonly [string, string])[];
}

/** The folder of the recordings (`RECORDINGS`, else ../shared/recordings), if it exists. */
export function recordingsPath(): string | undefined {
  const path = resolve(process.env['RECORDINGS'] ?? join('..', 'shared', 'recordings'));
  return existsSync(join(path, BINANCE_FILES[0])) ? path : undefined;
}

/** The text of a recording: a path, or a name in the folder of the recordings. */
export function recordedText(file: string): string {
  const path = isAbsolute(file) ? file : join(recordingsPath() ?? '', file);
  const bytes = readFileSync(path);
  if (path.endsWith('.gz')) return gunzipSync(bytes).toString('utf8');
  if (!path.endsWith('.zst')) return bytes.toString('utf8');
  return decompress(bytes).toString('utf8');
}

/** The raw lines of a recording. */
export function* recordedLines(file: string): Generator<{ timeNs: string; raw: string }> {
  const text = recordedText(file);
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const space = text.indexOf(' ', start);
    if (space > start && space < end) {
      yield { timeNs: text.slice(start, space), raw: text.slice(space + 1, end) };
    }
    start = end + 1;
  }
}

/**
 * The frames of a recording, such as one of `BINANCE_FILES`, in order of arrival. Nanoseconds are truncated to
 * microseconds.
 */
export function* binanceRecording(file: string): Generator<RecordedFrame> {
  for (const { timeNs, raw } of recordedLines(file)) {
    yield binanceFrame(Number(timeNs.slice(0, -3)), raw);
  }
}

/** All events of the given recordings in one array. */
export function binanceEvents(files: readonly string[] = BINANCE_FILES): MarketEvent[] {
  const events: MarketEvent[] = [];
  for (const file of files) {
    for (const frame of binanceRecording(file)) {
      if (frame.event !== undefined) events.push(frame.event);
    }
  }
  return events;
}

export function binanceFrame(receiveTimeUs: number, raw: string): RecordedFrame {
  const parsed = JSON.parse(raw) as { stream?: string; data?: unknown } & Partial<SnapshotFrame>;
  if (parsed.lastUpdateId !== undefined) {
    const snapshot = snapshotOf(parsed as SnapshotFrame, receiveTimeUs);
    return { receiveTimeUs, kind: 'snapshot', raw, snapshot };
  }
  const stream = parsed.stream ?? '';
  if (stream.includes('@depth')) {
    return { receiveTimeUs, kind: 'depth', raw, event: diffOf(parsed.data, receiveTimeUs) };
  }
  if (stream.endsWith('@trade')) {
    return { receiveTimeUs, kind: 'trade', raw, event: tradeOf(parsed.data, receiveTimeUs) };
  }
  if (stream.endsWith('@bookTicker')) return { receiveTimeUs, kind: 'bookTicker', raw };
  throw new Error(`A recorded frame of an unknown stream: ${raw.slice(0, 80)}`);
}

/** Parses Binance's decimal text with eight decimals. */
export function scaledText(text: string): ScaledInt {
  const value = parseScaled(text, 8);
  if (value === undefined) throw new Error(`More than eight decimals in a recording: ${text}`);
  return value;
}

function levelsOf(rows: readonly (readonly [string, string])[]): ScaledInt[] {
  const levels: ScaledInt[] = [];
  for (const [price, size] of rows) levels.push(scaledText(price), scaledText(size));
  return levels;
}

function diffOf(data: unknown, receiveTimeUs: number): Diff {
  const frame = data as DepthFrame;
  return {
    type: 'diff',
    firstSequence: frame.U,
    lastSequence: frame.u,
    exchangeTimeUs: frame.E * 1000,
    receiveTimeUs,
    bids: levelsOf(frame.b),
    asks: levelsOf(frame.a),
  };
}

function tradeOf(data: unknown, receiveTimeUs: number): Trade {
  const frame = data as TradeFrame;
  return {
    type: 'trade',
    tradeId: frame.t,
    sequence: null,
    exchangeTimeUs: frame.T * 1000,
    eventTimeUs: frame.E * 1000,
    receiveTimeUs,
    price: scaledText(frame.p),
    size: scaledText(frame.q),
    // Binance's `m`: the buyer was the maker, so the taker sold.
    side: frame.m ? 'sell' : 'buy',
  };
}

function snapshotOf(frame: SnapshotFrame, receiveTimeUs: number): LevelSnapshot {
  const bids = levelsOf(frame.bids);
  const asks = levelsOf(frame.asks);
  return {
    level: 'L2',
    sequence: frame.lastUpdateId,
    exchangeTimeUs: null,
    receiveTimeUs,
    scale: RECORDING_SCALE,
    bids,
    asks,
    horizon: { bid: horizonOf(bids), ask: horizonOf(asks) },
  };
}

function horizonOf(levels: readonly ScaledInt[]): ScaledInt | null {
  return levels.length >= 2 * SNAPSHOT_LEVELS ? (levels.at(-2) ?? null) : null;
}
