/** The messages of `market.proto` as events and instruments. */

import { WireFormatError } from '../../logger/errors.ts';
import { parseScaled } from '../../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../../logger/market/decimal.ts';
import type { Contract } from '../../logger/market/contract.ts';
import type { InstrumentFacts } from '../../logger/market/instrument.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { BookChange__Output } from '../../proto/generated/orderbook/market/v1/BookChange.ts';
import type { Contract__Output } from '../../proto/generated/orderbook/market/v1/Contract.ts';
import type { Instrument__Output } from '../../proto/generated/orderbook/market/v1/Instrument.ts';
import type { Position__Output } from '../../proto/generated/orderbook/market/v1/Position.ts';
import type { BookPoint, VenueEvent } from '../market/events.ts';
import type { Venue } from '../market/venue.ts';
import type { KnownInstrument } from './source.ts';

/** Reads the changes of one stream: sizes and prices of an update are at the scale of the image before. */
export class ChangeReader {
  readonly #venues: readonly Venue[];
  readonly #scales: (Scale | undefined)[];
  readonly #nowUs: () => number;

  /** @param nowUs the recorders' clock. */
  constructor(venues: readonly Venue[], nowUs: () => number) {
    this.#venues = venues;
    this.#scales = venues.map(() => undefined);
    this.#nowUs = nowUs;
  }

  /** null: something that this program does not know yet. @throws WireFormatError */
  read(change: BookChange__Output): VenueEvent | null {
    const { security: at, image, update, unproven, trade } = change;
    const venue = this.#venues[at];
    if (venue === undefined) throw wrong(`security ${at} was not asked for`);
    if (image) {
      const scale = { priceExponent: image.priceExponent, sizeExponent: image.sizeExponent };
      this.#scales[at] = scale;
      const price = (text: string | undefined): ScaledInt | null =>
        text === undefined ? null : scaled(text, scale.priceExponent);
      return {
        type: 'image',
        venue,
        point: pointOf(image.position),
        scale,
        bids: levels(image.bids, scale),
        asks: levels(image.asks, scale),
        horizon: { bid: price(image.horizonBid), ask: price(image.horizonAsk) },
        windowed: image.windowed ? true : undefined,
      };
    }
    if (update) {
      const scale = this.#scales[at];
      if (scale === undefined) throw wrong(`an update of ${venue.security} before its image`);
      const [bids, asks] = [levels(update.bids, scale), levels(update.asks, scale)];
      return { type: 'update', venue, point: pointOf(update.position), bids, asks };
    }
    if (unproven) {
      const { since, at, reason } = unproven;
      const sinceUs = since === undefined ? null : parseTimeUs(since);
      const atUs = at === '' ? Math.max(this.#nowUs(), sinceUs ?? 0) : parseTimeUs(at);
      return { type: 'unproven', venue, sinceUs, atUs, reason };
    }
    if (trade) {
      const scale = {
        priceExponent: decimals(trade.price),
        sizeExponent: decimals(trade.size),
      };
      return {
        type: 'trade',
        venue,
        exchangeTimeUs: parseTimeUs(trade.exchangeTime),
        receiveTimeUs: parseTimeUs(trade.receiveTime),
        tradeId: trade.tradeId,
        scale,
        price: scaled(trade.price, scale.priceExponent),
        size: scaled(trade.size, scale.sizeExponent),
        side: trade.isBuy ? 'buy' : 'sell',
      };
    }
    return null;
  }
}

function pointOf(position: Position__Output | null): BookPoint {
  if (position === null) throw wrong('a book without its position');
  return {
    epoch: position.epoch,
    sequence: Number(position.sequence),
    isSequenced: position.isSequenced,
    exchangeTimeUs: parseTimeUs(position.exchangeTime),
    receiveTimeUs: parseTimeUs(position.receiveTime),
  };
}

function levels(texts: readonly string[], { priceExponent, sizeExponent }: Scale): ScaledInt[] {
  return texts.map((text, i) => scaled(text, i % 2 === 0 ? priceExponent : sizeExponent));
}

function scaled(text: string, exponent: number): ScaledInt {
  const value = parseScaled(text, exponent);
  if (value === undefined) throw wrong(`${text} has more than ${exponent} decimals`);
  return value;
}

function decimals(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

function wrong(what: string): WireFormatError {
  return new WireFormatError(`From the logger: ${what}`, { context: { kind: 'market' } });
}

export function instrumentOf(message: Instrument__Output): KnownInstrument {
  return { security: message.security, facts: factsOf(message) };
}

function factsOf(message: Instrument__Output): InstrumentFacts {
  const { base, quote, tickSize, lotSize, minSize, minNotional, contract } = message;
  return {
    base,
    quote,
    tickSize: tickSize ?? null,
    lotSize: lotSize ?? null,
    minSize: minSize ?? null,
    minNotional: minNotional ?? null,
    contract: contract ? contractOf(contract) : null,
  };
}

function contractOf(message: Contract__Output): Contract {
  return {
    kind: message.kind as Contract['kind'],
    multiplier: message.multiplier ?? null,
    underlyingPerPosition: message.underlyingPerPosition ?? null,
    underlying: message.underlying ?? null,
    quoteCurrency: message.quoteCurrency ?? null,
    settlementCurrency: message.settlementCurrency ?? null,
  };
}
