/** Venues whose books a test writes as text, and a strategy at work on them. */

import type { Scale } from '../../logger/market/decimal.ts';
import { parseScaled } from '../../logger/market/decimal.ts';
import type { Balances } from './trading-run.ts';
import { TradingRun } from './trading-run.ts';
import type { ExchangeFees, FeeTable } from '../../pipe/fees/fee-table.ts';
import type { BookPoint, VenueEvent } from '../../pipe/market/events.ts';
import type { Venue } from '../../pipe/market/venue.ts';
import { arbitrage } from '../../pipe/strategy/arbitrage/definition.ts';
import type { PairHistory } from '../../pipe/top/pair-history.ts';
import { MemoryRecords } from './memory-records.ts';
import { levelsOf } from './trade-books.ts';

export const SCALE: Scale = { priceExponent: 2, sizeExponent: 4 };
const ORIGIN = { source: 'assumed', readAt: '2026-11-20' };

export function venueOf(name: string, pair = 'BTCUSDT'): Venue {
  const [exchange = name, source = 'logger'] = name.split('@');
  return {
    name,
    exchange,
    source,
    security: `${exchange}:${pair}@${source}`,
    pair,
    base: pair.slice(0, 3),
    quote: pair.slice(3),
    instrument: {
      base: pair.slice(0, 3),
      quote: pair.slice(3),
      tickSize: '0.01',
      lotSize: '0.0001',
      minSize: null,
      minNotional: null,
      contract: null,
    },
  };
}

export function feesWith(changes: Partial<ExchangeFees> = {}): ExchangeFees {
  return {
    taker: '0.001',
    maker: '0.001',
    feeIn: 'received',
    latencyMs: 50,
    origin: ORIGIN,
    coins: {
      BTC: [
        {
          name: 'bitcoin',
          withdrawFee: '0.001',
          withdrawPercent: '0',
          withdrawMin: '0.01',
          canWithdraw: true,
          canDeposit: true,
          confirmations: 1,
          blockSeconds: 600,
          processingSeconds: 0,
          origin: ORIGIN,
        },
      ],
    },
    ...changes,
  };
}

export const NO_HISTORY: PairHistory = { at: () => null };

/** Events of one venue, one sequence after the other. */
export class TestVenue {
  readonly venue: Venue;
  #sequence = 0;

  constructor(venue: Venue) {
    this.venue = venue;
  }

  /** `100×1 101×2`, best first. */
  image(atUs: number, bids: string, asks: string, horizon = {}): VenueEvent {
    return {
      type: 'image',
      venue: this.venue,
      point: this.#point(atUs),
      scale: SCALE,
      bids: levelsOf(bids, SCALE).levels,
      asks: levelsOf(asks, SCALE).levels,
      horizon: { bid: null, ask: null, ...horizon },
    };
  }

  update(atUs: number, bids: string, asks: string): VenueEvent {
    return {
      type: 'update',
      venue: this.venue,
      point: this.#point(atUs),
      bids: levelsOf(bids, SCALE).levels,
      asks: levelsOf(asks, SCALE).levels,
    };
  }

  gap(atUs: number): VenueEvent {
    return { type: 'unproven', venue: this.venue, sinceUs: atUs, atUs, reason: 'connection' };
  }

  trade(atUs: number, side: 'buy' | 'sell', price: string, size: string): VenueEvent {
    return {
      type: 'trade',
      venue: this.venue,
      exchangeTimeUs: atUs,
      receiveTimeUs: atUs,
      tradeId: String(++this.#sequence),
      scale: SCALE,
      price: parseScaled(price, SCALE.priceExponent) ?? 0,
      size: parseScaled(size, SCALE.sizeExponent) ?? 0,
      side,
    };
  }

  #point(receiveTimeUs: number): BookPoint {
    const sequence = ++this.#sequence;
    return { epoch: 1, sequence, isSequenced: true, exchangeTimeUs: receiveTimeUs, receiveTimeUs };
  }
}

export const START_US = 1_795_000_000_000_000;
/** So many milliseconds after it. */
export const at = (ms: number): number => START_US + ms * 1000;

export const RICH = { USDT: '100000', BTC: '1000' };

export async function startRun(
  venues: readonly Venue[],
  changes: Partial<Parameters<typeof TradingRun.start>[0]> & {
    readonly table?: FeeTable;
    readonly balances?: Balances;
  } = {},
): Promise<TradingRun> {
  const { table, ...deps } = changes;
  const exchanges = Object.fromEntries(venues.map(({ exchange }) => [exchange, feesWith()]));
  return TradingRun.start({
    definition: arbitrage,
    options: {},
    venues,
    history: () => NO_HISTORY,
    fees: table ?? { exchanges },
    store: new MemoryRecords(),
    balances: Object.fromEntries(venues.map(({ name }) => [name, RICH])),
    startUs: START_US,
    ...deps,
  });
}
