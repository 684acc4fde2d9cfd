/** The trade in a message about the market. Pure. */

import type { Scale } from '../market/decimal.ts';
import type { MarketEvent } from '../market/events.ts';
import type { TradeItem } from './items.ts';

export function tradeIn(event: MarketEvent, scale: Scale): TradeItem | undefined {
  if (event.type !== 'trade' && event.type !== 'match') return undefined;
  const isTrade = event.type === 'trade';
  // A match names the maker's side; the taker's is the other one.
  const takerSide = isTrade === (event.side === 'buy') ? 'buy' : 'sell';
  return {
    type: 'trade',
    tradeId: event.tradeId,
    sequence: isTrade ? event.sequence : event.lastSequence,
    exchangeTimeUs: event.exchangeTimeUs,
    receiveTimeUs: event.receiveTimeUs,
    price: event.price,
    size: event.size,
    side: takerSide,
    scale,
  };
}
