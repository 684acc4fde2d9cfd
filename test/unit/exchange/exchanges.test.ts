/** The list of exchanges: what a new one has to fit into. */

import { describe, expect, test } from 'vitest';
import { settingReader } from '../../../logger/config/read-setting.ts';
import {
  EXCHANGES,
  EXCHANGE_NAMES,
  findExchange,
  hasConsecutiveTradeIds,
  normalizeSymbol,
} from '../../../logger/exchange/exchanges.ts';
import { parseSecurity } from '../../../logger/market/security.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';
import { silentLog } from '../../support/silent-log.ts';

test('names are unique, and valid in a security', () => {
  expect(new Set(EXCHANGE_NAMES).size).toBe(EXCHANGES.length);
  for (const name of EXCHANGE_NAMES) {
    expect(parseSecurity(`${name}:ABC`)).toMatchObject({ exchange: name, symbol: 'ABC' });
  }
});

describe.each(EXCHANGES)('$name', (definition) => {
  const { name } = definition;

  test('its settings begin with its name, and it is created from their defaults', async () => {
    for (const { env } of definition.settings) {
      expect(env.startsWith(`${name.toUpperCase()}_`)).toBe(true);
    }
    const create = definition.configure(settingReader({}));
    const clock = new ManualClock();
    const exchange = create(
      { staleAfterMs: 15_000, updateFrequencyMs: 100 },
      {
        clock,
        random: { next: () => 0.5 },
        log: silentLog,
        transport: new ScriptedTransport(clock),
      },
    );
    expect(exchange.name).toBe(name);
    await exchange.close();
  });

  test('normalizing a symbol twice changes nothing more', () => {
    const symbol = definition.normalizeSymbol('aBc-dEf');
    expect(definition.normalizeSymbol(symbol)).toBe(symbol);
  });
});

test('an exchange that is not in the list has no rules of its own', () => {
  expect(findExchange('kraken')).toBeNull();
  expect(hasConsecutiveTradeIds('kraken')).toBe(false);
  expect(normalizeSymbol('kraken', 'xbtUsd')).toBe('xbtUsd');
  expect(normalizeSymbol('coinbase', 'btc-usd')).toBe('BTC-USD');
});
