/** BitMEX's REST answers: instruments, what a contract is, whole books, best prices. */

import { describe, expect, test } from 'vitest';
import { UnknownSecurityError, WireFormatError } from '../../../../logger/errors.ts';
import { BITMEX_LIMITS } from '../../../../logger/exchange/bitmex/limits.ts';
import { Stage } from '../../../conformance/stage.ts';
import { bitmex } from '../../../conformance/cases/bitmex.ts';
import { instrumentText, rowText } from '../../../support/bitmex-frames.ts';

const signal = new AbortController().signal;

function answering(body: string, status = 200): Stage {
  const stage = new Stage(bitmex);
  stage.transport.answer = async () => ({ status, headers: {}, body });
  return stage;
}

describe('an instrument', () => {
  test('its scale is that of tick and lot size, whatever notation they are in', async () => {
    const text = instrumentText({ lotSize: 0.5 }).replace('"tickSize":0.1', '"tickSize":1e-05');
    expect(await answering(`[${text}]`).exchange.instrument('XBTUSD', signal)).toMatchObject({
      symbol: 'XBTUSD',
      scale: { priceExponent: 5, sizeExponent: 1 },
      tickSize: '0.00001',
      lotSize: '0.5',
    });
  });

  test.each([
    ['inverse', {}, { multiplier: '-100000000', underlying: 'XBT', settlementCurrency: 'XBt' }],
    [
      'linear',
      {
        isInverse: false,
        multiplier: 1_000_000,
        underlyingToPositionMultiplier: 10_000,
        settlCurrency: 'USDt',
      },
      { multiplier: '1000000', underlyingPerPosition: '10000', settlementCurrency: 'USDt' },
    ],
    [
      'quanto',
      { isInverse: false, isQuanto: true, multiplier: 100, underlying: 'ETH' },
      { multiplier: '100', underlying: 'ETH', quoteCurrency: 'USD' },
    ],
    [
      'spot',
      { typ: 'IFXXXP', isInverse: false, underlyingToPositionMultiplier: 100_000_000 },
      { underlyingPerPosition: '100000000' },
    ],
  ])('%s', async (kind, fields, expected) => {
    const stage = answering(`[${instrumentText(fields)}]`);
    const { contract } = await stage.exchange.instrument('XBTUSD', signal);
    expect(contract).toMatchObject({ kind, ...expected });
  });

  test.each([
    ['is not listed', '[]', /does not list XBTUSD/],
    [
      'is settled',
      `[${instrumentText({ state: 'Settled' })}]`,
      /no longer traded \(state Settled\)/,
    ],
    ['is an index', `[${instrumentText({ typ: 'MRCXXX' })}]`, /has no book/],
  ])('%s', async (_what, body, reason) => {
    const asked = answering(body).exchange.instrument('XBTUSD', signal);
    await expect(asked).rejects.toThrow(UnknownSecurityError);
    await expect(asked).rejects.toThrow(reason);
  });

  test('one that is halted is recorded: it merely sends nothing', async () => {
    const stage = answering(`[${instrumentText({ state: 'Closed' })}]`);
    expect(await stage.exchange.instrument('XBTUSD', signal)).toMatchObject({ symbol: 'XBTUSD' });
  });

  test.each([
    ['no list', '{}'],
    ['no tick size', `[${instrumentText({ tickSize: null })}]`],
    ['no state', `[${instrumentText({ state: null })}]`],
  ])('%s is counted', async (_what, body) => {
    const stage = answering(body);
    await expect(stage.exchange.instrument('XBTUSD', signal)).rejects.toThrow(WireFormatError);
    expect(Object.keys(stage.exchange.counters().wireErrors)).toHaveLength(1);
  });

  test('a contract that is settled while it is recorded ends', async () => {
    const stage = answering(`[${instrumentText({ state: 'Settled' })}]`);
    const { listener } = stage.streaming(1);
    await stage.clock.advanceAsync(BITMEX_LIMITS.instrumentPollMs);
    expect(listener.calls.at(-1)).toEqual({
      what: 'unlisted',
      reason: 'XBTUSD is no longer traded (state Settled)',
    });
  });

  test('of many the list of all is asked, and only what it leaves out by itself', async () => {
    const stage = new Stage(bitmex);
    const asked: string[] = [];
    stage.transport.answer = async (url) => {
      asked.push(url.slice('https://rest.test'.length));
      const symbols = url.includes('active') ? ['A', 'B', 'C'] : [];
      const body = `[${symbols.map((symbol) => instrumentText({ symbol })).join(',')}]`;
      return { status: 200, headers: {}, body };
    };
    for (const symbol of ['A', 'B', 'C', 'D']) stage.open(symbol);
    await stage.clock.advanceAsync(BITMEX_LIMITS.instrumentPollMs);
    expect(asked).toEqual(['/api/v1/instrument/active', '/api/v1/instrument?symbol=D']);
  });
});

describe('a book', () => {
  const rows = [
    rowText({ id: 1, side: 'Sell', size: 5, price: 101.5 }),
    rowText({ id: 2, size: 7, price: 100 }),
    rowText({ id: 3, size: 8, price: 99.5 }),
  ];

  test('as a second opinion, whole, at the scale of the stream', async () => {
    const stage = answering(`[${rows.join(',')}]`);
    stage.streaming(0);
    const book = await stage.exchange.secondOpinion?.('XBTUSD', signal, true);
    expect(stage.transport.asked.at(-1)).toMatch(/orderBook\/L2\?symbol=XBTUSD&depth=0$/);
    expect(book).toMatchObject({ bids: [1000, 7, 995, 8], asks: [1015, 5] });
  });

  test('its best prices answer whether silence is quiet', async () => {
    const stage = answering(`[${rows.slice(0, 2).join(',')}]`);
    stage.streaming(0);
    const probes = await stage.exchange.probe?.(['XBTUSD'], 'sequence', signal);
    expect(probes?.get('XBTUSD')).toMatchObject({ sequence: null, bid: [1000, 7], ask: [1015, 5] });
  });

  test('of many silent symbols the best prices are in one list, without sizes', async () => {
    const prices = { bidPrice: 100, askPrice: 100.25 };
    const empty = { symbol: 'ETHUSD', bidPrice: null };
    const stage = answering(`[${instrumentText(prices)},${instrumentText(empty)}]`);
    stage.streaming(0);
    const probes = await stage.exchange.probe?.(['XBTUSD', 'ETHUSD', 'GONE'], 'prices', signal);
    expect(stage.transport.asked).toEqual(['https://rest.test/api/v1/instrument/active']);
    expect([...(probes ?? [])]).toMatchObject([
      ['XBTUSD', { scale: { priceExponent: 2 }, bid: [10_000, null], ask: [10_025, null] }],
      ['ETHUSD', { bid: null, ask: null }],
    ]);
  });

  test('of another symbol is none', async () => {
    const stage = answering(`[${rowText({ symbol: 'ETHUSD', id: 1, size: 1, price: 1 })}]`);
    await expect(stage.exchange.secondOpinion?.('XBTUSD', signal, false)).rejects.toThrow(
      /another symbol/,
    );
  });

  test('a rejection carries the exchange’s words', async () => {
    const body =
      '{"error":{"message":"Rate limit exceeded, retry in 3 seconds.","name":"RateLimitError"}}';
    const stage = answering(body, 429);
    await expect(stage.exchange.secondOpinion?.('XBTUSD', signal, false)).rejects.toThrow(
      /Rate limit exceeded/,
    );
  });
});
