/**
 * Random markets. What a run recorded is compared with books that this test keeps by itself, level by level.
 */

import { expect, it } from 'vitest';
import {
  ZERO,
  addExact,
  compareExact,
  formatExact,
  largerExact,
  multiplyExact,
  parseExact,
  subtractExact,
} from '../../../../pipe/market/exact.ts';
import type { Exact } from '../../../../pipe/market/exact.ts';
import type { VenueEvent } from '../../../../pipe/market/events.ts';
import { VenueBook } from '../../../../pipe/market/venue-book.ts';
import { canonicalJson } from '../../../../pipe/market/plain-json.ts';
import type {
  DecisionRecord,
  LedgerEntry,
  OpportunityRecord,
} from '../../../../pipe/records/records.ts';
import { decideAgain } from '../../../../pipe/strategy/arbitrage/decide.ts';
import { decideSaleAgain, isSale } from '../../../../pipe/strategy/arbitrage/sale.ts';
import { arbitrageSettings } from '../../../../pipe/strategy/arbitrage/settings.ts';
import type { ArbitrageSettings } from '../../../../pipe/strategy/arbitrage/settings.ts';
import type { MemoryRecords } from '../../../support/memory-records.ts';
import { play, randomScript } from '../../../support/random-market.ts';
import type { Step } from '../../../support/random-market.ts';
import { seededRandom, testSeed } from '../../../support/seeded-random.ts';
import { RICH, feesWith, startRun, venueOf } from '../../../support/strategy-market.ts';

const seed = testSeed();
const VENUES = ['one', 'two', 'three'].map((name) => venueOf(name));
const STEPS = 4000;
const NETWORK = feesWith().coins['BTC']?.[0];
const QUICK = NETWORK ? [{ ...NETWORK, blockSeconds: 1, withdrawFee: '0.00001' }] : [];
const TABLE = {
  exchanges: {
    one: feesWith({ taker: '0.0001', latencyMs: 30, coins: { BTC: QUICK } }),
    two: feesWith({ taker: '0.0002', feeIn: 'quote', latencyMs: 5, coins: { BTC: QUICK } }),
    three: feesWith({ taker: '0', latencyMs: 110, coins: { BTC: QUICK } }),
  },
};
const CALM = { at: () => ({ bid: '100', ask: '100.01' }) };
const OPTIONS = {
  inventory: { 'max-notional': '150', 'max-failures': '100000', 'min-edge-bps': '2' },
  transfer: { transfer: 'yes', 'max-open-transfers': '3', 'max-failures': '100000' },
};

interface Played {
  readonly script: readonly Step[];
  readonly store: MemoryRecords;
  readonly decisions: DecisionRecord[];
  readonly ledger: LedgerEntry[];
}

async function played(mode: 'inventory' | 'transfer', script?: readonly Step[]): Promise<Played> {
  const steps = script ?? randomScript(seededRandom(seed), VENUES, STEPS);
  const run = await startRun(VENUES, {
    options: OPTIONS[mode],
    table: TABLE,
    history: () => CALM,
    balances: { one: RICH, two: { USDT: '300', BTC: '3' }, three: RICH },
  });
  play(run, steps);
  await run.stop(steps.at(-1)?.atUs ?? 0);
  const { store } = run;
  return {
    script: steps,
    store,
    decisions: store.all('decisions'),
    ledger: store.all('paper_ledger'),
  };
}

for (const mode of ['inventory', 'transfer'] as const) {
  it(`${mode}: the same events and times leave the same records [seed ${seed}]`, async () => {
    const first = await played(mode);
    const again = await played(mode, first.script);
    expect(again.store.text()).toBe(first.store.text());
    expect(first.decisions.filter(({ verdict }) => verdict === 'taken').length).toBeGreaterThan(5);
  });

  it(`${mode}: nothing is created or lost [seed ${seed}]`, async () => {
    const { ledger, decisions } = await played(mode);
    const sums = new Map<string, Exact>();
    const total = (key: string, amount: Exact): Exact => {
      const sum = addExact(sums.get(key) ?? ZERO, amount);
      sums.set(key, sum);
      return sum;
    };
    ledger.forEach((entry, place) => {
      expect(entry.number).toBe(place + 1);
      expect(entry.atUs).toBeGreaterThanOrEqual(ledger[place - 1]?.atUs ?? 0);
      const amount = parseExact(entry.amount);
      const balance = total(`${entry.venue} ${entry.coin}`, amount);
      expect(entry.balance).toBe(formatExact(balance));
      expect(balance.value).toBeGreaterThanOrEqual(0n);
      total(`all ${entry.kind} ${entry.coin}`, amount);
    });
    const sum = (kind: string, coin: string): Exact => sums.get(`all ${kind} ${coin}`) ?? ZERO;
    // What left and did not arrive is on its way: of decisions whose transfer has no deposit.
    const sent = ledger.filter(({ kind }) => kind === 'withdrawal');
    const arrived = new Set(
      ledger.filter(({ kind }) => kind === 'deposit').map(({ decision }) => decision),
    );
    const inFlight = sent
      .filter(({ decision }) => !arrived.has(decision))
      .reduce((all, { amount }) => subtractExact(all, parseExact(amount)), ZERO);
    const moved = addExact(sum('withdrawal', 'BTC'), sum('deposit', 'BTC'));
    expect(formatExact(addExact(moved, inFlight))).toBe('0');
    // Every fill: what it gives up is price × size of what it gets.
    for (let i = 0; i < ledger.length; i++) {
      const [given, got] = [ledger[i], ledger[i + 1]] as [LedgerEntry, LedgerEntry];
      if (given.kind !== 'buy' && given.kind !== 'sell') continue;
      expect([got.kind, got.decision, got.venue]).toEqual([
        given.kind,
        given.decision,
        given.venue,
      ]);
      expect(new Set([given.coin, got.coin])).toEqual(new Set(['BTC', 'USDT']));
      i++;
    }
    const taken = new Set(decisions.filter((each) => each.verdict === 'taken').map(({ id }) => id));
    expect(ledger.every(({ decision }) => decision === null || taken.has(decision))).toBe(true);
    if (mode === 'transfer') expect(arrived.size).toBeGreaterThan(0);
  });

  it(`${mode}: no level is taken twice, and no stale, crossed or unproven book is traded [seed ${seed}]`, async () => {
    const { script, decisions: all, ledger } = await played(mode);
    const [sales, decisions] = [all.filter(isSale), all.filter((each) => !isSale(each))];
    const plain = new PlainBooks();
    const settings = arbitrageSettings(OPTIONS[mode]);
    let made = 0;
    const makeSales = (untilUs: number): void => {
      for (; (sales[made]?.atUs ?? Infinity) < untilUs; made++) {
        plain.expectSale(sales[made] as DecisionRecord, settings);
      }
    };
    let [decided, booked, taken] = [0, 0, 0];
    for (const step of script) {
      for (; (ledger[booked]?.atUs ?? Infinity) < step.atUs; booked++) {
        booked += plain.fill(ledger, booked);
      }
      if (step.type === 'time') continue;
      makeSales(step.atUs);
      plain.apply(step.event);
      makeSales(step.atUs + 1);
      for (; decisions[decided]?.atUs === step.atUs; decided++) {
        const decision = decisions[decided] as DecisionRecord;
        const { buy, sell } = decision.evaluation;
        const books = { buy: plain.book(buy.venue), sell: plain.book(sell.venue) };
        const again = decideAgain(decision, books, TABLE, settings);
        const { plan: _plan, ...remade } = again;
        expect(canonicalJson(remade)).toBe(canonicalJson(madeOf(decision)));
        if (decision.verdict === 'rejected') continue;
        taken++;
        plain.take(decision, step.atUs, settings.maxAgeUs);
      }
    }
    makeSales(Infinity);
    expect([decided, made]).toEqual([decisions.length, sales.length]);
    if (mode === 'transfer') expect(made).toBeGreaterThan(5);
    expect(taken).toBeGreaterThan(5);
  });
}

it(`an opportunity lasts while the market is the same, and ends with the cause [seed ${seed}]`, async () => {
  const { script, store } = await played('inventory');
  const opportunities = store.all<OpportunityRecord>('opportunities');
  const gaps = new Set(
    script.flatMap((step) =>
      step.type === 'event' && step.event.type === 'unproven'
        ? [`${step.event.venue.name} ${step.atUs}`]
        : [],
    ),
  );
  const ended = opportunities.filter(({ end }) => end === 'gap');
  for (const { buy, sell, toUs } of ended) {
    expect(gaps.has(`${buy} ${toUs}`) || gaps.has(`${sell} ${toUs}`)).toBe(true);
  }
  for (const { buy, sell, fromUs, toUs } of opportunities) {
    const inside = [...gaps].filter((gap) => {
      const [venue, us] = gap.split(' ');
      return (venue === buy || venue === sell) && Number(us) > fromUs && Number(us) < toUs;
    });
    expect(inside).toEqual([]);
  }
});

function madeOf({ verdict, reasons, evaluation, inputs, expected }: DecisionRecord): object {
  return { verdict, reasons, evaluation, inputs, expected };
}

interface PlainLevel {
  size: Exact;
  /** By decision. */
  readonly taken: Map<string, Exact>;
  /** By order. */
  filled: Exact;
}

interface PlainBook {
  readonly bids: Map<string, PlainLevel>;
  readonly asks: Map<string, PlainLevel>;
  lastUs: number;
  readonly real: VenueBook;
}

/** Levels by price as text, without any cleverness. */
class PlainBooks {
  readonly #books = new Map<string, PlainBook | null>();

  apply(event: VenueEvent): void {
    const { name } = event.venue;
    if (event.type === 'trade') return;
    if (event.type === 'unproven') {
      this.#books.set(name, null);
      return;
    }
    const real = this.#books.get(name)?.real ?? new VenueBook(event.venue);
    real.apply(event);
    const kept = event.type === 'update' ? this.#books.get(name) : null;
    const book = kept ?? { bids: new Map(), asks: new Map(), lastUs: 0, real };
    book.lastUs = event.point.receiveTimeUs;
    for (const [side, levels] of [
      [book.bids, event.bids] as const,
      [book.asks, event.asks] as const,
    ]) {
      for (let i = 0; i < levels.length; i += 2) {
        const price = formatExact({ value: BigInt(levels[i] ?? 0), exponent: 2 });
        const size = { value: BigInt(levels[i + 1] ?? 0), exponent: 4 };
        if (size.value === 0n) side.delete(price);
        else side.set(price, { size, taken: new Map(), filled: ZERO });
      }
    }
    this.#books.set(name, book);
  }

  book(
    venue: string,
  ): Pick<VenueBook, 'horizon'> & { readonly book: NonNullable<VenueBook['book']> } {
    const { book, horizon } = this.#proven(venue).real;
    if (book === null) throw new Error('No book');
    return { book, horizon };
  }

  /** A decision: both books young and not crossed, and its figures are those of what is left of them. */
  take({ id, evaluation, expected }: DecisionRecord, atUs: number, maxAgeUs: number): void {
    const { buy, sell, size, sold, revenue } = evaluation;
    for (const { venue } of [buy, sell]) {
      const { lastUs, bids, asks } = this.#proven(venue);
      expect(atUs - lastUs).toBeLessThan(maxAgeUs);
      const [bid, ask] = [best(bids, -1), best(asks, 1)];
      expect(compareExact(bid, ask)).toBeLessThan(0);
    }
    const bought = this.#walk(id, this.#proven(buy.venue).asks, 1, size);
    const fee = TABLE.exchanges[buy.venue as 'one'];
    const paid =
      fee.feeIn === 'quote' ? addExact(parseExact('1'), parseExact(fee.taker)) : parseExact('1');
    expect(formatExact(multiplyExact(bought, paid))).toBe(evaluation.cost);
    const isMoved = expected['transfer'] !== null;
    const received = this.#walk(isMoved ? null : id, this.#proven(sell.venue).bids, -1, sold);
    expect(formatExact(received)).toBe(revenue);
  }

  /** The same again at the book as it stands, which is young and not crossed if it was made. */
  expectSale(sale: DecisionRecord, { maxAgeUs }: ArbitrageSettings): void {
    const { venue } = sale.evaluation.sell;
    const again = decideSaleAgain(
      sale,
      this.book(venue),
      TABLE,
      arbitrageSettings(OPTIONS.transfer),
    );
    expect(canonicalJson(again)).toBe(canonicalJson(madeOf(sale)));
    if (sale.verdict === 'rejected') return;
    const { lastUs, bids, asks } = this.#proven(venue);
    expect(sale.atUs - lastUs).toBeLessThan(maxAgeUs);
    if (asks.size > 0) expect(compareExact(best(bids, -1), best(asks, 1))).toBeLessThan(0);
  }

  /** One fill of an order: two entries. @returns how many more than one it was. */
  fill(ledger: readonly LedgerEntry[], place: number): number {
    const [given, got] = [ledger[place], ledger[place + 1]] as [LedgerEntry, LedgerEntry];
    const { kind, venue, decision, atUs } = given;
    if ((kind !== 'buy' && kind !== 'sell') || decision === null) return 0;
    const [base, quote] = kind === 'buy' ? [got, given] : [given, got];
    const [size, money] = [base, quote].map(({ amount }) => parseExact(amount.replace('-', '')));
    const book = this.#proven(venue);
    const side = kind === 'buy' ? book.asks : book.bids;
    const found = [...side].find(
      ([price]) =>
        compareExact(multiplyExact(parseExact(price), size as Exact), money as Exact) === 0,
    );
    if (!found) throw new Error(`${venue} has no level for a fill at ${atUs}`);
    const [, level] = found;
    level.filled = addExact(level.filled, size as Exact);
    expect(compareExact(level.filled, level.size)).toBeLessThanOrEqual(0);
    level.taken.set(decision, largerExact(level.taken.get(decision) ?? ZERO, size as Exact));
    return 1;
  }

  #proven(venue: string): PlainBook {
    const book = this.#books.get(venue);
    if (!book) throw new Error(`${venue} is not proven`);
    return book;
  }

  /** @param decision that takes it; null: nobody. */
  #walk(decision: string | null, side: Map<string, PlainLevel>, sign: 1 | -1, size: string): Exact {
    let left = parseExact(size);
    let money: Exact = ZERO;
    const sorted = [...side].sort(([a], [b]) => sign * compareExact(parseExact(a), parseExact(b)));
    for (const [price, level] of sorted) {
      const gone = [...level.taken.values()].reduce(addExact, ZERO);
      const there = largerExact(subtractExact(level.size, gone), ZERO);
      const taken = compareExact(there, left) < 0 ? there : left;
      if (taken.value === 0n) continue;
      money = addExact(money, multiplyExact(parseExact(price), taken));
      left = subtractExact(left, taken);
      if (decision !== null) level.taken.set(decision, taken);
    }
    expect(formatExact(left)).toBe('0');
    return money;
  }
}

function best(side: Map<string, PlainLevel>, sign: 1 | -1): Exact {
  const prices = [...side.keys()].map(parseExact);
  return prices.reduce((a, b) => (sign * compareExact(a, b) <= 0 ? a : b));
}
