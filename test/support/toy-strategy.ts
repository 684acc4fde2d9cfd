/** A strategy that buys the best ask of its first venue whenever it moved, to see how strategies are run. */

import type { BookPoint, VenueEvent } from '../../pipe/market/events.ts';
import type { Venue } from '../../pipe/market/venue.ts';
import type { DecisionRecord, Evaluation } from '../../pipe/records/records.ts';
import { topOf, topText } from '../../pipe/top/top.ts';
import type {
  OrderResult,
  Strategy,
  StrategyContext,
  StrategyDefinition,
} from '../../pipe/strategy/strategy.ts';

export const START_US = Date.UTC(2026, 10, 20) * 1000;

export function venueOf(name: string, pair = 'BTCUSDT', symbol = pair): Venue {
  const [exchange = name] = name.split('@');
  return {
    name,
    exchange,
    source: 'test',
    security: `${exchange}:${symbol}`,
    pair,
    base: pair.slice(0, 3),
    quote: pair.slice(3),
    instrument: {
      base: pair.slice(0, 3),
      quote: pair.slice(3),
      tickSize: null,
      lotSize: null,
      minSize: null,
      minNotional: null,
      contract: null,
    },
  };
}

export function pointAt(atUs: number): BookPoint {
  return { epoch: 1, sequence: 1, isSequenced: true, exchangeTimeUs: atUs, receiveTimeUs: atUs };
}

/** A book of one level a side, prices at two decimals. */
export function bookEvent(venue: Venue, atUs: number, bid: number, ask: number): VenueEvent {
  return {
    type: 'image',
    venue,
    point: pointAt(atUs),
    scale: { priceExponent: 2, sizeExponent: 0 },
    bids: [bid, 1],
    asks: [ask, 1],
    horizon: { bid: null, ask: null },
  };
}

export interface ToyLog {
  readonly results: OrderResult[];
  readonly times: number[];
  context?: StrategyContext;
  options?: Readonly<Record<string, unknown>>;
  stoppedUs?: number;
}

export function toyStrategy(seen: ToyLog): StrategyDefinition {
  return {
    name: 'toy',
    summary: 'buys',
    options: { lot: { type: 'string', describe: 'how much', default: '1' } },
    create: (context, options) => {
      Object.assign(seen, { context, options });
      return new Toy(context, seen);
    },
  };
}

class Toy implements Strategy {
  readonly #context: StrategyContext;
  readonly #seen: ToyLog;
  #decisions = 0;

  constructor(context: StrategyContext, seen: ToyLog) {
    this.#context = context;
    this.#seen = seen;
  }

  onEvent(event: VenueEvent, nowUs: number): void {
    this.#seen.times.push(nowUs);
    const book = this.#context.books.find(({ venue }) => venue === event.venue);
    if (!book?.book || event.venue !== this.#context.books[0]?.venue) return;
    const { ask } = topText(topOf(book.book));
    if (ask === null) return;
    const id = `toy/${this.#context.pair}/${nowUs}/${++this.#decisions}`;
    this.#context.record({ decisions: [decision(id, event.venue, nowUs, this.#context.pair)] });
    const order = { decision: id, venue: event.venue, side: 'buy', size: '1', limit: ask } as const;
    this.#context.execute([order]);
  }

  onResult(result: OrderResult): void {
    this.#seen.results.push(result);
  }

  onTime(nowUs: number): void {
    this.#seen.times.push(nowUs);
  }

  async stop(nowUs: number): Promise<void> {
    this.#seen.stoppedUs = nowUs;
  }
}

function decision(id: string, venue: Venue, atUs: number, pair: string): DecisionRecord {
  const { name, security, source } = venue;
  const leg = { venue: name, security, source, point: pointAt(atUs) };
  const zero = '0';
  const evaluation: Evaluation = {
    atUs,
    buy: leg,
    sell: leg,
    size: '1',
    cost: zero,
    received: zero,
    transferred: zero,
    sold: zero,
    revenue: zero,
    net: zero,
    profit: '2.5',
    bps: '10',
    limitedBy: 'none',
  };
  return {
    id,
    opportunity: id.slice(0, id.lastIndexOf('/')),
    strategy: 'toy',
    pair,
    atUs,
    verdict: 'taken',
    reasons: [],
    evaluation,
    inputs: {},
    expected: {},
  };
}
