import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../logger/config/load.ts';

const warningsOf = async (env: Record<string, string>) => (await loadConfig(env)).warnings;

describe('variables that look like ours', () => {
  test.each([
    ['COINBASE_API_KYE', 'did you mean COINBASE_API_KEY?'],
    ['MANAGER_PROT', 'did you mean MANAGER_PORT?'],
    ['MONGODB_ENDPONT', 'did you mean MONGODB_ENDPOINT?'],
    ['LOGLVL', 'did you mean LOGLEVEL?'],
    ['SECURITES', 'did you mean SECURITIES?'],
    ['BINANCE_PASSWORD', 'it is ignored'],
  ])('%s is warned of: %s', async (name, advice) => {
    expect(await warningsOf({ [name]: 'whatever' })).toEqual([
      `${name} is set, but there is no such setting: ${advice}`,
    ]);
  });

  test.each([
    'COINBASE_FEED',
    'MANAGER_TLS_CA',
    'MONGODB_SERVICE_HOST',
    'MONGODB_PORT_27017_TCP',
    'MONGODB_PORT',
    'HOME',
  ])('%s is ours, of the CLI or of somebody else', async (name) => {
    const value = name === 'COINBASE_FEED' ? 'auto' : 'x';
    expect(await warningsOf({ [name]: value, BINANCE_SECRET: '' })).toEqual([]);
  });
});
