/** What a rejected REST request means: a ban and its end, an unknown symbol, or neither. */

import { expect, test } from 'vitest';
import { RequestBudget } from '../../../../logger/exchange/rest/request-budget.ts';
import { RestClient } from '../../../../logger/exchange/rest/rest-client.ts';
import { BINANCE_LIMITS } from '../../../../logger/exchange/binance/limits.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { keptLog } from '../../../support/scripted-coinbase.ts';
import { ScriptedFeed } from '../../../support/scripted-feed.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

const { signal } = new AbortController();

function answering(status: number, body: string, headers: Record<string, string> = {}) {
  const feed = new ScriptedFeed();
  feed.transport.answer = async () => ({ status, headers, body });
  return feed;
}

test.each([
  ['of a later time than Retry-After', 600_000, { 'retry-after': '10' }, 600],
  ['without Retry-After', 600_000, {}, 600],
  ['of a time that is over: our clock is wrong', -600_000, {}, 120],
  ['of an earlier time than Retry-After', 10_000, { 'retry-after': '30' }, 30],
])('a ban whose text tells %s', async (_name, inMs, headers, seconds) => {
  const feed = answering(418, '');
  const until = Math.round(feed.clock.nowUs() / 1000) + inMs;
  const msg = `Way too much request weight used; IP banned until ${until}. Please use WebSocket`;
  feed.transport.answer = async () => ({
    status: 418,
    headers,
    body: JSON.stringify({ code: -1003, msg }),
  });
  const asked = feed.exchange.snapshot('BTCUSDT', signal);
  await expect(asked).rejects.toMatchObject({ code: 'rate-limited' });
  const { bannedUntilUs } = feed.exchange.counters();
  const leftMs = ((bannedUntilUs ?? 0) - feed.clock.nowUs()) / 1000;
  expect(Math.round(leftMs / 1000)).toBe(seconds);
  await expect(feed.exchange.snapshot('BTCUSDT', signal)).rejects.toMatchObject({
    code: 'rate-limited',
  });
  expect(feed.transport.asked).toHaveLength(1);
});

test.each([
  [400, '{"code":-1121,"msg":"Invalid symbol."}', 'unknown-security'],
  [400, '{"code":-1100,"msg":"Illegal characters found in parameter"}', 'unknown-security'],
  [400, '<html><body>Bad request</body></html>', 'exchange-refused'],
  [400, '{"code":-1102,"msg":"Mandatory parameter was not sent"}', 'exchange-refused'],
  [403, '{"code":-1121,"msg":"Invalid symbol."}', 'exchange-refused'],
  [500, '{"code":-1121,"msg":"Invalid symbol."}', 'feed-closed'],
])('status %s and %s: %s', async (status, body, code) => {
  const { exchange } = answering(status, body);
  await expect(exchange.instrument('BTCUSDT', signal)).rejects.toMatchObject({ code });
});

test('an exchange may reject with status 200, and ban with 403; each request is a line for debug', async () => {
  const lines: string[] = [];
  const clock = new ManualClock();
  const transport = new ScriptedTransport(clock);
  const budget = new RequestBudget(clock, BINANCE_LIMITS.requests);
  const rest = new RestClient({
    restUrl: 'https://exchange.test',
    transport,
    budget,
    clock,
    log: keptLog(lines),
    timeoutMs: 1000,
    maxBytes: 1000,
    banStatuses: [403],
    isRejection: ({ retCode }) => retCode !== 0,
    reasonOf: ({ retCode, retMsg }) => ({ code: Number(retCode), reason: String(retMsg) }),
    isUnlisted: ({ code }) => code === 10_001,
  });
  const ask = (status: number, body: unknown) => {
    transport.answer = async () => ({ status, headers: {}, body: JSON.stringify(body) });
    return rest.get({
      path: '/book?signature=abc',
      weight: 1,
      signal,
      urgency: 'usual',
      maxWaitMs: 1000,
    });
  };
  await expect(ask(200, { retCode: 0, result: 1 })).resolves.toMatchObject({
    body: '{"retCode":0,"result":1}',
  });
  await expect(ask(200, { retCode: 10_001, retMsg: 'no symbol' })).rejects.toMatchObject({
    code: 'unknown-security',
  });
  await expect(ask(200, { retCode: 9, retMsg: 'not now' })).rejects.toMatchObject({
    code: 'exchange-refused',
    context: { status: 200, code: 9, reason: 'not now' },
  });
  await expect(ask(403, {})).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs: 120_000 });
  expect(budget.bannedUntilUs).not.toBeNull();
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe('Request answered {"path":"/book","status":200,"ms":0,"weightUsed":0}');
});
