/** Books and products by REST, on a clock that the test moves. */

import { describe, expect, test } from 'vitest';
import { COINBASE_LIMITS } from '../../../../logger/exchange/coinbase/limits.ts';
import { BTC, CREDENTIALS, orderBook, product } from '../../../support/coinbase-frames.ts';
import { ScriptedCoinbase } from '../../../support/scripted-coinbase.ts';

const forever = new AbortController().signal;

const signal = new AbortController().signal;

describe('REST', () => {
  test('the book is asked for signed; what is public is not', async () => {
    const feed = new ScriptedCoinbase();
    feed.streaming();
    const headers: unknown[] = [];
    feed.transport.answer = async (url, options) => {
      headers.push(options.headers);
      const body = url.includes('/book') ? orderBook(7) : product(BTC);
      return { status: 200, headers: {}, body: JSON.stringify(body) };
    };
    expect(await feed.exchange.instrument(BTC, forever)).toMatchObject({ symbol: BTC });
    expect(await feed.exchange.snapshot(BTC, signal)).toMatchObject({ level: 'L3', sequence: 7 });
    expect(feed.transport.asked).toEqual([
      'https://rest.test/products/BTC-USD',
      'https://rest.test/products/BTC-USD/book?level=3',
    ]);
    expect(headers).toEqual([
      { accept: 'application/json' },
      expect.objectContaining({ 'cb-access-key': CREDENTIALS.key }),
    ]);
  });

  test('a book in auction says so, and one out of it ends what was missed of it', async () => {
    const feed = new ScriptedCoinbase();
    const { listener } = feed.streaming();
    feed.answers(200, orderBook(7, { auction_mode: true }));
    await feed.exchange.snapshot(BTC, signal);
    feed.answers(200, orderBook(8));
    await feed.exchange.snapshot(BTC, signal);
    expect(listener.calls.filter(({ what }) => what === 'auction')).toEqual([
      { what: 'auction', isCollecting: true },
      { what: 'auction', isCollecting: false },
    ]);
  });

  test('an unknown product is rejected with the exchange’s reason', async () => {
    const feed = new ScriptedCoinbase();
    feed.answers(404, { message: 'NotFound' });
    await expect(feed.exchange.instrument('NO-SUCH', forever)).rejects.toMatchObject({
      code: 'unknown-security',
      message: 'The exchange does not list NO-SUCH: NotFound',
    });
  });

  test('an answer for another product is not taken', async () => {
    const feed = new ScriptedCoinbase();
    feed.answers(200, product('ETH-USD'));
    await expect(feed.exchange.instrument(BTC, forever)).rejects.toMatchObject({
      code: 'wire-format',
    });
  });

  test('“slow down” is kept to', async () => {
    const feed = new ScriptedCoinbase();
    feed.streaming();
    feed.answers(429, { message: 'Public rate limit exceeded' }, { 'retry-after': '7' });
    await expect(feed.exchange.snapshot(BTC, signal)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 7000,
    });
    feed.answers(200, orderBook(7));
    let isDone = false;
    const next = feed.exchange.snapshot(BTC, signal).then(() => (isDone = true));
    await feed.clock.advanceAsync(6900, 100);
    expect(isDone).toBe(false);
    await feed.clock.advanceAsync(400, 100);
    await next;
  });

  test('books are asked for at no more than ten a second and fifteen at once', async () => {
    const feed = new ScriptedCoinbase();
    const askedMs: number[] = [];
    for (let i = 0; i < 60; i++) feed.open(`P${i}-USD`);
    feed.transport.answer = async () => {
      askedMs.push(feed.clock.monotonicMs());
      return { status: 200, headers: {}, body: JSON.stringify(orderBook(1)) };
    };
    const all = Promise.all(
      Array.from({ length: 60 }, (_, i) => feed.exchange.snapshot(`P${i}-USD`, signal)),
    );
    await feed.clock.advanceAsync(30_000, 100);
    await all;
    for (const fromMs of askedMs) {
      const inSecond = askedMs.filter((ms) => ms >= fromMs && ms < fromMs + 1000);
      expect(inSecond.length).toBeLessThanOrEqual(12);
    }
  });

  test('a changed tick size is reported to its product, from one request for all', async () => {
    const feed = new ScriptedCoinbase();
    const { listener } = feed.streaming();
    const others = Array.from({ length: 20 }, (_, i) => `P${i}-USD`);
    for (const other of others) feed.open(other);
    feed.answers(200, [product(BTC, '0.001'), ...others.map((other) => product(other))]);
    await feed.clock.advanceAsync(COINBASE_LIMITS.instrumentPollMs, 600_000);
    expect(feed.transport.asked).toEqual(['https://rest.test/products']);
    const changed = listener.calls.filter(({ what }) => what === 'instrument' || what === 'scale');
    expect(changed).toEqual([
      { what: 'scale', scale: { priceExponent: 3, sizeExponent: 8 } },
      { what: 'instrument', instrument: expect.objectContaining({ tickSize: '0.001' }) },
    ]);
  });
});
