import { describe, expect, test } from 'vitest';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import { isSameInAnyCase, parseSecurity, upperCaseAscii } from '../../../logger/market/security.ts';
import { formatTimeUs, parseTimeUs } from '../../../logger/market/time.ts';

describe('times', () => {
  test.each([
    ['2024-08-08T23:54:14.206652067Z', 1_723_161_254_206_652],
    ['1723161254206ms', 1_723_161_254_206_000],
    ['1723161254206652us', 1_723_161_254_206_652],
    ['1723161254206652999ns', 1_723_161_254_206_652],
    ['2026-11-20T07:00:04.5Z', 1_795_158_004_500_000],
    ['2026-11-20T08:00:04.5+01:00', 1_795_158_004_500_000],
    ['2026-11-20T07:00Z', 1_795_158_000_000_000],
  ])('%s', (text, us) => {
    expect(parseTimeUs(text)).toBe(us);
  });

  test.each([
    '',
    'now',
    '2026-11-20',
    '2026-11-20T07:00:04',
    '2026-02-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-20T24:00:01Z',
    '1723161254206',
    '-5ms',
    '1.5ms',
    '99999999999999999999ms',
    '2026-11-20T07:00:04.1234567890Z',
  ])('%j is rejected, naming the field', (text) => {
    expect(() => parseTimeUs(text, '--at')).toThrow(InvalidArgumentError);
    expect(() => parseTimeUs(text, '--at')).toThrow(/^--at: /);
  });

  test.each([
    [1_795_158_004_500_000, '2026-11-20T07:00:04.5Z'],
    [1_795_158_004_000_012, '2026-11-20T07:00:04.000012Z'],
    [1_795_158_004_000_000, '2026-11-20T07:00:04Z'],
  ])('%i prints as %s', (us, text) => {
    expect(formatTimeUs(us)).toBe(text);
    expect(parseTimeUs(text)).toBe(us);
  });
});

describe('securities', () => {
  test.each(['币安人生USDT', '这是测试币456', '🚀USDT', 'ÉCU-EUR', '₿.X/Y_Z', '🚀'.repeat(64)])(
    'a symbol may be %s',
    (symbol) => {
      expect(parseSecurity(`binance:${symbol}`)).toEqual({
        id: `binance:${symbol}`,
        exchange: 'binance',
        symbol,
      });
    },
  );

  test('a symbol may have colons of its own, as those of Bitfinex', () => {
    expect(parseSecurity('bitfinex:tAAVE:USD')).toMatchObject({ symbol: 'tAAVE:USD' });
    expect(() => parseSecurity('bitfinex::USD')).toThrow(InvalidArgumentError);
  });

  test('a symbol that is too long is named as such', () => {
    expect(() => parseSecurity(`binance:${'币'.repeat(5000)}`)).toThrow(
      /longer than 64 characters/,
    );
  });

  test('only ASCII letters change their case', () => {
    expect(upperCaseAscii('ßétf-币usdt')).toBe('ßéTF-币USDT');
    expect(isSameInAnyCase('binance:btcUsdt', 'binance:BTCusdt')).toBe(true);
    // The Kelvin sign is another character than k, though its lower case is k.
    expect(isSameInAnyCase('binance:\u212aUSDT', 'binance:kUSDT')).toBe(false);
  });

  test('the exchange is lower case, the symbol as written', () => {
    expect(parseSecurity('Binance:btcUSDT')).toEqual({
      id: 'binance:btcUSDT',
      exchange: 'binance',
      symbol: 'btcUSDT',
    });
  });

  test.each([
    '',
    'BTCUSDT',
    ':BTCUSDT',
    'binance:',
    'binance:BTC USDT',
    'binance:../x',
    'binance:a\n',
    'a::b:c',
    `binance:${'A'.repeat(65)}`,
    'binance:\u0000',
    '__proto__',
    'binance:<x>',
    'binance:币 安',
    'binance:币\u3000安',
    'binance:币,安',
    'binance:币\u202e安',
    'binance:币\u200b安',
    'binance:币\u009b安',
    'binance:币\ud800安',
    'binance:币\ufffd安',
    'binance:币\uffff安',
    'binance:币..安',
    `binance:${'🚀'.repeat(65)}`,
    '币安:BTCUSDT',
  ])('%j is rejected', (text) => {
    expect(() => parseSecurity(text)).toThrow(InvalidArgumentError);
  });
});
