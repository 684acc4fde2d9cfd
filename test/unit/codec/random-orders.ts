/**
 * Random L3 records for property tests: orders that arrive, rest, change and leave as on an
 * exchange, and often enough what no exchange would send but what is still legal (ids that are not
 * UUIDs, events for finished orders, fills of unknown orders, amounts beyond 2^53, times that go
 * back).
 */

import type { BlockContent } from '../../../logger/codec/codec.ts';
import type { ScaledInt } from '../../../logger/market/decimal.ts';
import type { MarketEvent, OrderImage, RestingOrder } from '../../../logger/market/events.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { anyInteger, anyScaled } from './random-records.ts';

const HEX = '0123456789abcdef'.split('');

export function anyId(random: SeededRandom, isWild: boolean): string {
  if (isWild && random.chance(0.3)) {
    return (
      random.pick(['A', 'ABCDEF01-0000-4000-8000-000000000000', 'ü𝄞', 'x'.repeat(200)]) +
      String(random.integer(0, 1e6))
    );
  }
  const hex = Array.from({ length: 32 }, () => random.pick(HEX));
  if (!isWild || random.chance(0.5)) {
    hex[12] = '4';
    hex[16] = random.pick(['8', '9', 'a', 'b']);
  }
  const text = hex.join('');
  const parts = [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20)];
  return [...parts, text.slice(20)].join('-');
}

const safe = (value: number): number => Math.min(value, Number.MAX_SAFE_INTEGER);

export function randomOrders(random: SeededRandom): BlockContent {
  const wildness = random.pick([0, 0, 0.02, 0.2, 1]);
  const isWild = (): boolean => random.chance(wildness);
  const known: string[] = [];
  const idOf = (): string => {
    if (known.length > 0 && !random.chance(0.4)) return random.pick(known.slice(-20));
    known.push(anyId(random, isWild()));
    return known.at(-1) as string;
  };
  const positive = (value: ScaledInt): ScaledInt => (value < 0 ? 1 : value);
  const amount = (): ScaledInt =>
    isWild() ? positive(anyScaled(random)) : random.integer(1, 500) * 100;
  const price = (): ScaledInt =>
    isWild() ? positive(anyScaled(random)) : 40_000 + random.integer(0, 300);
  const maybe = <T>(value: () => T): T | null => (random.chance(0.3) ? null : value());
  const text = (...usual: string[]): string =>
    isWild() ? `odd, "${random.integer(0, 300)}"` : random.pick(usual);
  let sequence = isWild() ? anyInteger(random) : 760_636_963;
  let timeUs = 1_457_759_316_000_000;
  const previousSequence = sequence;
  const events: MarketEvent[] = [];
  for (let left = random.integer(0, 120); left > 0; left--) {
    sequence = isWild() ? anyInteger(random) : safe(sequence + 1);
    timeUs = isWild() ? anyInteger(random) : safe(timeUs + random.integer(0, 3000));
    const latencyUs = random.chance(0.5) ? 14_000_000 : random.integer(0, 100_000);
    const times = {
      exchangeTimeUs: timeUs,
      receiveTimeUs: isWild() ? anyInteger(random) : safe(timeUs + latencyUs),
    };
    const step = { firstSequence: sequence, lastSequence: sequence, ...times };
    const side = random.pick(['buy', 'sell'] as const);
    const one = { side, orderId: idOf() };
    switch (random.integer(0, isWild() ? 5 : 4)) {
      case 0:
        events.push({
          type: 'received',
          ...step,
          ...one,
          orderType: maybe(() => text('limit', 'market')),
          price: maybe(price),
          size: maybe(amount),
          funds: isWild() ? '123.456' : null,
          clientOrderId: maybe(() =>
            random.pick([anyId(random, isWild()), anyId(random, false).replaceAll('-', '')]),
          ),
        });
        break;
      case 1:
        events.push({ type: 'open', ...step, ...one, price: price(), remainingSize: amount() });
        break;
      case 2: {
        const takerOrderId = idOf();
        if (takerOrderId === one.orderId) break;
        events.push({
          type: 'match',
          ...step,
          side,
          tradeId: isWild() ? anyInteger(random) : events.length,
          makerOrderId: one.orderId,
          takerOrderId,
          price: price(),
          size: amount(),
        });
        break;
      }
      case 3:
        events.push({
          type: 'change',
          ...step,
          ...one,
          reason: maybe(() => text('STP', 'modify_order')),
          price: maybe(price),
          oldPrice: maybe(price),
          newPrice: maybe(price),
          oldSize: maybe(amount),
          newSize: maybe(amount),
          oldFunds: isWild() ? '7' : null,
          newFunds: isWild() ? '0.1' : null,
        });
        break;
      case 4:
        events.push({
          type: 'done',
          ...step,
          ...one,
          reason: text('canceled', 'filled'),
          orderType: maybe(() => 'limit'),
          price: maybe(price),
          remainingSize: maybe(() => (random.chance(0.3) ? 0 : amount())),
        });
        break;
      default:
        events.push({
          type: 'activate',
          ...one,
          ...times,
          stopType: maybe(() => text('entry')),
          stopPrice: maybe(price),
          size: maybe(amount),
          funds: maybe(() => '9.75'),
        });
    }
  }
  const exponents = { priceExponent: random.integer(0, 18), sizeExponent: random.integer(0, 18) };
  return { scale: exponents, previousSequence, events };
}

export function randomOrderImage(random: SeededRandom): OrderImage {
  const isWild = random.chance(0.3);
  const ids = new Set<string>();
  const side = (sign: 1 | -1): RestingOrder[] => {
    let price: ScaledInt = 50_000;
    return Array.from({ length: random.integer(0, 80) }, () => {
      if (random.chance(0.5)) price = Number(price) + sign * random.integer(1, 50);
      const shown = isWild && random.chance(0.1) ? anyScaled(random) : price;
      let orderId = anyId(random, isWild);
      while (ids.has(orderId)) orderId = anyId(random, isWild);
      ids.add(orderId);
      const size = isWild && random.chance(0.1) ? 2n ** 70n : random.integer(1, 900);
      return { orderId, price: shown, size };
    });
  };
  return {
    level: 'L3',
    sequence: isWild ? anyInteger(random) : 760_636_963,
    exchangeTimeUs: anyInteger(random),
    receiveTimeUs: anyInteger(random),
    scale: { priceExponent: 2, sizeExponent: 8 },
    horizon: { bid: isWild ? anyScaled(random) : null, ask: null },
    bids: side(-1),
    asks: side(1),
  };
}
