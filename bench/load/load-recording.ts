/** The recorded BTCUSDT as a supply of frames under any symbol, and of the books between them. */

import { BINANCE_FILES, recordedLines } from '../recordings.ts';

interface RecordedDepth {
  readonly U: number;
  readonly u: number;
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
}

interface RecordedSnapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

interface Diff {
  readonly depth: RecordedDepth;
  /** What follows the symbol in a frame. */
  readonly tail: string;
}

/** Snapshots kept as text: securities that start together ask for the same few. */
const MAX_KEPT_SNAPSHOTS = 50;

export class LoadRecording {
  readonly #diffs: Diff[] = [];
  readonly #prices: string[] = [];
  /** The book after `#applied` diffs; asked for moments that only move on. */
  readonly #bids = new Map<string, string>();
  readonly #asks = new Map<string, string>();
  #applied = 0;
  #sequence = 0;
  readonly #snapshots = new Map<number, string>();

  constructor() {
    for (const { raw } of BINANCE_FILES.flatMap((file) => [...recordedLines(file)])) {
      if (raw.startsWith('{"lastUpdateId"')) this.#begin(JSON.parse(raw) as RecordedSnapshot);
      else if (raw.includes('"e":"trade"'))
        this.#prices.push(/"p":"[^"]*","q":"[^"]*"/.exec(raw)?.[0] ?? '');
      else if (raw.includes('"e":"depthUpdate"')) {
        const depth = (JSON.parse(raw) as { data: RecordedDepth }).data;
        if (this.#sequence === 0 || depth.u <= this.#sequence) continue;
        this.#diffs.push({ depth, tail: raw.slice(raw.indexOf(',"U":')) });
      }
    }
  }

  changesIn(index: number): number {
    const depth = this.#diffs[index]?.depth;
    return depth ? depth.b.length + depth.a.length : 0;
  }

  /** @throws Error when the recording is over. */
  diffFrame(stream: string, symbol: string, index: number): string {
    const diff = this.#diffs[index];
    if (!diff) throw new Error('The recording is over: ask for fewer minutes');
    return `{"stream":"${stream}","data":{"e":"depthUpdate","E":${Date.now()},"s":"${symbol}"${diff.tail}`;
  }

  tradeFrame(stream: string, symbol: string, index: number): string {
    const now = Date.now();
    const amounts = this.#prices[index % this.#prices.length];
    return `{"stream":"${stream}","data":{"e":"trade","E":${now},"s":"${symbol}","t":${index + 1},${amounts},"T":${now},"m":true,"M":true}}`;
  }

  /** The REST book after so many diffs, 5,000 levels a side. */
  snapshotAfter(diffs: number): string {
    const kept = this.#snapshots.get(diffs);
    if (kept !== undefined) return kept;
    // Symbols differ by one diff at most, so the book is asked for the same moment or the next.
    for (; this.#applied < diffs; this.#applied++) {
      const depth = this.#diffs[this.#applied]?.depth;
      if (!depth) break;
      setAll(this.#bids, depth.b);
      setAll(this.#asks, depth.a);
      this.#sequence = depth.u;
    }
    const text = JSON.stringify({
      lastUpdateId: this.#sequence,
      bids: sorted(this.#bids, -1),
      asks: sorted(this.#asks, 1),
    });
    this.#snapshots.set(diffs, text);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > MAX_KEPT_SNAPSHOTS && oldest !== undefined)
      this.#snapshots.delete(oldest);
    return text;
  }

  #begin({ lastUpdateId, bids, asks }: RecordedSnapshot): void {
    this.#sequence = lastUpdateId;
    setAll(this.#bids, bids);
    setAll(this.#asks, asks);
  }
}

function setAll(side: Map<string, string>, levels: readonly (readonly [string, string])[]): void {
  for (const [price, size] of levels) {
    if (Number(size) === 0) side.delete(price);
    else side.set(price, size);
  }
}

function sorted(
  side: ReadonlyMap<string, string>,
  direction: 1 | -1,
): (readonly [string, string])[] {
  return [...side].sort(([a], [b]) => (Number(a) - Number(b)) * direction).slice(0, 5000);
}
