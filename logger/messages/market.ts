/** The messages of the Market service. */

import { formatScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Horizon, Levels } from '../market/events.ts';
import type { InstrumentFacts } from '../market/instrument.ts';
import type {
  BookPoint,
  LevelTradeEvent,
  LevelImageEvent,
  LiveLevelEvent,
} from '../market/level-events.ts';
import { formatTimeUs } from '../market/time.ts';
import { message } from './fields.ts';
import type {
  BookChange,
  BookImage,
  InstrumentMessage,
  MarketContract,
  MarketTrade,
  Position,
} from './types.ts';

/** @param security its index in the request. */
export function bookChangeMessage(security: number, event: LiveLevelEvent): BookChange {
  switch (event.type) {
    case 'image':
      return { security, image: imageMessage(event) };
    case 'update': {
      const { point, scale, bids, asks } = event;
      const position = positionMessage(point);
      return {
        security,
        update: { position, bids: texts(bids, scale), asks: texts(asks, scale) },
      };
    }
    case 'unproven': {
      const { sinceUs, atUs, reason } = event;
      const since = sinceUs === null ? undefined : formatTimeUs(sinceUs);
      return {
        security,
        unproven: { ...(since !== undefined && { since }), at: formatTimeUs(atUs), reason },
      };
    }
    case 'trade':
      return { security, trade: tradeMessage(event) };
  }
}

function imageMessage(image: LevelImageEvent): BookImage {
  const { point, scale, bids, asks, horizon, windowed } = image;
  const { bid, ask } = horizonTexts(horizon, scale);
  return message<BookImage>({
    position: positionMessage(point),
    priceExponent: scale.priceExponent,
    sizeExponent: scale.sizeExponent,
    bids: texts(bids, scale),
    asks: texts(asks, scale),
    horizonBid: bid,
    horizonAsk: ask,
    windowed,
  });
}

function positionMessage(point: BookPoint): Position {
  return {
    epoch: point.epoch,
    sequence: String(point.sequence),
    isSequenced: point.isSequenced,
    exchangeTime: formatTimeUs(point.exchangeTimeUs),
    receiveTime: formatTimeUs(point.receiveTimeUs),
  };
}

function tradeMessage({ scale, ...trade }: LevelTradeEvent): MarketTrade {
  return {
    exchangeTime: formatTimeUs(trade.exchangeTimeUs),
    receiveTime: formatTimeUs(trade.receiveTimeUs),
    tradeId: String(trade.tradeId),
    price: formatScaled(trade.price, scale.priceExponent),
    size: formatScaled(trade.size, scale.sizeExponent),
    isBuy: trade.side === 'buy',
  };
}

function horizonTexts(
  { bid, ask }: Horizon,
  { priceExponent }: Scale,
): { bid: string | undefined; ask: string | undefined } {
  const text = (price: ScaledInt | null): string | undefined =>
    price === null ? undefined : formatScaled(price, priceExponent);
  return { bid: text(bid), ask: text(ask) };
}

function texts(levels: Levels, { priceExponent, sizeExponent }: Scale): string[] {
  return levels.map((value, i) => formatScaled(value, i % 2 === 0 ? priceExponent : sizeExponent));
}

export function instrumentMessage(security: string, facts: InstrumentFacts): InstrumentMessage {
  const { contract, ...rest } = facts;
  return message<InstrumentMessage>({
    security,
    ...rest,
    contract: contract && message<MarketContract>({ ...contract }),
  });
}
