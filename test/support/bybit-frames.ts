/** Bybit's frames and answers as tests need them. The n-th update of a symbol has `u` = 1000 + n. */

/** Milliseconds: `ts`, and `cts` before it. */
export const TS = 1_790_000_000_123;
export const CTS = TS - 2;
/** `u` before the first update, and `seq` at it. */
export const START_U = 1000;
const START_SEQ = 88_000_000;

export type Rows = readonly (readonly [price: string, size: string])[];

export interface BookData {
  readonly b?: Rows | undefined;
  readonly a?: Rows | undefined;
  readonly u: number;
  /** Default: a number that grows with `u`. */
  readonly seq?: number | undefined;
}

export function seqOf(u: number): number {
  return START_SEQ + 7 * u;
}

/** A frame of a book topic, printed as spot does. */
export function bookFrame(
  topic: string,
  symbol: string,
  type: 'snapshot' | 'delta',
  { b = [], a = [], u, seq = seqOf(u) }: BookData,
): string {
  const data = { s: symbol, b, a, u, seq };
  return JSON.stringify({ topic: `${topic}.${symbol}`, ts: TS, type, data, cts: CTS });
}

export function tradeFrame(symbol: string, rows: readonly object[]): string {
  const data = rows.map((row) => ({ s: symbol, BT: false, RPI: false, ...row }));
  return JSON.stringify({ topic: `publicTrade.${symbol}`, ts: TS, type: 'snapshot', data });
}

/** An answer of the REST API. */
export function answer(result: unknown): unknown {
  return { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: TS };
}

export function bookAnswer(symbol: string, data: BookData): unknown {
  const { b = [], a = [], u, seq = seqOf(u) } = data;
  return answer({ s: symbol, b, a, ts: TS, u, seq, cts: CTS });
}

interface Request {
  readonly op: string;
  readonly args?: readonly string[];
  readonly req_id?: string;
}

/** The exchange's side of one connection; see `VenueConnection` of the conformance suite. */
export class BybitConnection {
  readonly #topic: string;
  readonly #hasImages: boolean;

  /** @param topic `orderbook.full`, or of a window. */
  constructor(topic: string) {
    this.#topic = topic;
    this.#hasImages = topic !== 'orderbook.full';
  }

  symbolsOf(text: string): readonly string[] {
    const { op, args = [] } = JSON.parse(text) as Request;
    if (op !== 'subscribe') return [];
    return args
      .filter((topic) => topic.startsWith('publicTrade.'))
      .map((topic) => topic.slice('publicTrade.'.length));
  }

  grant(text: string): readonly string[] {
    const { op, req_id } = JSON.parse(text) as Request;
    return [replyTo(op, req_id, true, op === 'ping' ? 'pong' : op)];
  }

  reject(text: string): readonly string[] {
    const { op, args, req_id } = JSON.parse(text) as Request;
    return [replyTo(op, req_id, false, `Invalid symbol :[${args?.[0]}]`)];
  }

  image(symbol: string, n: number): string | null {
    if (!this.#hasImages) return null;
    return bookFrame(this.#topic, symbol, 'snapshot', bookAfter(n));
  }

  update(symbol: string, n: number): string {
    return bookFrame(this.#topic, symbol, 'delta', { b: [bidOf(n)], u: START_U + n });
  }

  trade(symbol: string, n: number): string {
    const i = String(2_290_000_001_189_048_000n + BigInt(n));
    return tradeFrame(symbol, [{ i, T: TS, p: '150', v: '1', S: 'Buy', seq: seqOf(n) }]);
  }
}

/** The suite's book after the n-th update. */
export function bookAfter(n: number): BookData {
  const bids = Array.from({ length: n }, (_, i) => bidOf(n - i));
  return { b: [...bids, ['100', '1']], a: [['200', '1']], u: START_U + n };
}

function bidOf(n: number): readonly [string, string] {
  return [`${100 + n}`, `${n}`];
}

function replyTo(op: string, id: string | undefined, success: boolean, words: string): string {
  return JSON.stringify({ success, ret_msg: words, conn_id: 'c-1', req_id: id, op });
}
