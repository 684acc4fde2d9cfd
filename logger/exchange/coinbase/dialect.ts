/** Coinbase's side of what all exchanges' connections have in common. A stream is a product. */

import type { Dialect, Harm, Span } from '../dialect.ts';
import type { Subscription } from '../subscription.ts';
import { parseFrame } from './wire.ts';
import type { CoinbaseFrame } from './wire.ts';

export interface CoinbaseDialectOptions {
  readonly channels: readonly string[];
  readonly isSequenced: boolean;
  /** Fields that sign a subscription, made when it is sent; none without credentials. */
  readonly signed: () => Readonly<Record<string, string>>;
  /** Takes secrets out of the exchange's words. */
  readonly discreet: (text: string) => string;
}

export function coinbaseDialect(options: CoinbaseDialectOptions): Dialect<CoinbaseFrame> {
  const { channels, isSequenced, signed, discreet } = options;
  return {
    isSequenced,

    parse(text) {
      const frame = parseFrame(text, discreet);
      return frame.kind === 'reply' || frame.kind === 'unknown' ? frame : { kind: 'market', frame };
    },

    subscribe(_id: number, subscriptions: readonly Subscription<CoinbaseFrame>[]): string {
      const products = subscriptions.map(({ symbol }) => symbol);
      return JSON.stringify({ type: 'subscribe', product_ids: products, channels, ...signed() });
    },

    unsubscribe(_id: number, streams: readonly string[]): string {
      return JSON.stringify({ type: 'unsubscribe', product_ids: streams, channels });
    },

    span(frame: CoinbaseFrame): Span | null {
      if (!isSequenced || frame.kind !== 'order' || frame.sequence === null) return null;
      return { firstSequence: frame.sequence, lastSequence: frame.sequence };
    },

    beginsAnew: (frame) => frame.kind === 'levels',

    harmedBy: (text) => (isSequenced ? 'nobody' : bookOf(text)),
  };
}

const TYPE = /"type"\s*:\s*"([a-z0-9_]+)"/;
const PRODUCT = /"product_id"\s*:\s*"([A-Z0-9.-]+)"/;

/** Read from the bare text: what can't be read may not even be JSON. */
function bookOf(text: string): Harm {
  const type = TYPE.exec(text)?.[1];
  if (type !== undefined && type !== 'l2update' && type !== 'snapshot') return 'nobody';
  const symbol = PRODUCT.exec(text)?.[1];
  return symbol === undefined ? 'anybody' : { symbol };
}
