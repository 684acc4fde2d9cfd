/**
 * A Binance recording in memory: the diffs after its REST snapshot, the book at any of their sequences
 * by the naive model, the trades, and the `bookTicker` frames, which give the exchange's own best prices
 * at a sequence (the oracle of the recordings' README).
 */

import { BINANCE_FILES, recordedLines } from '../../bench/recordings.ts';
import { NaiveBook, plainDecimal } from './naive-book.ts';

export interface RecordedLine {
  readonly timeNs: bigint;
  readonly raw: string;
  /** null: the REST snapshot. */
  readonly stream: string | null;
  /** Index of a diff in `diffs`. */
  readonly diff: number | null;
}

export interface RecordedDiff {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

/** The exchange's own best levels at a sequence. Plain decimals. */
export interface TickerPoint {
  readonly sequence: number;
  readonly bid: readonly [string, string];
  readonly ask: readonly [string, string];
}

export interface RecordedTrade {
  readonly tradeId: number;
  /** Plain decimals. */
  readonly price: string;
  readonly size: string;
  readonly tradeTimeMs: number;
  readonly takerSide: 'buy' | 'sell';
}

const DIFFS_PER_CHECKPOINT = 250;

export class RecordedSession {
  readonly lines: readonly RecordedLine[];
  /** Index of the REST snapshot in `lines`. */
  readonly snapshotLine: number;
  readonly snapshotText: string;
  readonly diffs: readonly RecordedDiff[];
  readonly trades: readonly RecordedTrade[];
  /** Tickers at whose sequence a diff ends, from the bridge of the snapshot on. */
  readonly tickerPoints: readonly TickerPoint[];
  /** Books at regular distances, so that every diff is near one. */
  readonly #checkpoints: { readonly diff: number; readonly book: NaiveBook }[] = [];

  constructor(files: readonly string[] = BINANCE_FILES, maxLines = Infinity) {
    const lines: RecordedLine[] = [];
    const diffs: RecordedDiff[] = [];
    const trades: RecordedTrade[] = [];
    const tickers: TickerPoint[] = [];
    for (const { timeNs, raw } of files.flatMap((file) => [...recordedLines(file)])) {
      if (lines.length >= maxLines) break;
      const frame = JSON.parse(raw) as WireFrame;
      const isDiff = frame.data?.e === 'depthUpdate';
      if (isDiff) diffs.push(toDiff(frame.data));
      else if (frame.data?.e === 'trade') trades.push(toTrade(frame.data));
      else if (frame.data) tickers.push(toTicker(frame.data));
      const diff = isDiff ? diffs.length - 1 : null;
      lines.push({ timeNs: BigInt(timeNs), raw, stream: frame.stream ?? null, diff });
    }
    this.lines = lines;
    this.diffs = diffs;
    this.trades = trades;
    this.snapshotLine = lines.findIndex((line) => line.stream === null);
    this.snapshotText = lines[this.snapshotLine]?.raw ?? '';
    this.#keepCheckpoints();
    const ends = new Set(diffs.map((diff) => diff.lastSequence));
    const first = this.firstProvenSequence;
    this.tickerPoints = tickers.filter(({ sequence }) => sequence >= first && ends.has(sequence));
  }

  /** Last sequence of the diff that bridges the snapshot: the first book that is proven. */
  get firstProvenSequence(): number {
    return this.#checkpoints[0]?.book.sequence ?? Infinity;
  }

  get lastSequence(): number {
    return this.diffs.at(-1)?.lastSequence ?? -1;
  }

  /** The book after the last diff at or before `sequence`, in full depth. */
  bookAt(sequence: number): NaiveBook {
    const checkpoint = this.#checkpoints.findLast(({ book }) => book.sequence <= sequence);
    if (!checkpoint) throw new Error(`No proven book at ${sequence}`);
    const book = checkpoint.book.clone();
    for (let i = checkpoint.diff + 1; i < this.diffs.length; i++) {
      const diff = this.diffs[i];
      if (!diff || diff.lastSequence > sequence) break;
      book.apply(diff.lastSequence, diff.bids, diff.asks);
    }
    return book;
  }

  #keepCheckpoints(): void {
    const snapshot = JSON.parse(this.snapshotText) as WireSnapshot;
    const book = new NaiveBook(snapshot.lastUpdateId, snapshot.bids, snapshot.asks);
    for (const [index, diff] of this.diffs.entries()) {
      if (diff.lastSequence <= book.sequence) continue;
      if (diff.firstSequence > book.sequence + 1) throw new Error(`Gap at ${diff.firstSequence}`);
      book.apply(diff.lastSequence, diff.bids, diff.asks);
      const last = this.#checkpoints.at(-1)?.diff ?? -Infinity;
      if (index - last < DIFFS_PER_CHECKPOINT) continue;
      this.#checkpoints.push({ diff: index, book: book.clone() });
    }
  }
}

interface WireSnapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

interface WireFrame {
  readonly stream?: string;
  readonly data?: any;
}

function toDiff(data: any): RecordedDiff {
  return { firstSequence: data.U, lastSequence: data.u, bids: data.b, asks: data.a };
}

function toTrade(data: any): RecordedTrade {
  return {
    tradeId: data.t,
    price: plainDecimal(data.p),
    size: plainDecimal(data.q),
    tradeTimeMs: data.T,
    takerSide: data.m === true ? 'sell' : 'buy',
  };
}

function toTicker(data: any): TickerPoint {
  return {
    sequence: data.u,
    bid: [plainDecimal(data.b), plainDecimal(data.B)],
    ask: [plainDecimal(data.a), plainDecimal(data.A)],
  };
}
