import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../logger/config/load.ts';
import { proxyFor, shownProxy } from '../../../logger/service/proxy.ts';

const BOTH = { https: 'http://secure:1/', http: 'http://plain:2/', except: [] };

describe('the proxy for an address', () => {
  test.each([
    ['wss://stream.binance.com:9443', BOTH.https],
    ['https://api.binance.com', BOTH.https],
    ['ws://127.0.0.1:80', BOTH.http],
    ['http://localhost', BOTH.http],
    ['no address', null],
  ])('%s: %s', (url, expected) => {
    expect(proxyFor(url, BOTH)).toBe(expected);
  });

  test.each<[entry: string, url: string, isDirect: boolean]>([
    ['binance.com', 'wss://stream.binance.com:9443', true],
    ['.binance.com', 'wss://stream.binance.com:9443', true],
    ['*.Binance.com', 'wss://stream.binance.com:9443', true],
    ['binance.com:9443', 'wss://stream.binance.com:9443', true],
    ['binance.com:443', 'wss://stream.binance.com:9443', false],
    ['binance.com:443', 'https://api.binance.com', true],
    ['binance.com', 'https://notbinance.com', false],
    ['com.', 'https://api.binance.com', true],
    ['*', 'https://api.binance.com', true],
    ['127.0.0.1', 'ws://127.0.0.1:5000', true],
    ['127.0.0.1', 'ws://127.0.0.11:5000', false],
    ['::1', 'ws://[::1]:5000', true],
    ['[::1]:5000', 'ws://[::1]:5000', true],
    ['[::1]:5001', 'ws://[::1]:5000', false],
    ['', 'https://api.binance.com', false],
    ['.', 'https://api.binance.com', false],
  ])('NO_PROXY=%s, %s: direct %s', (entry, url, isDirect) => {
    expect(proxyFor(url, { ...BOTH, except: [entry] }) === null).toBe(isDirect);
  });

  test('is shown without user and password', () => {
    expect(shownProxy('http://user:secret@proxy.test:3128/')).toBe('http://proxy.test:3128');
  });
});

describe('settings', () => {
  test('are read in both cases, lower case first, with or without a scheme', async () => {
    const { proxies } = await loadConfig({
      HTTPS_PROXY: 'http://upper:1',
      https_proxy: 'http://user:pass@lower:2',
      HTTP_PROXY: 'plain.test:3128',
      no_proxy: 'localhost, .internal 10.0.0.1',
    });
    expect(proxies).toEqual({
      https: 'http://user:pass@lower:2/',
      http: 'http://plain.test:3128/',
      except: ['localhost', '.internal', '10.0.0.1'],
    });
  });

  test('none of them: none', async () => {
    expect((await loadConfig({})).proxies).toEqual({ https: null, http: null, except: [] });
  });

  test.each(['socks5://secret@proxy:1080', 'http://secret@proxy/path', 'http://', '::'])(
    '%s is rejected by name, without its value',
    async (value) => {
      const failed = loadConfig({ https_proxy: value });
      await expect(failed).rejects.toThrow(/^https_proxy is not valid: use an address like http:/);
      await expect(failed).rejects.not.toThrow(/secret/);
    },
  );

  test('what other programs go by is no typo', async () => {
    const { warnings } = await loadConfig({ FTP_PROXY: 'x', ALL_PROXY: 'y', NO_PROXXY: 'z' });
    expect(warnings).toEqual([expect.stringContaining('did you mean NO_PROXY?')]);
  });
});
