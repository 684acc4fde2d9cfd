/**
 * The CLI in the environment of its logger, as in the container: the logger's own settings say where it
 * listens and which certificate it has. The health checks of the image and of Compose depend on it.
 */

import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readEndpoint } from '../../manager-cli/endpoint.ts';
import type { Io } from '../../manager-cli/io.ts';
import { Authority, openssl } from '../support/certificates.ts';
import type { Pair } from '../support/certificates.ts';
import { needs } from '../support/requirements.ts';
import type { Requirement } from '../support/requirements.ts';
import { KEY, accessWith, cli, expectError, startPort } from './fixture.ts';
import type { CliRun, Port } from './fixture.ts';

const ipv6: Requirement = {
  isMet: Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  ),
  reason: 'no IPv6',
};

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(options: Parameters<typeof startPort>[0] = {}): Promise<Port> {
  const port = await startPort(options);
  closers.push(() => port.close(0));
  return port;
}

/** The words after `orderbook-manager` in the image's health check. */
function healthCheck(): string[] {
  const words = /HEALTHCHECK.* CMD (\[.*\])/.exec(readFileSync('Dockerfile', 'utf8'))?.[1];
  const [program, ...args] = JSON.parse(words ?? '[]') as string[];
  expect(program).toBe('orderbook-manager');
  return args;
}

const check = (port: number, env: Record<string, string>): Promise<CliRun> =>
  cli(healthCheck(), { port, env });

test('the health check of Compose is that of the image', () => {
  const words = /test: \[CMD, orderbook-manager, (.*)\]/.exec(
    readFileSync('docker-compose.yml', 'utf8'),
  )?.[1];
  expect(words?.split(', ')).toEqual(healthCheck());
});

async function expectFound(given: string, host: string): Promise<void> {
  const { port } = await open({ host });
  const run = await check(port, { MANAGER_HOST: given });
  expect([run.code, run.stderr]).toEqual([0, '']);
}

test.each(['127.0.0.7', '0.0.0.0'])('a logger on %s is found', async (host) => {
  await expectFound(host, host);
});

describe('IPv6', needs(ipv6), () => {
  test.each(['::1', '[::1]', '::', '[::]'])('a logger on %s is found', async (host) => {
    await expectFound(host, '::1');
  });
});

test('an address that is named goes before the logger in the environment', async () => {
  const { port } = await open();
  const env = { MANAGER_HOST: '127.0.0.9', MANAGER_TLS_CERT: '/nonexistent' };
  expect((await cli(['ping', '--host', '127.0.0.1'], { port, env })).code).toBe(0);
  expect((await check(port, { ...env, LOGGER_SERVER_IP: '127.0.0.1' })).code).toBe(0);
});

test('plaintext to an address of its own, where the logger was allowed it', () => {
  const endpoint = (env: Record<string, string>): unknown =>
    readEndpoint({}, { env: { MANAGER_AUTHKEY: KEY, ...env } } as unknown as Io);
  const own = { MANAGER_HOST: '192.0.2.1', MANAGER_ALLOW_PLAINTEXT: 'true' };
  expect(endpoint(own)).toMatchObject({ host: '192.0.2.1', tls: undefined });
  expect(() => endpoint({ ...own, MANAGER_ALLOW_PLAINTEXT: 'false' })).toThrow(/in plaintext/);
  expect(() => endpoint({ ...own, LOGGER_SERVER_IP: '192.0.2.1' })).toThrow(/in plaintext/);
});

describe('TLS', needs(openssl), () => {
  let authority: Authority;
  let server: Pair;

  beforeAll(() => {
    authority = new Authority('test authority');
    server = authority.issue('server', { names: 'DNS:logger.test' });
  });

  afterAll(() => authority.remove());

  const secured = (clientCa: Buffer | null = null): Promise<Port> =>
    open({
      access: { ...accessWith(KEY), tls: { cert: server.cert, key: server.key, clientCa } },
    });

  const own = (): Record<string, string> => ({
    MANAGER_TLS_CERT: server.certFile,
    MANAGER_TLS_KEY: server.keyFile,
  });

  test('the own certificate is trusted, whoever signed it and whatever its names', async () => {
    const { port } = await secured();
    const run = await check(port, own());
    expect([run.code, run.stderr]).toEqual([0, '']);
    const onAll = await check(port, { ...own(), MANAGER_HOST: '0.0.0.0' });
    expect(onAll.code).toBe(0);
  });

  test('the key is sent to no other certificate of the same authority', async () => {
    const { port, control } = await secured();
    const other = authority.issue('other', { names: 'IP:127.0.0.1' });
    const env = { ...own(), MANAGER_TLS_CERT: other.certFile, MANAGER_TLS_KEY: other.keyFile };
    expectError(await check(port, env), 4, /No connection to 127\.0\.0\.1/);
    const ca = { ...own(), MANAGER_TLS_CERT: authority.caFile };
    expectError(await check(port, ca), 4, /another certificate than the one in MANAGER_TLS_CERT/);
    expect(control.calls).toEqual([]);
  });

  test('a logger that asks for client certificates is shown its own, or the one that is given', async () => {
    const { port, log } = await secured(authority.ca);
    const env = { ...own(), MANAGER_TLS_CLIENT_CA: authority.caFile };
    expect((await check(port, env)).code).toBe(0);
    const operator = authority.issue('operator');
    const given = {
      MANAGER_TLS_CLIENT_CERT: operator.certFile,
      MANAGER_TLS_CLIENT_KEY: operator.keyFile,
    };
    expect((await check(port, { ...env, ...given })).code).toBe(0);
    expect(log.at('warning')).toEqual([]);
  });

  test('an authority that is given is used as before', async () => {
    const { port } = await secured();
    const env = { ...own(), MANAGER_TLS_CA: authority.caFile };
    expectError(await check(port, env), 4, /certificate is for logger\.test/);
    expect((await check(port, { ...env, MANAGER_TLS_SERVER_NAME: 'logger.test' })).code).toBe(0);
  });
});
