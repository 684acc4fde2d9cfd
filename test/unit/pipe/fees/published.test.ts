import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { bitfinexFees } from '../../../../pipe/fees/refresh/bitfinex.ts';
import { bitmexFees } from '../../../../pipe/fees/refresh/bitmex.ts';
import { coinbaseFees } from '../../../../pipe/fees/refresh/coinbase.ts';
import { atScale, decimalOf } from '../../../../pipe/fees/refresh/published.ts';

describe('published numbers', () => {
  it.each([
    [0.000001, '0.000001'],
    [1e-7, '0.0000001'],
    [1.25e-8, '0.0000000125'],
    [-2.5e-7, '-0.00000025'],
    [1.5e21, '1500000000000000000000'],
    [20_000_000, '20000000'],
    ['0.30', '0.30'],
    [null, undefined],
    ['1e3', undefined],
    [Number.NaN, undefined],
  ])('%j is %j', (value, text) => {
    expect(decimalOf(value)).toBe(text);
  });

  it.each([
    [20_000, 8, '0.0002'],
    [100_000_000, 8, '1'],
    [0, 8, '0'],
    [5, 0, '5'],
    [1_230_000, 6, '1.23'],
    [1.5, 8, undefined],
    [5, null, undefined],
    [5, 99, undefined],
  ])('%j at scale %j is %j', (value, scale, text) => {
    expect(atScale(value, scale)).toBe(text);
  });
});

describe('what Coinbase publishes', () => {
  it('is a network per currency, as far as it says something', () => {
    const usdt = {
      id: 'USDT',
      supported_networks: [
        {
          id: 'ethereum',
          status: 'online',
          min_withdrawal_amount: 1e-7,
          network_confirmations: 14,
          processing_time_seconds: null,
        },
        { id: 'solana', status: 'offline', network_confirmations: null },
        { id: 'somewhere', status: 'online' },
      ],
    };
    expect(coinbaseFees.read([[usdt, { id: 'USD' }, null]])).toEqual({
      figures: {},
      networks: [
        {
          coin: 'USDT',
          network: 'ethereum',
          figures: {
            canWithdraw: true,
            canDeposit: true,
            confirmations: 14,
            withdrawMin: '0.0000001',
          },
        },
        {
          coin: 'USDT',
          network: 'solana',
          figures: { canWithdraw: false, canDeposit: false },
        },
      ],
    });
    expect(() => coinbaseFees.read([{ message: 'no' }])).toThrow(WireFormatError);
  });
});

describe('what Bitfinex publishes', () => {
  it('has a fee per currency, and a status per method', () => {
    const answer = [
      [
        ['BTC', [0, 0.0004]],
        ['UST', [0, 3.25]],
      ],
      [
        ['BITCOIN', ['BTC']],
        ['TETHERUSX', ['UST']],
        ['LNX', ['LNX']],
      ],
      [
        ['BITCOIN', 1, 1, null, null, null, null, 0, 0, null, null, 3],
        ['TETHERUSX', 1, 0, null],
      ],
    ];
    expect(bitfinexFees.read([answer])).toEqual({
      figures: {},
      networks: [
        {
          coin: 'BTC',
          network: 'bitcoin',
          figures: {
            withdrawFee: '0.0004',
            canDeposit: true,
            canWithdraw: true,
            confirmations: 3,
          },
        },
        {
          coin: 'USDT',
          network: 'tron',
          figures: { withdrawFee: '3.25', canDeposit: true, canWithdraw: false },
        },
      ],
    });
    expect(() => bitfinexFees.read([['error', 20_060, 'maintenance']])).toThrow(WireFormatError);
  });
});

describe('what BitMEX publishes', () => {
  it('has the highest fee of its spot instruments, and amounts in smallest units', () => {
    const instruments = [
      { symbol: 'XBTUSD', typ: 'FFWCSX', takerFee: 0.9, makerFee: 0.9 },
      { symbol: 'XBT_USDT', typ: 'IFXXXP', takerFee: 0.001, makerFee: 0.0005 },
      { symbol: 'ETH_USDT', typ: 'IFXXXP', takerFee: 0.0015, makerFee: -0.0001 },
    ];
    const assets = [
      {
        asset: 'XBT',
        currency: 'XBt',
        scale: 8,
        minWithdrawalAmount: 10_000,
        networks: [
          { asset: 'btc', depositEnabled: true, withdrawalEnabled: false, withdrawalFee: 20_000 },
          { asset: 'other', depositEnabled: true },
        ],
      },
    ];
    const networks = [{ asset: 'btc', depositConfirmations: 1 }];
    expect(bitmexFees.read([instruments, assets, networks])).toEqual({
      figures: { taker: '0.0015', maker: '0.0005' },
      networks: [
        {
          coin: 'BTC',
          network: 'bitcoin',
          figures: {
            withdrawFee: '0.0002',
            withdrawMin: '0.0001',
            canDeposit: true,
            canWithdraw: false,
            confirmations: 1,
          },
        },
      ],
    });
  });
});
