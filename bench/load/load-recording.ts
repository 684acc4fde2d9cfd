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

interface KeptBook {
  readonly sequence: number;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
  /** By depth. */
  readonly texts: Map<number, string>;
}

/** Securities that start together ask for the same few. */
const MAX_KEPT_BOOKS = 50;

export class LoadRecording {
  readonly #diffs: Diff[] = [];
  readonly #prices: string[] = [];
  /** The book after `#applied` diffs; asked for moments that only move on. */
  readonly #bids = new Map<string, string>();
  readonly #asks = new Map<string, string>();
  #applied = 0;
  #sequence = 0;
  readonly #kept = new Map<number, KeptBook>();

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
    this.#bookAfter(0);
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

  /** The REST book after so many diffs, as text. */
  snapshotAfter(diffs: number, depth: number): string {
    const { sequence, bids, asks, texts } = this.#bookAfter(diffs);
    let text = texts.get(depth);
    if (text === undefined) {
      text = JSON.stringify({
        lastUpdateId: sequence,
        bids: bids.slice(0, depth),
        asks: asks.slice(0, depth),
      });
      texts.set(depth, text);
    }
    return text;
  }

  /** Price and size of the best bid and ask after so many diffs. */
  topAfter(diffs: number): readonly (readonly [string, string])[] {
    const { bids, asks } = this.#bookAfter(diffs);
    return [...bids.slice(0, 1), ...asks.slice(0, 1)];
  }

  #bookAfter(diffs: number): KeptBook {
    const kept = this.#kept.get(diffs);
    if (kept !== undefined) return kept;
    // Symbols differ by one diff at most, so the book is asked for the same moment or the next.
    for (; this.#applied < diffs; this.#applied++) {
      const depth = this.#diffs[this.#applied]?.depth;
      if (!depth) break;
      setAll(this.#bids, depth.b);
      setAll(this.#asks, depth.a);
      this.#sequence = depth.u;
    }
    const book: KeptBook = {
      sequence: this.#sequence,
      bids: sorted(this.#bids, -1),
      asks: sorted(this.#asks, 1),
      texts: new Map(),
    };
    this.#kept.set(diffs, book);
    // The first one is that of securities that stay quiet.
    const [, oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT_BOOKS && oldest !== undefined) this.#kept.delete(oldest);
    return book;
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
