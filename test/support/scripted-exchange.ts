/**
 * The exchange port, played by the test step by step, for faults that a real socket would not produce on
 * demand. The wire protocols are tested elsewhere.
 */

import type {
  BookProbe,
  Exchange,
  FeedHandle,
  FeedListener,
  Instrument,
  SnapshotRequest,
} from '../../logger/exchange/exchange.ts';
import { FeedClosedError, LimitExceededError } from '../../logger/errors.ts';
import { binanceRule } from '../../logger/exchange/binance/sequencer.ts';
import type { Scale } from '../../logger/market/decimal.ts';
import { NO_HORIZON } from '../../logger/market/events.ts';
import type {
  BookSnapshot,
  Diff,
  LevelCounts,
  Levels,
  OrderEvent,
  RestingOrder,
  Trade,
} from '../../logger/market/events.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import { sleep } from '../../logger/runtime/timing.ts';

export const SCALE: Scale = { priceExponent: 2, sizeExponent: 3 };

type Kind = Pick<Exchange, 'name' | 'level' | 'feed' | 'proof' | 'rule'>;

export const BINANCE: Kind = {
  name: 'binance',
  level: 'L2',
  feed: 'depth@100ms',
  proof: 'sequence',
  rule: binanceRule,
};

export class ScriptedExchange implements Exchange {
  readonly name: string;
  readonly level: Exchange['level'];
  readonly feed: string;
  readonly proof: Exchange['proof'];
  readonly rule: Exchange['rule'];
  fallback: Exchange['fallback'] = null;
  readonly listeners = new Map<string, FeedListener>();
  aliveUntilUs: number | null = null;
  snapshotRequests = 0;
  snapshotDepths?: readonly number[];
  /** Answers every snapshot request, if it is set. */
  onSnapshot: ((request: SnapshotRequest) => Promise<BookSnapshot>) | undefined;
  /** Of each snapshot request; undefined: none was named. */
  readonly depthsAsked: (number | undefined)[] = [];
  probesInBatches = false;
  isNumberedByConnection = false;
  /** Symbols and depth of each probe. */
  readonly probes: (readonly [symbols: string, depth: 'prices' | 'sequence'])[] = [];
  /** The response to every probe; an error while null. */
  probeAnswer: Omit<BookProbe, 'receiveTimeUs'> | 'unlisted' | null = null;
  /** What was renewed. */
  readonly renewals: string[] = [];
  resets = 0;
  /** Responses to the next snapshot requests, which wait while this is empty. */
  readonly #answers: (BookSnapshot | Error)[] = [];
  readonly #waiting: ((answer: BookSnapshot | Error) => void)[] = [];
  instrumentAnswer: Instrument | Error = {
    symbol: 'BTCUSDT',
    scale: SCALE,
    tickSize: '0.01',
    lotSize: '0.001',
  };
  /** Requests for instruments wait until they are cancelled. */
  isBudgetUsedUp = false;
  instrumentsWaiting = 0;
  /** Like `#answers`, for requests that use only spare budget; rejected while this is empty. */
  readonly #spareAnswers: BookSnapshot[] = [];
  spareRequests = 0;
  readonly #clock: Clock;

  constructor(clock: Clock, kind: Kind = BINANCE) {
    this.#clock = clock;
    this.name = kind.name;
    this.level = kind.level;
    this.feed = kind.feed;
    this.proof = kind.proof;
    this.rule = kind.rule;
  }

  async instrument(symbol: string, signal: AbortSignal): Promise<Instrument> {
    if (this.isBudgetUsedUp) {
      this.instrumentsWaiting++;
      await sleep(this.#clock, 3_600_000, signal);
      this.instrumentsWaiting--;
      throw new FeedClosedError('The request was cancelled before its turn came');
    }
    if (this.instrumentAnswer instanceof Error) throw this.instrumentAnswer;
    return { ...this.instrumentAnswer, symbol };
  }

  open(instrument: Instrument, listener: FeedListener): FeedHandle {
    this.listeners.set(instrument.symbol, listener);
    return {
      aliveUntilUs: () => this.aliveUntilUs,
      renew: (what) => void this.renewals.push(what),
      checkListing: () => void this.renewals.push('listing'),
      close: () => void this.listeners.delete(instrument.symbol),
    };
  }

  async snapshot(
    _symbol: string,
    signal: AbortSignal,
    { urgency, depth }: SnapshotRequest = {},
  ): Promise<BookSnapshot> {
    this.depthsAsked.push(depth);
    if (this.onSnapshot) return this.onSnapshot({ depth });
    if (urgency === 'spare') {
      this.spareRequests++;
      const spare = this.#spareAnswers.shift();
      if (spare) return spare;
      throw new LimitExceededError('nothing to spare', { retryable: true });
    }
    this.snapshotRequests++;
    const answer =
      this.#answers.shift() ??
      (await new Promise<BookSnapshot | Error>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(new FeedClosedError('given up')), {
          once: true,
        });
      }));
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async probe(
    symbols: readonly string[],
    depth: 'prices' | 'sequence',
  ): Promise<ReadonlyMap<string, BookProbe>> {
    this.probes.push([symbols.join(), depth]);
    const answer = this.probeAnswer;
    if (answer === null) throw new FeedClosedError('no answer', { retryable: true });
    if (answer === 'unlisted') return new Map();
    const receiveTimeUs = this.#clock.nowUs();
    const sequence = depth === 'prices' ? null : answer.sequence;
    return new Map(symbols.map((symbol) => [symbol, { ...answer, sequence, receiveTimeUs }]));
  }

  async reset(): Promise<void> {
    this.resets++;
  }

  async close(): Promise<void> {
    this.listeners.clear();
  }

  counters(): ReturnType<Exchange['counters']> {
    return {
      connections: 1,
      frames: 0,
      bytes: 0,
      wireErrors: {},
      requestsWaiting: this.instrumentsWaiting,
      requestWeightUsed: 0,
      bannedUntilUs: null,
    };
  }

  answer(answer: BookSnapshot | Error): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(answer);
    else this.#answers.push(answer);
  }

  /** Sets the response to the next request that uses only spare budget. */
  spare(answer: BookSnapshot): void {
    this.#spareAnswers.push(answer);
  }

  up(symbol = 'BTCUSDT'): void {
    this.aliveUntilUs = this.#clock.nowUs();
    this.listeners.get(symbol)?.onUp();
  }

  down(symbol = 'BTCUSDT'): void {
    const aliveUntilUs = this.aliveUntilUs ?? this.#clock.nowUs();
    this.aliveUntilUs = null;
    this.listeners.get(symbol)?.onDown(aliveUntilUs, 'the connection closed');
  }

  /** A pong: nothing was lost so far. */
  alive(): void {
    this.aliveUntilUs = this.#clock.nowUs();
  }

  diff(
    firstSequence: number,
    lastSequence: number,
    bids: Levels = [],
    asks: Levels = [],
    symbol = 'BTCUSDT',
  ): Diff {
    const nowUs = this.#clock.nowUs();
    const diff: Diff = {
      type: 'diff',
      firstSequence,
      lastSequence,
      exchangeTimeUs: nowUs - 5000,
      receiveTimeUs: nowUs,
      bids,
      asks,
    };
    this.alive();
    this.listeners.get(symbol)?.onUpdate(diff);
    return diff;
  }

  /** An order event at `sequence` with the fields of `said`. */
  order<Type extends OrderEvent['type']>(
    type: Type,
    sequence: number,
    said: Omit<
      Extract<OrderEvent, { type: Type }>,
      'type' | 'firstSequence' | 'lastSequence' | 'exchangeTimeUs' | 'receiveTimeUs'
    >,
    symbol = 'BTCUSDT',
  ): OrderEvent {
    const nowUs = this.#clock.nowUs();
    const event = {
      type,
      firstSequence: sequence,
      lastSequence: sequence,
      exchangeTimeUs: nowUs - 5000,
      receiveTimeUs: nowUs,
      ...said,
    } as unknown as OrderEvent;
    this.alive();
    this.listeners.get(symbol)?.onUpdate(event);
    return event;
  }

  heartbeat(lastSequence: number, symbol = 'BTCUSDT'): void {
    const nowUs = this.#clock.nowUs();
    this.alive();
    this.listeners
      .get(symbol)
      ?.onHeartbeat({ lastSequence, exchangeTimeUs: nowUs - 5000, receiveTimeUs: nowUs });
  }

  trade(tradeId: number, symbol = 'BTCUSDT'): Trade {
    const nowUs = this.#clock.nowUs();
    const trade: Trade = {
      type: 'trade',
      tradeId,
      sequence: null,
      exchangeTimeUs: nowUs - 6000,
      eventTimeUs: nowUs - 5000,
      receiveTimeUs: nowUs,
      price: 10_000,
      size: 5,
      side: 'buy',
    };
    this.alive();
    this.listeners.get(symbol)?.onSideEvent(trade);
    return trade;
  }
}

export function snapshotAt(
  sequence: number,
  bids: Levels,
  asks: Levels,
  counts?: LevelCounts,
): BookSnapshot {
  return {
    level: 'L2',
    sequence,
    receiveTimeUs: 0,
    exchangeTimeUs: null,
    scale: SCALE,
    bids,
    asks,
    ...(counts && { counts }),
    horizon: NO_HORIZON,
  };
}

export function orderSnapshotAt(
  sequence: number,
  receiveTimeUs: number,
  sides: { readonly bids: readonly RestingOrder[]; readonly asks: readonly RestingOrder[] },
): BookSnapshot {
  return {
    level: 'L3',
    sequence,
    receiveTimeUs,
    exchangeTimeUs: null,
    scale: SCALE,
    horizon: NO_HORIZON,
    ...sides,
  };
}
