/**
 * Snapshots of twenty L3 books, ten a second each, made and kept while messages come in: how long after the
 * message that makes a row possible the row is made, and the share of a core that it takes. In one process on
 * the real clock, with an embedded archive that keeps the rows.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedArchive } from '../logger/archive/embedded/embedded-archive.ts';
import type { SnapshotStore } from '../logger/archive/snapshot-store.ts';
import { bookOf } from '../logger/book/book.ts';
import { LiveFeeds } from '../logger/live/feeds.ts';
import type { LivePublisher } from '../logger/live/feeds.ts';
import { NO_HORIZON } from '../logger/market/events.ts';
import type { OrderEvent, OrderSide, RestingOrder } from '../logger/market/events.ts';
import type { Log } from '../logger/runtime/log.ts';
import { SnapshotKeeper } from '../logger/series/snapshot-keeper.ts';
import { createSystemClock } from '../logger/service/system-clock.ts';
import { seededRandom, uniformInt } from '../sandbox/prng.ts';
import type { BenchData } from './data.ts';
import type { Section } from './figures.ts';

const BOOKS = 20;
const EVERY_US = 100_000;
const DEPTH = 25;
const ORDERS = 4000;
const MESSAGES_PER_S = 200;
const STEP_MS = 5;
const WARM_UP_MS = 3000;
const RUN_MS = 13_000;
const MID = 6_000_000;

export async function* snapshotSections({
  data,
}: {
  readonly data: BenchData;
}): AsyncGenerator<Section> {
  if (!data.isDefault) return;
  const without = await run(false);
  const { latenessMs, cpuShare } = await run(true);
  const at = (values: readonly number[], part: number): number =>
    values[Math.floor(values.length * part)] ?? NaN;
  const figure = (name: string, value: number, goal?: string) => ({
    name,
    value,
    unit: 'ms',
    ...(goal !== undefined && { goal }),
  });
  yield {
    title: 'Snapshots as they happen: 20 L3 books at 10/s, kept in an embedded archive',
    note: `${latenessMs.length} rows of ${DEPTH} prices a side; ${MESSAGES_PER_S} messages a second and book; from the message that makes a row possible to the row`,
    figures: [
      figure('row made, median', at(latenessMs, 0.5)),
      figure('row made, p99', at(latenessMs, 0.99), 'at most 5'),
      figure('row made, latest', latenessMs.at(-1) ?? NaN),
      figure('a timer due at once without snapshots, p99', at(without.timerMs, 0.99)),
      {
        name: 'share of a core, beside the messages themselves',
        value: 100 * (cpuShare - without.cpuShare),
        unit: '%',
        goal: 'at most 20',
      },
    ],
  };
}

interface Outcome {
  readonly latenessMs: readonly number[];
  /** How late timers are that are due at once. */
  readonly timerMs: readonly number[];
  readonly cpuShare: number;
}

const log: Log = {
  error: (text) => {
    throw new Error(text);
  },
  warning: (text) => {
    throw new Error(text);
  },
  notice: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

async function run(isFollowed: boolean): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-snapshots-'));
  const archive = await openEmbeddedArchive({ directory });
  const clock = createSystemClock();
  const feeds = new LiveFeeds(log);
  const books = Array.from({ length: BOOKS }, (_, i) => new BenchBook(feeds, i));
  const latenessMs: number[] = [];
  const fail = (error: unknown): never => {
    throw error;
  };
  const followed = books.map(({ security }) => ({ security, everyUs: EVERY_US, depth: DEPTH }));
  const keeper = new SnapshotKeeper({
    series: isFollowed ? followed : [],
    live: feeds,
    store: archive.snapshots as SnapshotStore,
    clock,
    log,
    onFatal: fail,
    onRows: ({ security }, items) => {
      const nowMs = performance.now();
      const book = books.find((one) => one.security === security);
      for (const { atUs } of items) latenessMs.push(nowMs - (book?.knownMs(atUs) ?? NaN));
    },
  });
  keeper.start();
  const beginMs = performance.now();
  let [cpu, startMs] = [process.cpuUsage(), beginMs];
  let isWarm = false;
  const timerMs: number[] = [];
  for (let doneMs = 0; doneMs < RUN_MS; doneMs = performance.now() - beginMs) {
    if (!isWarm && doneMs > WARM_UP_MS) {
      isWarm = true;
      [cpu, startMs] = [process.cpuUsage(), performance.now()];
      latenessMs.length = timerMs.length = 0;
    }
    for (const book of books) book.step(clock.nowUs(), doneMs);
    const setMs = performance.now();
    setTimeout(() => timerMs.push(performance.now() - setMs), 0);
    await sleep(STEP_MS);
  }
  const { user, system } = process.cpuUsage(cpu);
  const cpuShare = (user + system) / 1000 / (performance.now() - startMs);
  await keeper.stop();
  await archive.close();
  rmSync(directory, { recursive: true });
  return { latenessMs: sorted(latenessMs), timerMs: sorted(timerMs), cpuShare };
}

function sorted(values: number[]): number[] {
  return values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
}

/** A book of orders that come and go, with a live feed. */
class BenchBook {
  readonly security: string;
  readonly #random;
  readonly #publisher: LivePublisher;
  readonly #segment;
  readonly #orders: (RestingOrder & { readonly side: OrderSide })[] = [];
  /** When each of the last ticks could be known. */
  readonly #known = new Map<number, number>();
  #sequence = 0;
  #sent = 0;
  #tickUs = 0;

  constructor(feeds: LiveFeeds, seed: number) {
    this.security = `coinbase:B${seed}-USD`;
    this.#random = seededRandom(`book ${seed}`);
    const sides = { buy: [] as RestingOrder[], sell: [] as RestingOrder[] };
    for (let i = 0; i < ORDERS; i++) {
      const order = this.#fresh();
      sides[order.side].push(order);
      this.#orders.push(order);
    }
    const scale = { priceExponent: 2, sizeExponent: 8 };
    sides.buy.sort((a, b) => Number(b.price) - Number(a.price));
    sides.sell.sort((a, b) => Number(a.price) - Number(b.price));
    const book = bookOf({ level: 'L3', bids: sides.buy, asks: sides.sell, scale });
    const { security } = this;
    const nowUs = createSystemClock().nowUs();
    this.#segment = {
      identity: { security, level: 'L3', feed: 'full', proof: 'sequence', epoch: 1 } as const,
      book,
      scale,
      horizon: NO_HORIZON,
      sequence: 0,
      exchangeTimeUs: nowUs,
      receiveTimeUs: nowUs,
    };
    const segment = this.#segment;
    this.#publisher = feeds.open(security, () => [
      { type: 'image', security, reason: 'present', segment, closedGap: null },
    ]);
  }

  knownMs(atUs: number): number {
    return this.#known.get(atUs) ?? NaN;
  }

  /** Sends what is due. */
  step(nowUs: number, doneMs: number): void {
    for (; this.#sent < (doneMs / 1000) * MESSAGES_PER_S; this.#sent++) this.#send(nowUs);
  }

  #send(nowUs: number): void {
    const lastTickUs = Math.ceil(nowUs / EVERY_US) * EVERY_US - EVERY_US;
    const ms = performance.now();
    if (this.#tickUs === 0) this.#tickUs = lastTickUs;
    for (; this.#tickUs <= lastTickUs; this.#tickUs += EVERY_US) this.#known.set(this.#tickUs, ms);
    const update = this.#event(nowUs);
    const segment = this.#segment;
    if (segment.book.apply(update) !== null) throw new Error('The book of the benchmark is wrong');
    Object.assign(segment, { sequence: update.lastSequence, exchangeTimeUs: nowUs });
    this.#publisher.publish({ type: 'update', security: this.security, update, segment });
  }

  #event(us: number): OrderEvent {
    const sequence = ++this.#sequence;
    const times = { exchangeTimeUs: us, receiveTimeUs: us };
    const head = { firstSequence: sequence, lastSequence: sequence, ...times };
    const kind = uniformInt(this.#random, 10);
    if (kind < 5) {
      const { orderId, side, price, size } = this.#fresh();
      this.#orders.push({ orderId, side, price, size });
      return { type: 'open', ...head, orderId, side, price, remainingSize: size };
    }
    const at = uniformInt(this.#random, this.#orders.length);
    const [order] = this.#orders.splice(at, 1);
    if (order === undefined) throw new Error('The book ran empty');
    const { orderId, side, price, size } = order;
    if (kind === 5) {
      const ids = { tradeId: sequence, makerOrderId: orderId, takerOrderId: `t${sequence}` };
      return { type: 'match', ...head, ...ids, side, price, size };
    }
    const rest = { orderType: null, price, remainingSize: size };
    return { type: 'done', ...head, orderId, side, reason: 'canceled', ...rest };
  }

  #fresh(): RestingOrder & { readonly side: OrderSide } {
    const side = uniformInt(this.#random, 2) === 0 ? 'buy' : 'sell';
    const away = 1 + uniformInt(this.#random, 2000);
    return {
      orderId: `o${this.#sequence}-${uniformInt(this.#random, 2 ** 40)}`,
      side,
      price: side === 'buy' ? MID - away : MID + away,
      size: 1 + uniformInt(this.#random, 10_000_000),
    };
  }
}
