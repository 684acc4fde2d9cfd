/** Bitfinex's REST answers: pairs, best prices, second opinions, rejections. */

import { describe, expect, test } from 'vitest';
import {
  FeedClosedError,
  RateLimitedError,
  UnknownSecurityError,
  WireFormatError,
} from '../../../../logger/errors.ts';
import { bitfinexP0, bitfinexR0 } from '../../../conformance/cases/bitfinex.ts';
import { Stage } from '../../../conformance/stage.ts';
import { pairsText } from '../../../support/bitfinex-frames.ts';

const BTC = 'tBTCUSD';
const signal = new AbortController().signal;

function answering(body: string, status = 200, given = bitfinexP0): Stage {
  const stage = new Stage(given);
  stage.transport.answer = async () => ({ status, headers: {}, body });
  return stage;
}

describe('an instrument', () => {
  test('is a listed pair: eight decimals of an amount, no price step', async () => {
    const stage = answering(pairsText('BTCUSD', 'AAVE:USD'));
    expect(await stage.exchange.instrument('tAAVE:USD', signal)).toEqual({
      symbol: 'tAAVE:USD',
      scale: { priceExponent: 0, sizeExponent: 8 },
      tickSize: null,
      lotSize: '0.00000001',
      base: 'AAVE',
      quote: 'USD',
      minSize: '0.00006',
    });
    expect(await stage.exchange.instrument(BTC, signal)).toMatchObject({
      base: 'BTC',
      quote: 'USD',
    });
    expect(new Set(stage.transport.asked)).toEqual(
      new Set(['https://rest.test/v2/conf/pub:info:pair,pub:info:pair:futures']),
    );
  });

  test('that is not listed is unknown', async () => {
    const asked = answering(pairsText('BTCUSD')).exchange.instrument('tBTCUSDT', signal);
    await expect(asked).rejects.toThrow(UnknownSecurityError);
    await expect(asked).rejects.toThrow(/lists no pair tBTCUSDT/);
  });

  test.each(['{}', '[5]', '[[5]]', '[[[7,[]]],[]]'])('%s is malformed', async (body) => {
    const asked = answering(body).exchange.instrument(BTC, signal);
    await expect(asked).rejects.toThrow(WireFormatError);
  });
});

describe('a rejection', () => {
  test('is told in the exchange’s words, which come as a list', async () => {
    const asked = answering('["error",20060,"maintenance"]', 503).exchange.instrument(BTC, signal);
    await expect(asked).rejects.toThrow(FeedClosedError);
    await expect(asked).rejects.toThrow(/503: maintenance/);
  });

  test('for too many requests lasts a minute', async () => {
    const stage = answering('["error",11010,"ratelimit: error"]', 429);
    const asked = stage.exchange.instrument(BTC, signal);
    await expect(asked).rejects.toThrow(RateLimitedError);
    await expect(asked).rejects.toMatchObject({ retryAfterMs: 60_000 });
  });
});

describe('where a book is', () => {
  test('best prices of all come in one answer, without sizes', async () => {
    const stage = answering(
      '[["tBTCUSD",60400,76.17,60406.5,86.2,1],["tAAVE:USD",1.1e-7,1,null,0,1]]',
    );
    const probes = await stage.exchange.probe?.([BTC, 'tAAVE:USD'], 'prices', signal);
    expect(stage.transport.asked).toEqual([
      'https://rest.test/v2/tickers?symbols=tBTCUSD,tAAVE%3AUSD',
    ]);
    expect(probes?.get(BTC)).toMatchObject({
      sequence: null,
      scale: { priceExponent: 1 },
      bid: [604_000, null],
      ask: [604_065, null],
    });
    expect(probes?.get('tAAVE:USD')).toMatchObject({ bid: [11, null], ask: null });
  });

  test.each([
    [bitfinexP0, 'P0', '[[60400,2,1.5],[60406,1,-2]]', 150_000_000],
    // Of one order of several.
    [bitfinexR0, 'R0', '[[7,60400,1.5],[8,60406,-2]]', null],
  ])('one by one they come from the book itself', async (given, precision, body, size) => {
    const stage = answering(body, 200, given);
    const probes = await stage.exchange.probe?.([BTC], 'sequence', signal);
    expect(stage.transport.asked).toEqual([`https://rest.test/v2/book/tBTCUSD/${precision}?len=1`]);
    expect(probes?.get(BTC)).toMatchObject({ sequence: null, bid: [60_400, size] });
  });

  test('a second opinion is the book of 100 prices, known so far; there is none of orders', async () => {
    const stage = answering('[[60400,2,1.5],[60406,1,-2],[60410,3,-1]]');
    expect(await stage.exchange.secondOpinion?.(BTC, signal, false)).toMatchObject({
      sequence: 0,
      bids: [60_400, 150_000_000],
      asks: [60_406, 200_000_000, 60_410, 100_000_000],
      counts: { bids: [2], asks: [1, 3] },
      horizon: { bid: 60_400, ask: 60_410 },
    });
    expect(stage.transport.asked).toEqual(['https://rest.test/v2/book/tBTCUSD/P0?len=100']);
    expect(new Stage(bitfinexR0).exchange).toMatchObject({ secondOpinion: undefined });
  });
});

test('a check gets no snapshot: it would cost the book its stream', async () => {
  const stage = new Stage(bitfinexP0);
  stage.streaming(0);
  const asked = stage.exchange.snapshot(BTC, signal, { urgency: 'spare' });
  await expect(asked).rejects.toThrow(/no snapshot beside its stream/);
});
