import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InvalidArgumentError } from '../../../../logger/errors.ts';
import { EXCHANGE_NAMES } from '../../../../logger/exchange/exchanges.ts';
import { ageDays, ageWarning } from '../../../../pipe/fees/age.ts';
import { mergeFees } from '../../../../pipe/fees/fee-file.ts';
import { defaultFees, feesId, loadFees } from '../../../../pipe/fees/load-fees.ts';
import { cheapestRoute, feesOf, routesBetween } from '../../../../pipe/fees/lookup.ts';

const given = { source: 'fees.json', readAt: '2026-12-01' };
const merged = (file: unknown): ReturnType<typeof mergeFees> =>
  mergeFees(defaultFees(), file, given);

const DAY_US = 86_400_000_000;
/** 2026-11-30 */
const READ_US = 1_795_996_800_000_000;

describe('the default table', () => {
  const table = defaultFees();

  it('has every exchange that can be recorded', () => {
    expect(Object.keys(table.exchanges).sort()).toEqual([...EXCHANGE_NAMES].sort());
  });

  it('has the main coins, each with a way from one exchange to another that has it', () => {
    for (const coin of ['BTC', 'ETH', 'SOL', 'XRP', 'LTC', 'TRX', 'XLM', 'BNB', 'USDT', 'USDC']) {
      const places = ['binance', 'coinbase', 'bybit', 'bitfinex', 'bitmex'].filter(
        (name) => table.exchanges[name]?.coins[coin],
      );
      expect(places.length, coin).toBeGreaterThanOrEqual(2);
      for (const from of places) {
        for (const to of places) {
          const routes = routesBetween(table, { coin, from, to });
          expect(cheapestRoute(routes, '100000').best, `${coin} ${from} ${to}`).not.toBeNull();
        }
      }
    }
  });

  it('has the same name and block time for a network everywhere', () => {
    const seconds = new Map<string, number>();
    for (const { coins } of Object.values(table.exchanges)) {
      for (const { name, blockSeconds } of Object.values(coins).flat()) {
        expect(seconds.get(name) ?? blockSeconds, name).toBe(blockSeconds);
        seconds.set(name, blockSeconds);
      }
    }
  });

  it('says of every figure where it is from, or that it is assumed', () => {
    for (const [exchange, fees] of Object.entries(table.exchanges)) {
      for (const each of [fees, ...Object.values(fees.coins).flat()]) {
        for (const { source, readAt } of [each.origin, ...Object.values(each.origins ?? {})]) {
          expect(source, exchange).toMatch(/^(?:assumed$|https:\/\/|docs\/)/);
          expect(readAt).toMatch(/^20\d\d-\d\d-\d\d$/);
        }
      }
    }
  });
});

describe('a file of fees', () => {
  it('replaces figures, and keeps where the others are from', () => {
    const table = merged({
      exchanges: {
        binance: {
          taker: '0.00075',
          coins: { BTC: [{ name: 'bitcoin', withdrawFee: '0.0001', canWithdraw: false }] },
        },
      },
    });
    const [was, is] = [defaultFees(), table].map((each) => each.exchanges['binance']!);
    expect(is).toEqual({
      ...was,
      taker: '0.00075',
      origins: { ...was!.origins, taker: given },
      coins: {
        ...was!.coins,
        BTC: [
          {
            ...was!.coins['BTC']![0],
            withdrawFee: '0.0001',
            canWithdraw: false,
            origins: { withdrawFee: given, canWithdraw: given },
          },
        ],
      },
    });
    expect(table.exchanges['bybit']).toEqual(defaultFees().exchanges['bybit']);
  });

  it('says where its figures are from: for all, for an entry, for one', () => {
    const [top, entry, one] = ['top', 'entry', 'one'].map((source) => {
      return { source, readAt: '2026-12-02T10:00:00Z' };
    });
    const { exchanges } = merged({
      origin: top,
      exchanges: {
        bybit: { taker: '0.002' },
        binance: { origin: entry, origins: { maker: one }, taker: '0.002', maker: '0.002' },
      },
    });
    expect(exchanges['bybit']?.origins).toMatchObject({ taker: top });
    expect(exchanges['binance']?.origins).toEqual({ taker: entry, maker: one });
  });

  it('changes one source of an exchange', () => {
    const table = merged({ exchanges: { 'sandbox@a': { taker: '0.001' } } });
    expect(feesOf(table, 'sandbox@a')).toMatchObject({ taker: '0.001', feeIn: 'quote' });
    expect(feesOf(table, 'sandbox@b')?.taker).toBe('0');
  });

  it('is the same read twice, and as a table of its own', () => {
    const file = { exchanges: { binance: { taker: '0.00075' } } };
    const once = merged(file);
    expect(mergeFees(once, file, given)).toEqual(once);
    const whole = mergeFees({ exchanges: {} }, once, given);
    expect(whole).toEqual(once);
    expect(feesId(whole)).toBe(feesId(once));
    expect(feesId(once)).not.toBe(feesId(defaultFees()));
  });

  const bitcoin = { name: 'bitcoin' };
  const inBinance = (fees: unknown): unknown => ({ exchanges: { binance: fees } });
  const inBtc = (networks: unknown): unknown => inBinance({ coins: { BTC: networks } });
  it.each([
    [[], 'the file: must be an object'],
    [{}, 'exchanges: is missing'],
    [{ exchange: {} }, 'exchange: is not known: exchanges, origin'],
    [{ exchanges: { Binance: {} } }, 'exchanges.Binance: not the name of an exchange'],
    [{ exchanges: { okx: { taker: '0.1' } } }, 'exchanges.okx.maker: is missing'],
    [inBinance({ takr: '0.1' }), 'exchanges.binance.takr: is not known: taker, maker'],
    [inBinance({ taker: 0.001 }), 'exchanges.binance.taker: must be a fraction as text'],
    [inBinance({ taker: '1' }), 'exchanges.binance.taker: must be a fraction as text'],
    [inBinance({ taker: '-0.02' }), 'from "-0.01" to less than 1'],
    [inBinance({ feeIn: 'base' }), 'exchanges.binance.feeIn: must be "received" or "quote"'],
    [inBinance({ latencyMs: 1.5 }), 'exchanges.binance.latencyMs: must be a whole number'],
    [inBinance({ coins: { btc: [] } }), 'exchanges.binance.coins.btc: not the code of a coin'],
    [inBtc({}), 'exchanges.binance.coins.BTC: must be a list'],
    [inBtc([{}]), 'exchanges.binance.coins.BTC[0].name: must be'],
    [inBtc([bitcoin, bitcoin]), 'exchanges.binance.coins.BTC[1]: bitcoin is there twice'],
    [inBtc([{ name: 'lightning' }]), 'exchanges.binance.coins.BTC[0].withdrawFee: is missing'],
    [inBtc([{ ...bitcoin, withdrawFee: '-1' }]), 'BTC[0].withdrawFee: must be an amount as text'],
    [inBtc([{ ...bitcoin, withdrawFee: '1e-7' }]), 'or null'],
    [inBtc([{ ...bitcoin, withdrawPercent: '-0.1' }]), 'BTC[0].withdrawPercent: must be'],
    [inBtc([{ ...bitcoin, canDeposit: 'yes' }]), 'BTC[0].canDeposit: must be true or false'],
    [inBtc([{ ...bitcoin, confirmations: 1.5 }]), 'BTC[0].confirmations: must be a whole number'],
    [inBtc([{ ...bitcoin, blockSeconds: -1 }]), 'BTC[0].blockSeconds: must be a number from 0'],
    [inBtc([{ ...bitcoin, origin: { source: '' } }]), 'BTC[0].origin.source: is missing'],
    [
      inBtc([{ ...bitcoin, origin: { source: 'a', readAt: '2026-13-01' } }]),
      'BTC[0].origin.readAt: must be a date',
    ],
    [inBtc([{ ...bitcoin, origins: { fee: {} } }]), 'BTC[0].origins.fee: is not known'],
  ])('is rejected with the place: %j', (file, message) => {
    expect(() => merged(file)).toThrow(InvalidArgumentError);
    expect(() => merged(file)).toThrow(message);
  });

  it('is read with its name and date', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fees-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'mine.json');
    await writeFile(path, JSON.stringify({ exchanges: { binance: { taker: '0.00075' } } }));
    await utimes(path, 1_795_996_800, 1_795_996_800);
    const { table, id } = loadFees(path);
    expect(table.exchanges['binance']?.origins?.['taker']).toEqual({
      source: 'mine.json',
      readAt: '2026-11-30',
    });
    expect(id).toBe(feesId(table));
    await writeFile(path, '{');
    expect(() => loadFees(path)).toThrow(`The fees in ${path} can't be used: `);
    expect(() => loadFees(join(directory, 'none.json'))).toThrow(InvalidArgumentError);
  });
});

describe('the age of fees', () => {
  const table = mergeFees(
    { exchanges: {} },
    { exchanges: defaultFees().exchanges },
    { source: 'assumed', readAt: '2026-11-30' },
  );

  it('is warned of after 30 days', () => {
    expect(ageWarning(table, READ_US)).toBeNull();
    expect(ageWarning(table, READ_US + 31 * DAY_US - 1)).toBeNull();
    const warning = ageWarning(table, READ_US + 31 * DAY_US);
    expect(warning).toContain('fees are older than 30 days: binance (2026-11-30), coinbase');
    expect(ageWarning(table, READ_US + 31 * DAY_US, ['bybit'])).toContain('days: bybit (2026-');
    expect(ageWarning(table, READ_US + 31 * DAY_US, ['unknown'])).toBeNull();
    // What this package says of its own exchange does not age.
    expect(ageWarning(table, READ_US + 31 * DAY_US, ['sandbox'])).toBeNull();
  });

  it('is counted in whole days from a date or a time', () => {
    expect(ageDays({ source: '', readAt: '2026-11-30T12:00:00Z' }, READ_US + DAY_US)).toBe(0);
    expect(ageDays({ source: '', readAt: '2026-12-30' }, READ_US)).toBe(0);
  });
});
