/** Polling of tick and lot sizes, on a manual clock and a scripted network. */

import { beforeEach, describe, expect, test } from 'vitest';
import { BINANCE_LIMITS } from '../../../../logger/exchange/binance/limits.ts';
import { ScriptedFeed } from '../../../support/scripted-feed.ts';

const HOUR_MS = 3_600_000;

let feed: ScriptedFeed;

beforeEach(() => {
  feed = new ScriptedFeed();
});

describe('polling tick sizes', () => {
  function answerWith(ticks: Record<string, string>): void {
    feed.transport.answer = async (url) => {
      const { searchParams } = new URL(url);
      const one = searchParams.get('symbol');
      const names: string[] = one === null ? JSON.parse(searchParams.get('symbols') ?? '') : [one];
      if (names.some((name) => !(name in ticks))) {
        return { status: 400, headers: {}, body: '{"code":-1121,"msg":"Invalid symbol."}' };
      }
      const symbols = names.map((symbol) => ({
        symbol,
        filters: [
          { filterType: 'PRICE_FILTER', tickSize: ticks[symbol] },
          { filterType: 'LOT_SIZE', stepSize: '0.00001000' },
        ],
      }));
      return { status: 200, headers: {}, body: JSON.stringify({ symbols }) };
    };
  }

  test('one request an hour for all symbols; a change is reported, once', async () => {
    const btc = feed.open('BTCUSDT');
    const eth = feed.open('ETHUSDT');
    answerWith({ BTCUSDT: '0.10000000', ETHUSDT: '0.01000000' });
    await feed.clock.advanceAsync(2 * HOUR_MS, HOUR_MS / 2);
    await feed.clock.advanceAsync(0);
    expect(feed.transport.asked).toHaveLength(2);
    expect(btc.listener.calls).toMatchObject([
      { what: 'instrument', instrument: { ...feed.instrumentOf('BTCUSDT'), tickSize: '0.1' } },
    ]);
    expect(eth.listener.calls).toEqual([]);
  });

  test('a symbol that is gone is given up, and does not keep the others from being polled', async () => {
    const listeners = ['A', 'B', 'GONE', 'C'].map((symbol) => feed.open(symbol).listener);
    answerWith({ A: '0.1', B: '0.1', C: '0.1' });
    await feed.clock.advanceAsync(HOUR_MS, HOUR_MS / 2);
    await feed.clock.advanceAsync(10, 1);
    expect(listeners.map(({ states }) => states)).toEqual([
      ['instrument'],
      ['instrument'],
      ['unlisted'],
      ['instrument'],
    ]);
  });

  test('a failed poll is repeated sooner', async () => {
    feed.open();
    feed.transport.answer = async () => ({ status: 503, headers: {}, body: '' });
    await feed.clock.advanceAsync(HOUR_MS, HOUR_MS / 2);
    await feed.clock.advanceAsync(BINANCE_LIMITS.instrumentRetryMs, 1000);
    expect(feed.transport.asked).toHaveLength(2);
  });
});
