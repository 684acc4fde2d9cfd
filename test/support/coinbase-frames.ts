/** Frames as Coinbase formats them, of made-up orders, for tests that play the exchange. */

export const BTC = 'BTC-USD';

/** Made for tests: the test vector of the signatures uses this secret too. */
export const CREDENTIALS = {
  key: 'the-key-of-the-tests',
  secret:
    'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==',
  passphrase: 'the-passphrase-of-the-tests',
};

type Fields = Readonly<Record<string, unknown>>;

const START_MS = Date.UTC(2026, 10, 20, 7);

/** An exchange time, `ms` after 07:00, with microseconds. */
export function timeText(ms: number): string {
  return new Date(START_MS + ms).toISOString().replace('Z', '001Z');
}

export function timeUs(ms: number): number {
  return (START_MS + ms) * 1000 + 1;
}

export function received(sequence: number, more: Fields = {}): Fields {
  return {
    type: 'received',
    time: timeText(sequence),
    product_id: BTC,
    sequence,
    order_id: `order-${sequence}`,
    order_type: 'limit',
    side: 'buy',
    price: '90000.00',
    size: '0.5',
    ...more,
  };
}

export function open(sequence: number, more: Fields = {}): Fields {
  return {
    type: 'open',
    time: timeText(sequence),
    product_id: BTC,
    sequence,
    order_id: `order-${sequence}`,
    side: 'buy',
    price: '90000.00',
    remaining_size: '0.5',
    ...more,
  };
}

export function match(sequence: number, tradeId: number, more: Fields = {}): Fields {
  return {
    type: 'match',
    trade_id: tradeId,
    sequence,
    maker_order_id: 'maker',
    taker_order_id: 'taker',
    side: 'sell',
    price: '90000.00',
    size: '0.2',
    product_id: BTC,
    time: timeText(sequence),
    ...more,
  };
}

export function change(sequence: number, more: Fields = {}): Fields {
  return {
    type: 'change',
    reason: 'STP',
    order_id: 'order',
    side: 'buy',
    price: '90000.00',
    old_size: '0.3',
    new_size: '0.1',
    sequence,
    product_id: BTC,
    time: timeText(sequence),
    ...more,
  };
}

export function done(sequence: number, more: Fields = {}): Fields {
  return {
    type: 'done',
    order_id: 'order',
    side: 'buy',
    reason: 'canceled',
    price: '90000.00',
    remaining_size: '0.5',
    sequence,
    product_id: BTC,
    time: timeText(sequence),
    ...more,
  };
}

export function activate(more: Fields = {}): Fields {
  return {
    type: 'activate',
    product_id: BTC,
    timestamp: '1795244400.125',
    user_id: '12',
    profile_id: '30000727-d308-cf50-7b1c-c06deb1934fc',
    order_id: 'stop',
    stop_type: 'entry',
    side: 'buy',
    stop_price: '80',
    size: '2',
    funds: '50',
    private: true,
    ...more,
  };
}

export function heartbeat(sequence: number, lastTradeId: number, more: Fields = {}): Fields {
  return {
    type: 'heartbeat',
    sequence,
    last_trade_id: lastTradeId,
    product_id: BTC,
    time: timeText(sequence),
    ...more,
  };
}

export function snapshot(more: Fields = {}): Fields {
  return {
    type: 'snapshot',
    product_id: BTC,
    bids: [['90000.00', '1.5']],
    asks: [['90010.00', '2']],
    time: timeText(0),
    ...more,
  };
}

export function update(ms: number, changes: unknown, more: Fields = {}): Fields {
  return { type: 'l2update', product_id: BTC, changes, time: timeText(ms), ...more };
}

export const LOGIN_REFUSED: Fields = {
  type: 'error',
  message: 'Failed to subscribe',
  reason: 'level2, level3, and full channels now require authentication',
};

/** A level-3 book as REST formats it. */
export function orderBook(sequence: number, more: Fields = {}): Fields {
  return {
    bids: [
      ['90000.00', '0.4', 'bid-1'],
      ['90000.00', '0.1', 'bid-2'],
      ['89990.00', '1', 'bid-3'],
    ],
    asks: [['90010.00', '1.25', 'ask-1']],
    sequence,
    auction_mode: false,
    auction: null,
    time: timeText(sequence),
    ...more,
  };
}

export function product(id: string, tick = '0.01', lot = '0.00000001'): Fields {
  return { id, quote_increment: tick, base_increment: lot, status: 'online' };
}
