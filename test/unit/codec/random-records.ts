/**
 * Random L2 records for property tests: mostly what a market looks like, often enough what no market
 * sends but what is still legal (times that go back, ids that jump, prices off every grid or beyond
 * 2^53, levels in any order, the same level twice in one diff).
 */

import type { BlockContent } from '../../../logger/codec/codec.ts';
import { toScaled } from '../../../logger/market/decimal.ts';
import type { ScaledInt } from '../../../logger/market/decimal.ts';
import type {
  Diff,
  LevelCounts,
  LevelImage,
  Levels,
  MarketEvent,
  Trade,
} from '../../../logger/market/events.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
const EXTREMES = [0, 1, -1, SAFE, -SAFE, 2 ** 31, 2 ** 32, 2 ** 49, 2 ** 50, 2 ** 51, 2 ** 52];

/** Any safe integer, of any magnitude. */
export function anyInteger(random: SeededRandom): number {
  if (random.chance(0.3)) return random.pick(EXTREMES);
  const value = Math.floor(2 ** (random.next() * 53)) - 1;
  return random.chance(0.3) ? 0 - value : value;
}

/** Any scaled integer, canonical. */
export function anyScaled(random: SeededRandom): ScaledInt {
  if (random.chance(0.5)) return anyInteger(random);
  let value = 0n;
  for (let part = random.integer(1, 5); part > 0; part--) {
    value = value * 2n ** 32n + BigInt(random.integer(0, 2 ** 32 - 1));
  }
  return toScaled(random.chance(0.2) ? -value : value);
}

/** How wild one record is: each share between 0 (a calm market) and 1. */
class Temper {
  readonly #random: SeededRandom;
  readonly #wildness: number;
  readonly #priceStep: number;
  readonly #sizeStep: number;
  readonly #basePrice: number;
  readonly #prices: ScaledInt[] = [];
  readonly #sizes: ScaledInt[] = [];
  #timeUs: number;
  #sequence: number;
  #tradeId: number;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#wildness = random.pick([0, 0, 0.01, 0.1, 0.5, 1]);
    this.#priceStep = random.pick([1, 1, 5, 20, 50, 1_000_000]);
    this.#sizeStep = random.pick([1, 1, 100, 1000, 25]);
    this.#basePrice = random.integer(0, 5000);
    this.#timeUs = random.pick([0, 1_723_161_254_000_000, anyInteger(random)]);
    this.#sequence = random.pick([0, 50_093_239_188, -1, anyInteger(random)]);
    this.#tradeId = random.pick([0, 3_735_683_259]);
  }

  get isWild(): boolean {
    return this.#random.chance(this.#wildness);
  }

  price(): ScaledInt {
    if (this.isWild) return anyScaled(this.#random);
    if (this.#prices.length > 0 && this.#random.chance(0.6)) return this.#random.pick(this.#prices);
    const price = (this.#basePrice + this.#random.integer(0, 300)) * this.#priceStep;
    this.#prices.push(price);
    return price;
  }

  size(): ScaledInt {
    if (this.isWild) return anyScaled(this.#random);
    if (this.#random.chance(0.4)) return 0;
    if (this.#sizes.length > 0 && this.#random.chance(0.4)) return this.#random.pick(this.#sizes);
    const lots = Math.floor(2 ** (this.#random.next() * 24));
    const isOffLot = this.#random.chance(0.02);
    const size = lots * this.#sizeStep + (isOffLot ? 1 : 0);
    this.#sizes.push(size);
    return size;
  }

  timeUs(): number {
    if (this.isWild) return anyInteger(this.#random);
    const next = this.#timeUs + this.#random.pick([0, 1000, 100_000, 100_000, 137, -5000]);
    this.#timeUs = Number.isSafeInteger(next) ? next : 0;
    return this.#timeUs;
  }

  sequence(): number {
    if (this.isWild) return anyInteger(this.#random);
    const next = this.#sequence + this.#random.pick([1, 1, 1, 12, -3]);
    this.#sequence = Number.isSafeInteger(next) ? next : 0;
    return this.#sequence;
  }

  tradeId(): number {
    if (this.isWild) return anyInteger(this.#random);
    this.#tradeId += this.#random.pick([1, 1, 1, 7]);
    return this.#tradeId;
  }
}

function levelsOf(random: SeededRandom, temper: Temper, side: 'bid' | 'ask'): ScaledInt[] {
  const rows: [ScaledInt, ScaledInt][] = [];
  for (let count = random.pick([0, 1, 2, 5, 40]); count > 0; count--) {
    rows.push([temper.price(), temper.size()]);
  }
  if (!temper.isWild) {
    rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (side === 'bid' ? -1 : 1));
  }
  return rows.flat();
}

function randomDiff(random: SeededRandom, temper: Temper): Diff {
  return {
    type: 'diff',
    firstSequence: temper.sequence(),
    lastSequence: temper.sequence(),
    exchangeTimeUs: temper.timeUs(),
    receiveTimeUs: temper.timeUs(),
    bids: levelsOf(random, temper, 'bid'),
    asks: levelsOf(random, temper, 'ask'),
  };
}

function randomTrade(random: SeededRandom, temper: Temper): Trade {
  return {
    type: 'trade',
    tradeId: temper.tradeId(),
    sequence: random.chance(0.7) ? null : temper.sequence(),
    exchangeTimeUs: temper.timeUs(),
    eventTimeUs: temper.timeUs(),
    receiveTimeUs: temper.timeUs(),
    price: temper.price(),
    size: temper.size(),
    side: random.pick(['buy', 'sell']),
  };
}

export function randomBlock(random: SeededRandom): BlockContent {
  const temper = new Temper(random);
  const events: MarketEvent[] = [];
  const tradeShare = random.pick([0, 0.3, 0.8, 1]);
  for (let count = random.pick([0, 1, 2, 30, 150]); count > 0; count--) {
    events.push(
      random.chance(tradeShare) ? randomTrade(random, temper) : randomDiff(random, temper),
    );
  }
  return {
    scale: { priceExponent: random.integer(0, 18), sizeExponent: random.integer(0, 18) },
    previousSequence: temper.sequence(),
    events,
  };
}

/** What only version 2 holds: text ids of trades, orders at levels, a scale of trades. */
export function withNewFields(random: SeededRandom, content: BlockContent): BlockContent {
  const hex = (digits: number): string =>
    random
      .integer(0, 16 ** digits - 1)
      .toString(16)
      .padStart(digits, '0');
  const start = random.integer(0, 2 ** 31);
  const ids: ((i: number) => string)[] = [
    () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    (i) => `00000000-006d-1000-0000-000e${(start + i * 3).toString(16).padStart(8, '0')}`,
    () => hex(12) + hex(12) + hex(8),
    (i) => String(start + i),
    () => random.pick(['', '007', 'A-1', 'ü𝄞', `${2 ** 53}`, '-5', 'x'.repeat(300)]),
  ];
  const counts = (levels: Levels): number[] =>
    Array.from({ length: levels.length / 2 }, () => random.pick([0, 1, 1, 1, 2, 3, 250]));
  const events = content.events.map((event, i): MarketEvent => {
    if (event.type === 'trade') {
      return random.chance(0.8) ? { ...event, tradeId: random.pick(ids)(i) } : event;
    }
    if (event.type !== 'diff') return event;
    return {
      ...event,
      ...(random.chance(0.7) ? { bidOrders: counts(event.bids) } : {}),
      ...(random.chance(0.7) ? { askOrders: counts(event.asks) } : {}),
    };
  });
  const tradeScale = { priceExponent: random.integer(0, 18), sizeExponent: 0 };
  return { ...content, events, ...(random.chance(0.5) ? { tradeScale } : {}) };
}

/** The number of orders at each level, as the events of an exchange that tells them have it. */
export function withCounts(random: SeededRandom, content: BlockContent): BlockContent {
  const events = content.events.map((event): MarketEvent => {
    const isTold = event.type === 'diff' && random.chance(0.9);
    return isTold ? { ...event, counts: countsOf(random, event) } : event;
  });
  return { ...content, events };
}

export function countedImage(random: SeededRandom): LevelImage {
  const image = randomImage(random);
  return { ...image, counts: countsOf(random, image) };
}

function countsOf(random: SeededRandom, sides: { bids: Levels; asks: Levels }): LevelCounts {
  const side = (levels: Levels): number[] =>
    Array.from({ length: levels.length / 2 }, (_, i) =>
      levels[2 * i + 1] === 0 ? 0 : random.pick([1, 1, 2, 3, 250, 2 ** 40]),
    );
  return { bids: side(sides.bids), asks: side(sides.asks) };
}

export function randomImage(random: SeededRandom): LevelImage {
  const temper = new Temper(random);
  return {
    level: 'L2',
    sequence: temper.sequence(),
    exchangeTimeUs: temper.timeUs(),
    receiveTimeUs: temper.timeUs(),
    scale: { priceExponent: random.integer(0, 18), sizeExponent: random.integer(0, 18) },
    horizon: {
      bid: random.chance(0.5) ? null : temper.price(),
      ask: random.chance(0.5) ? null : temper.price(),
    },
    bids: levelsOf(random, temper, 'bid'),
    asks: levelsOf(random, temper, 'ask'),
  };
}
