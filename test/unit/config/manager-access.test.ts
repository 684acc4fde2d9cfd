/** Who may open the manager port, with which key and which certificates: the whole matrix. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../logger/config/load.ts';
import { judgeBinding } from '../../../logger/config/manager-binding.ts';
import { ConfigError } from '../../../logger/errors.ts';
import { Authority, openssl } from '../../support/certificates.ts';
import type { Pair } from '../../support/certificates.ts';
import { needs } from '../../support/requirements.ts';

const LONG_KEY = 'k'.repeat(32);

async function rejection(environment: Record<string, string>): Promise<string> {
  const error: unknown = await loadConfig(environment).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  const { message } = error as ConfigError;
  expect(message).not.toMatch(/\n|PRIVATE/);
  return message;
}

describe('the start matrix', () => {
  const open = { isLoopback: false } as const;
  const loopback = { isLoopback: true } as const;
  test.each([
    [{ ...loopback, key: 'default', transport: 'plain' }, 'warn-default-key'],
    [{ ...loopback, key: 'default', transport: 'plain-allowed' }, 'warn-default-key'],
    [{ ...loopback, key: 'default', transport: 'tls' }, 'warn-default-key'],
    [{ ...loopback, key: 'default', transport: 'mutual-tls' }, 'warn-default-key'],
    [{ ...loopback, key: 'short', transport: 'plain' }, 'start'],
    [{ ...loopback, key: 'short', transport: 'plain-allowed' }, 'start'],
    [{ ...loopback, key: 'short', transport: 'tls' }, 'start'],
    [{ ...loopback, key: 'short', transport: 'mutual-tls' }, 'start'],
    [{ ...loopback, key: 'long', transport: 'plain' }, 'start'],
    [{ ...loopback, key: 'long', transport: 'plain-allowed' }, 'start'],
    [{ ...loopback, key: 'long', transport: 'tls' }, 'start'],
    [{ ...loopback, key: 'long', transport: 'mutual-tls' }, 'start'],
    [{ ...open, key: 'default', transport: 'plain' }, 'reject-weak-key'],
    [{ ...open, key: 'default', transport: 'plain-allowed' }, 'reject-weak-key'],
    [{ ...open, key: 'default', transport: 'tls' }, 'reject-weak-key'],
    [{ ...open, key: 'default', transport: 'mutual-tls' }, 'reject-weak-key'],
    [{ ...open, key: 'short', transport: 'plain' }, 'reject-weak-key'],
    [{ ...open, key: 'short', transport: 'plain-allowed' }, 'reject-weak-key'],
    [{ ...open, key: 'short', transport: 'tls' }, 'reject-weak-key'],
    [{ ...open, key: 'short', transport: 'mutual-tls' }, 'reject-weak-key'],
    [{ ...open, key: 'long', transport: 'plain' }, 'reject-plaintext'],
    [{ ...open, key: 'long', transport: 'plain-allowed' }, 'warn-plaintext'],
    [{ ...open, key: 'long', transport: 'tls' }, 'start'],
    [{ ...open, key: 'long', transport: 'mutual-tls' }, 'start'],
  ] as const)('%j: %s', (binding, verdict) => {
    expect(judgeBinding(binding)).toBe(verdict);
  });
});

describe('the next key', () => {
  let directory: string;
  let file: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'orderbook-config-'));
    file = join(directory, 'authkey');
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function write(name: string, text: string, mode = 0o600): void {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), mode);
  }

  test('is accepted beside the one in use, read again, and alone once it has its name', async () => {
    write('authkey', LONG_KEY);
    const config = await loadConfig({ MANAGER_AUTHKEY_FILE: file });
    expect(config.managerAccess).toEqual({ keys: [LONG_KEY], tls: null, warnings: [] });
    write('authkey.next', 'the-next-key-of-the-manager\n');
    expect(config.readManagerAccess().keys).toEqual([LONG_KEY, 'the-next-key-of-the-manager']);
    write('authkey', 'the-next-key-of-the-manager');
    rmSync(`${file}.next`);
    expect(config.readManagerAccess().keys).toEqual(['the-next-key-of-the-manager']);
    expect(config.managerAccess.keys).toEqual([LONG_KEY]);
  });

  test("comes from systemd's credentials as well", async () => {
    write('authkey', LONG_KEY);
    write('authkey.next', 'the-next-key-of-the-manager');
    const { managerAccess } = await loadConfig({ CREDENTIALS_DIRECTORY: directory });
    expect(managerAccess.keys).toEqual([LONG_KEY, 'the-next-key-of-the-manager']);
  });

  test('has to be as good as the first one, and a message never holds it', async () => {
    write('authkey', LONG_KEY);
    write('authkey.next', 'too-short');
    const message = await rejection({
      MANAGER_AUTHKEY_FILE: file,
      MANAGER_HOST: '0.0.0.0',
      MANAGER_ALLOW_PLAINTEXT: 'true',
    });
    expect(message).toMatch(/^MANAGER_AUTHKEY_FILE \(.*authkey\.next\) .*16 characters/);
    expect(message).not.toContain('too-short');
    write('authkey.next', '');
    expect(await rejection({ MANAGER_AUTHKEY_FILE: file })).toMatch(/one line/);
    rmSync(`${file}.next`);
  });

  test('a key file that everyone can read is warned of', async () => {
    write('authkey', LONG_KEY, 0o644);
    const warned = async () =>
      (await loadConfig({ MANAGER_AUTHKEY_FILE: file })).managerAccess.warnings;
    // Nobody else gets into a directory like this.
    chmodSync(dirname(file), 0o750);
    expect(await warned()).toEqual([]);
    chmodSync(dirname(file), 0o755);
    expect(await warned()).toEqual([expect.stringMatching(/^Everyone .*chmod 640/)]);
  });
});

describe('certificates', needs(openssl), () => {
  let authority: Authority;
  let server: Pair;

  beforeAll(() => {
    authority = new Authority('test authority');
    server = authority.issue('server', { names: 'IP:127.0.0.1' });
  });

  afterAll(() => authority.remove());

  const tls = (): Record<string, string> => ({
    MANAGER_TLS_CERT: server.certFile,
    MANAGER_TLS_KEY: server.keyFile,
  });

  test('let the port leave loopback, and are read as they are', async () => {
    const open = { ...tls(), MANAGER_HOST: '0.0.0.0', MANAGER_AUTHKEY: LONG_KEY };
    const { managerAccess } = await loadConfig(open);
    expect(managerAccess.tls).toEqual({ cert: server.cert, key: server.key, clientCa: null });
    expect(managerAccess.warnings).toEqual([]);
    const mutual = await loadConfig({ ...open, MANAGER_TLS_CLIENT_CA: authority.caFile });
    expect(mutual.managerAccess.tls?.clientCa).toEqual(authority.ca);
    expect(await rejection({ ...open, MANAGER_AUTHKEY: '' })).toMatch(/^MANAGER_AUTHKEY/);
  });

  test.each([
    ['MANAGER_TLS_KEY', /^MANAGER_TLS_KEY is missing: MANAGER_TLS_CERT is set/],
    ['MANAGER_TLS_CERT', /^MANAGER_TLS_CERT is missing: MANAGER_TLS_KEY is set/],
  ])('without %s the rest is rejected', async (missing, text) => {
    expect(await rejection({ ...tls(), [missing]: '' })).toMatch(text);
  });

  test('an authority of clients alone is rejected', async () => {
    const message = await rejection({ MANAGER_TLS_CLIENT_CA: authority.caFile });
    expect(message).toMatch(/^MANAGER_TLS_CERT is missing: MANAGER_TLS_CLIENT_CA is set/);
  });

  test.each(['MANAGER_TLS_CERT', 'MANAGER_TLS_KEY', 'MANAGER_TLS_CLIENT_CA'])(
    '%s that is not there, or something else, is rejected by name',
    async (name) => {
      expect(await rejection({ ...tls(), [name]: '/nonexistent.pem' })).toMatch(
        new RegExp(`^${name} "/nonexistent.pem" can't be read`),
      );
      expect(await rejection({ ...tls(), [name]: 'package.json' })).toMatch(
        new RegExp(`^${name} "package.json"`),
      );
    },
  );

  test('the key of another certificate is rejected', async () => {
    const other = authority.issue('other');
    const message = await rejection({ ...tls(), MANAGER_TLS_KEY: other.keyFile });
    expect(message).toMatch(/^MANAGER_TLS_KEY .* is not the key/);
    expect(message).not.toContain(readFileSync(other.keyFile, 'utf8').split('\n')[1]);
  });

  test('an expired certificate is warned of, a key that everyone can read too', async () => {
    const expired = authority.issue('expired', { days: -1 });
    chmodSync(expired.keyFile, 0o644);
    chmodSync(dirname(expired.keyFile), 0o755);
    const { managerAccess } = await loadConfig({
      MANAGER_AUTHKEY: LONG_KEY,
      MANAGER_TLS_CERT: expired.certFile,
      MANAGER_TLS_KEY: expired.keyFile,
    });
    expect(managerAccess.warnings).toEqual([
      expect.stringMatching(/^MANAGER_TLS_CERT: .* valid from .* only$/),
      expect.stringMatching(/^Everyone on this machine can read .*chmod 640/),
    ]);
  });
});
