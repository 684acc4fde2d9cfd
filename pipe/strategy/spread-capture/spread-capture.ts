/**
 * Quotes at the best bid and the best ask of one exchange while they are far enough apart, up to a limit on what
 * is held. Quotes are filled on paper by recorded trades that go through their price: behind everybody else.
 */

import { InvalidArgumentError } from '../../../logger/errors.ts';
import {
  ZERO,
  addExact,
  compareExact,
  formatExact,
  negateExact,
  parseExact,
  subtractExact,
} from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { VenueEvent } from '../../market/events.ts';
import type { VenueBook } from '../../market/venue-book.ts';
import { NO_FIGURES } from '../../records/records.ts';
import type { DecisionRecord, Evaluation } from '../../records/records.ts';
import type {
  OrderRequest,
  OrderResult,
  Strategy,
  StrategyContext,
  StrategyDefinition,
} from '../strategy.ts';
import { SPREAD_OPTIONS, spreadSettings } from './settings.ts';
import type { SpreadSettings } from './settings.ts';

const NAME = 'spread-capture';

interface Quotes {
  readonly bid: string | null;
  readonly ask: string | null;
}

const NO_QUOTES: Quotes = { bid: null, ask: null };

class SpreadCapture implements Strategy {
  readonly #context: StrategyContext;
  readonly #settings: SpreadSettings;
  readonly #book: VenueBook;
  /** Bought less sold. */
  #position: Exact = ZERO;
  #quotes: Quotes = NO_QUOTES;
  #lastUs = -1;

  constructor(context: StrategyContext, settings: SpreadSettings, book: VenueBook) {
    this.#context = context;
    this.#settings = settings;
    this.#book = book;
  }

  onEvent(event: VenueEvent, nowUs: number): void {
    if (event.type !== 'trade') this.#requote(nowUs);
  }

  onTime(nowUs: number): void {
    if (this.#context.halted() !== null) this.#requote(nowUs);
  }

  onResult({ request, fills }: OrderResult): void {
    for (const { size } of fills) {
      const filled = parseExact(size);
      this.#position = addExact(
        this.#position,
        request.side === 'buy' ? filled : negateExact(filled),
      );
    }
    // What is left of the quotes is replaced with the next event.
    this.#quotes = NO_QUOTES;
  }

  stop(): Promise<void> {
    this.#context.quote([]);
    return Promise.resolve();
  }

  #requote(nowUs: number): void {
    const wanted = this.#wanted();
    const { bid, ask } = this.#quotes;
    if (wanted.bid === bid && wanted.ask === ask) return;
    this.#quotes = wanted;
    const sides = [
      { side: 'buy', limit: wanted.bid } as const,
      { side: 'sell', limit: wanted.ask } as const,
    ];
    const decision = `${this.#idAt(nowUs)}/1`;
    const { size } = this.#settings;
    const { venue } = this.#book;
    const orders = sides.flatMap(({ side, limit }): OrderRequest[] =>
      limit === null ? [] : [{ decision, venue, side, size, limit }],
    );
    if (orders.length > 0) this.#record(decision, orders, nowUs);
    this.#context.quote(orders);
  }

  #wanted(): Quotes {
    const { book } = this.#book;
    const [bid, ask] = [book?.best('bid'), book?.best('ask')];
    if (!book || !bid || !ask || this.#context.halted() !== null) return NO_QUOTES;
    const exponent = book.scale.priceExponent;
    const [low, high] = [bid[0], ask[0]].map((price) => ({ value: BigInt(price), exponent })) as [
      Exact,
      Exact,
    ];
    const { minSpread, size, maxPosition } = this.#settings;
    if (compareExact(subtractExact(high, low), parseExact(minSpread)) < 0) return NO_QUOTES;
    const isAllowed = (position: Exact): boolean =>
      compareExact(position, parseExact(maxPosition)) <= 0;
    const next = addExact(this.#position, parseExact(size));
    const before = subtractExact(this.#position, parseExact(size));
    return {
      bid: isAllowed(next) ? formatExact(low) : null,
      ask: isAllowed(negateExact(before)) ? formatExact(high) : null,
    };
  }

  /** Each decision has a moment of its own: it is named after that. */
  #idAt(nowUs: number): string {
    this.#lastUs = Math.max(nowUs, this.#lastUs + 1);
    const { name } = this.#book.venue;
    return `${NAME}/${this.#context.pair}/${String(this.#lastUs).padStart(16, '0')}/${name}>${name}`;
  }

  #record(id: string, orders: readonly OrderRequest[], atUs: number): void {
    const { point, venue } = this.#book;
    if (point === null) return;
    const leg = { venue: venue.name, security: venue.security, source: venue.source, point };
    const evaluation: Evaluation = {
      atUs,
      buy: leg,
      sell: leg,
      ...NO_FIGURES,
      size: this.#settings.size,
      limitedBy: 'none',
    };
    const record: DecisionRecord = {
      id,
      opportunity: id.slice(0, id.lastIndexOf('/')),
      strategy: NAME,
      pair: this.#context.pair,
      atUs,
      verdict: 'taken',
      reasons: [],
      evaluation,
      inputs: { position: formatExact(this.#position) },
      expected: { orders: orders.map(({ side, size, limit }) => ({ side, size, limit })) },
    };
    this.#context.record({ decisions: [record] });
  }
}

export const spreadCapture: StrategyDefinition = {
  name: NAME,
  summary: 'Quotes on both sides of one exchange, on paper, filled by recorded trades',
  options: SPREAD_OPTIONS,
  examples: [
    [
      '--pairs BTCUSDT --exchanges binance --quote-size 0.01 --min-spread 200 --balances balances.json',
      'on paper, until Ctrl-C; a spread below both maker fees loses money',
    ],
  ],
  needsTrades: true,
  settings: (options) => ({ ...spreadSettings(options) }),
  create: (context, options) => {
    const settings = spreadSettings(options);
    const [book, ...others] = context.books;
    if (!book || others.length > 0) {
      throw new InvalidArgumentError(`${context.pair}: ${NAME} takes one exchange`);
    }
    if (!context.canTransfer) throw new InvalidArgumentError(`${NAME} runs on paper only`);
    return new SpreadCapture(context, settings, book);
  },
};
