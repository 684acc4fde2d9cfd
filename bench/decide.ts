/**
 * Arbitrage on 20 pairs × 5 exchanges, on paper: from an event to the decision it causes, the book's own update
 * included. Prices wander apart and come together, so that some events begin an opportunity.
 */

import { TradingDesk } from '../pipe/execution/trading-desk.ts';
import type { ExchangeFees } from '../pipe/fees/fee-table.ts';
import type { BookPoint, VenueEvent } from '../pipe/market/events.ts';
import { VenueBook } from '../pipe/market/venue-book.ts';
import type { Venue } from '../pipe/market/venue.ts';
import { arbitrage } from '../pipe/strategy/arbitrage/definition.ts';
import { seededRandom, integerIn } from '../sandbox/prng.ts';
import type { BenchData } from './data.ts';
import type { Section } from './figures.ts';

const PAIRS = 20;
const EXCHANGES = ['one', 'two', 'three', 'four', 'five'];
const LEVELS = 400;
const CHANGES = 6;
const WARM_UP_EVENTS = 100_000;
const EVENTS = 400_000;
const STEP_US = 50;
const MIDDLE = 10_000_000;
const START_US = 1_795_000_000_000_000;
const SCALE = { priceExponent: 2, sizeExponent: 5 };

export function* decideSections({ data }: { readonly data: BenchData }): Generator<Section> {
  if (!data.isDefault) return;
  const market = new Market();
  for (let i = 0; i < WARM_UP_EVENTS; i++) market.step();
  const [plain, edge, decided, books]: number[][] = [[], [], [], []];
  for (let i = 0; i < EVENTS; i++) {
    const { bookMs, allMs, decisions, records } = market.step();
    books?.push(bookMs * 1000);
    (decisions > 0 ? decided : records > 0 ? edge : plain)?.push(allMs * 1000);
  }
  const all = [plain, edge, decided].flatMap((each) => each ?? []);
  const figure = (name: string, times: readonly number[] = [], part: number, goal?: string) => ({
    name,
    value: quantile(times, part),
    unit: 'µs',
    ...(goal !== undefined && { goal }),
  });
  yield {
    title: 'Arbitrage: from an event to the decision, 20 pairs × 5 exchanges',
    note: `${EVENTS} events of ${CHANGES} levels, books of ${LEVELS} levels a side; ${decided?.length} began an opportunity or a near miss (${market.taken} taken), ${edge?.length} ended one; the book's own update is included`,
    figures: [
      figure('the book alone, median', books, 0.5),
      figure('all events, median', all, 0.5),
      figure('all events, p99', all, 0.99, 'at most 5000'),
      figure('events with a decision, median', decided, 0.5),
      figure('events with a decision, p99', decided, 0.99, 'at most 5000'),
      figure('events with a decision, longest', decided, 1),
    ],
  };
}

function quantile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

interface Traded {
  readonly venue: Venue;
  readonly book: VenueBook;
  middle: number;
  sequence: number;
}

class Market {
  readonly #random = seededRandom(7);
  readonly #traded: Traded[];
  readonly #desk: TradingDesk;
  #nowUs = START_US;
  #decisions = 0;
  #records = 0;
  taken = 0;

  constructor() {
    this.#traded = Array.from({ length: PAIRS }, (_, pair) =>
      EXCHANGES.map((exchange): Traded => {
        const venue = venueOf(exchange, `C${pair}`);
        return { venue, book: new VenueBook(venue), middle: MIDDLE, sequence: 0 };
      }),
    ).flat();
    for (const each of this.#traded) each.book.apply(this.#image(each));
    const fees = { exchanges: Object.fromEntries(EXCHANGES.map((name) => [name, FEES])) };
    this.#desk = new TradingDesk(
      {
        definition: arbitrage,
        options: { 'max-age': '5s', 'max-failures': '100000' },
        books: this.#traded.map(({ book }) => book),
        history: () => ({ at: () => null }),
        fees,
        execute: null,
        record: ({ decisions = [], opportunities = [] }) => {
          this.#decisions += decisions.length;
          this.#records += opportunities.length;
          this.taken += decisions.filter(({ verdict }) => verdict === 'taken').length;
        },
        balance: () => '1000000000',
        halted: () => null,
        halt: () => undefined,
      },
      this.#nowUs,
    );
    for (const each of this.#traded) this.#desk.onEvent(this.#image(each), each.book, this.#nowUs);
  }

  step(): {
    readonly bookMs: number;
    readonly allMs: number;
    readonly decisions: number;
    readonly records: number;
  } {
    this.#nowUs += STEP_US;
    const each = this.#traded[integerIn(this.#random, 0, this.#traded.length - 1)] as Traded;
    const event = this.#update(each);
    this.#decisions = 0;
    this.#records = 0;
    const begun = performance.now();
    this.#desk.turnTo(this.#nowUs);
    const turned = performance.now();
    each.book.apply(event);
    const applied = performance.now();
    this.#desk.onEvent(event, each.book, this.#nowUs);
    const ended = performance.now();
    return {
      bookMs: applied - turned,
      allMs: ended - begun,
      decisions: this.#decisions,
      records: this.#records,
    };
  }

  #update(each: Traded): VenueEvent {
    const random = this.#random;
    const back = Math.sign(MIDDLE - each.middle) * 2;
    const before = each.middle;
    each.middle += integerIn(random, -60, 60) + back;
    const bids: number[] = [];
    const asks: number[] = [];
    // What the middle passed is gone.
    for (let price = before; price < each.middle + 5; price += 5) asks.push(round5(price), 0);
    for (let price = before; price > each.middle - 5; price -= 5) bids.push(round5(price), 0);
    for (let i = 0; i < CHANGES; i++) {
      const distance = 5 * integerIn(random, 1, 40);
      const size = integerIn(random, 1, 200_000);
      if (random.next() < 0.5) bids.push(round5(each.middle) - distance, size);
      else asks.push(round5(each.middle) + 5 + distance, size);
    }
    const { venue } = each;
    return { type: 'update', venue, point: this.#point(each), bids, asks };
  }

  #image(each: Traded): VenueEvent {
    const side = (sign: 1 | -1): number[] =>
      Array.from({ length: LEVELS }, (_, i) => [
        round5(each.middle) + sign * 5 * (i + 1),
        integerIn(this.#random, 1, 200_000),
      ]).flat();
    return {
      type: 'image',
      venue: each.venue,
      point: this.#point(each),
      scale: SCALE,
      bids: side(-1),
      asks: side(1),
      horizon: { bid: null, ask: null },
    };
  }

  #point(each: Traded): BookPoint {
    const receiveTimeUs = this.#nowUs;
    const sequence = ++each.sequence;
    return { epoch: 1, sequence, isSequenced: true, exchangeTimeUs: receiveTimeUs, receiveTimeUs };
  }
}

const round5 = (price: number): number => price - (price % 5);

const FEES: ExchangeFees = {
  taker: '0.00005',
  maker: '0',
  feeIn: 'received',
  latencyMs: 50,
  origin: { source: 'assumed', readAt: '2026-11-30' },
  coins: {},
};

function venueOf(exchange: string, base: string): Venue {
  const instrument = {
    base,
    quote: 'USDT',
    tickSize: '0.01',
    lotSize: '0.00001',
    minSize: '0.0001',
    minNotional: '5',
    contract: null,
  };
  return {
    name: exchange,
    exchange,
    source: 'bench',
    security: `${exchange}:${base}USDT`,
    pair: `${base}USDT`,
    base,
    quote: 'USDT',
    instrument,
  };
}
