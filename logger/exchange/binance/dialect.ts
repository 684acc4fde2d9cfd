/** Binance's side of what all exchanges' connections have in common. */

import type { Dialect, Message, Span } from '../dialect.ts';
import type { Subscription } from '../subscription.ts';
import { parseFrame } from './wire.ts';
import type { BinanceFrame } from './wire.ts';

export const binanceDialect: Dialect<BinanceFrame> = {
  isSequenced: true,

  parse(text: string): Message<BinanceFrame> {
    const frame = parseFrame(text);
    return frame.kind === 'depth' || frame.kind === 'trade' ? { kind: 'market', frame } : frame;
  },

  subscribe(id: number, subscriptions: readonly Subscription<BinanceFrame>[]): string {
    const params = subscriptions.flatMap(({ streams }) => streams);
    return JSON.stringify({ method: 'SUBSCRIBE', params, id });
  },

  unsubscribe(id: number, streams: readonly string[]): string {
    return JSON.stringify({ method: 'UNSUBSCRIBE', params: streams, id });
  },

  span(frame: BinanceFrame): Span | null {
    return frame.kind === 'depth' ? frame : null;
  },

  beginsAnew: () => false,
  harmedBy: () => 'nobody',
};
