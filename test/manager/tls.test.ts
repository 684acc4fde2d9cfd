/** TLS and mutual TLS over real sockets, and keys and certificates replaced under open connections. */

import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../logger/errors.ts';
import type { ManagerAccess } from '../../logger/manager/gate/access.ts';
import { Authority, openssl } from '../support/certificates.ts';
import type { Pair } from '../support/certificates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { KEY, RawClient, accessWith, bearer, startPort } from './fixture.ts';
import type { Port } from './fixture.ts';
import { needs } from '../support/requirements.ts';

const NEXT_KEY = 'the-next-key-of-this-very-port';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(options: Parameters<typeof startPort>[0]): Promise<Port> {
  const port = await startPort(options);
  closers.push(() => port.close(0));
  return port;
}

function clientOf(port: Port, ca?: Buffer, own?: Pair): RawClient {
  const channel = ca && credentials.createSsl(ca, own?.key ?? null, own?.cert ?? null);
  const client = new RawClient(port.port, channel);
  closers.push(() => client.close());
  return client;
}

describe('TLS', needs(openssl), () => {
  let authority: Authority;
  let stranger: Authority;
  let server: Pair;
  let renewed: Pair;

  beforeAll(() => {
    authority = new Authority('test authority');
    stranger = new Authority('another authority');
    server = authority.issue('server', { names: 'IP:127.0.0.1' });
    renewed = stranger.issue('server', { names: 'IP:127.0.0.1' });
  });

  afterAll(() => {
    authority.remove();
    stranger.remove();
  });

  const accessOf = (pair: Pair, clientCa: Buffer | null = null): ManagerAccess => ({
    ...accessWith(KEY),
    tls: { cert: pair.cert, key: pair.key, clientCa },
  });

  test('calls and streams work over it, and still need the key', async () => {
    const port = await open({ access: accessOf(server) });
    const client = clientOf(port, authority.ca);
    expect((await client.unary('List', {})).code).toBe(0);
    const { parts } = await client.collect('Book', { security: 'binance:BTCUSDT' });
    expect(parts.length).toBeGreaterThan(1);
    const refused = await client.unary('List', {}, bearer('wrong'));
    expect(refused.code).toBe(status.UNAUTHENTICATED);
  });

  test('a client that trusts another authority does not connect', async () => {
    const port = await open({ access: accessOf(server) });
    const outcome = await clientOf(port, stranger.ca).unary('List', {});
    expect(outcome.code).toBe(status.UNAVAILABLE);
    expect(port.control.calls).toEqual([]);
  });

  test('a plaintext client is rejected and logged', async () => {
    const port = await open({ access: accessOf(server) });
    const outcome = await clientOf(port).unary('List', {});
    expect(outcome.code).toBe(status.UNAVAILABLE);
    expect(port.control.calls).toEqual([]);
    expect(port.log.at('warning')[0]?.message).toMatch(/TLS handshake/);
  });

  test.each([
    ['expired', { days: -1, names: 'IP:127.0.0.1' }],
    ['of another name', { names: 'DNS:elsewhere.test' }],
  ])('a certificate that is %s is rejected by the client', async (name, options) => {
    const port = await open({
      access: accessOf(authority.issue(name.replaceAll(' ', '-'), options)),
    });
    const outcome = await clientOf(port, authority.ca).unary('List', {});
    expect(outcome.code).toBe(status.UNAVAILABLE);
  });

  test('old versions of TLS, and other protocols over it, are rejected', async () => {
    const port = await open({ access: accessOf(server) });
    const handshake = (options: ConnectionOptions): Promise<string> =>
      new Promise((resolve) => {
        const base = { port: port.port, host: '127.0.0.1', ca: authority.ca };
        const socket: TLSSocket = connectTls({ ...base, ...options }, () => {
          resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`);
          socket.destroy();
        });
        socket.on('error', (error) => resolve(error.message));
      });
    expect(await handshake({ ALPNProtocols: ['h2'] })).toBe('TLSv1.3 h2');
    expect(await handshake({ ALPNProtocols: ['http/1.1'] })).toMatch(/alert/);
    expect(await handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).not.toMatch(/^TLSv/);
  });

  test('a handshake that never starts times out', async () => {
    const port = await open({ access: accessOf(server), limits: { tlsHandshakeMs: 50 } });
    const socket: Socket = connectTcp(port.port, '127.0.0.1');
    await new Promise((resolve) => socket.on('error', resolve).on('close', resolve).resume());
    expect(port.log.at('warning')[0]?.message).toMatch(/TLS handshake/);
  });

  test('closing does not wait for a handshake that never starts', async () => {
    const port = await open({ access: accessOf(server), clock: new ManualClock() });
    const client = clientOf(port, authority.ca);
    const socket: Socket = connectTcp(port.port, '127.0.0.1');
    const dropped = new Promise((resolve) => socket.on('close', resolve).resume());
    // Accepted after the other one.
    expect((await client.unary('List', {})).code).toBe(0);
    await port.close(60_000);
    await dropped;
  });

  test('wrong keys are delayed, on any connection, and a right one is not', async () => {
    // The clock stands still: what is held back stays held back.
    const clock = new ManualClock();
    const port = await open({ access: accessOf(server), clock });
    const client = clientOf(port, authority.ca);
    const attackers = Array.from({ length: 5 }, () => clientOf(port, authority.ca));
    let refused = 0;
    const wrong = [client, ...attackers].flatMap((each) =>
      Array.from({ length: 10 }, async () => {
        await each.unary('List', {}, bearer('wrong-key-of-many-characters'));
        refused++;
      }),
    );
    await until('the first refusals', () => refused === 10);
    expect((await client.unary('List', {})).code).toBe(0);
    expect((await clientOf(port, authority.ca).unary('List', {})).code).toBe(0);
    expect(refused).toBe(10);
    expect(port.control.calls).toHaveLength(2);
    const all = Promise.all(wrong);
    await until('the others', () => {
      clock.advance(20);
      return refused === 60;
    });
    await all;
    expect(port.log.at('warning').length).toBeLessThanOrEqual(2);
  });

  test('closed connections release their places', async () => {
    const port = await open({ access: accessOf(server), limits: { maxConnections: 1 } });
    for (let i = 0; i < 5; i++) {
      // Its predecessor's place may take a moment to come back.
      await until('a place', async () => {
        const client = clientOf(port, authority.ca);
        const { code } = await client.unary('List', {});
        client.close();
        return code === 0;
      });
    }
  });

  test('1000 failed handshakes log one line', async () => {
    const port = await open({ access: accessOf(server) });
    for (let i = 0; i < 20; i++) {
      const sockets = Array.from({ length: 50 }, () => connectTcp(port.port, '127.0.0.1'));
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise((resolve) => {
              socket.on('error', resolve).on('close', resolve).resume();
              socket.end('not a handshake');
            }),
        ),
      );
    }
    expect(port.log.at('warning')).toHaveLength(1);
    expect((await clientOf(port, authority.ca).unary('List', {})).code).toBe(0);
  });

  describe('mutual', () => {
    test('only a client with a certificate of the right authority is accepted', async () => {
      const port = await open({ access: accessOf(server, authority.ca) });
      const right = clientOf(port, authority.ca, authority.issue('operator'));
      expect((await right.unary('List', {})).code).toBe(0);
      expect((await right.unary('List', {}, bearer('wrong'))).code).toBe(status.UNAUTHENTICATED);
      const calls = port.control.calls.length;
      for (const own of [
        undefined,
        stranger.issue('operator'),
        authority.issue('operator', { days: -1 }),
      ]) {
        const outcome = await clientOf(port, authority.ca, own).unary('List', {});
        expect(outcome.code).toBe(status.UNAVAILABLE);
      }
      expect(port.control.calls).toHaveLength(calls);
    });

    test('the log line of a change names the certificate', async () => {
      const port = await open({ access: accessOf(server, authority.ca) });
      const client = clientOf(port, authority.ca, authority.issue('night-shift'));
      await client.unary('Remove', { securities: ['binance:BTCUSDT'] });
      expect(port.log.at('notice')[0]).toMatchObject({
        message: 'Manager call remove',
        fields: { securities: 'binance:BTCUSDT', certificate: 'night-shift', outcome: 'ok' },
      });
    });
  });

  test('new connections use a new certificate, and open ones continue', async () => {
    let access = accessOf(server, authority.ca);
    const port = await open({ access, readAccess: () => access });
    const before = clientOf(port, authority.ca, authority.issue('operator'));
    const watch = before.stream('Watch', {});
    watch.on('error', () => undefined);
    await new Promise<void>((resolve) => watch.once('data', () => resolve()));
    access = accessOf(renewed, stranger.ca);
    expect(port.reload()).toBe(true);
    expect((await before.unary('List', {})).code).toBe(0);
    port.control.change('binance:BTCUSDT');
    await new Promise<void>((resolve) => watch.once('data', () => resolve()));
    const old = clientOf(port, authority.ca, authority.issue('operator'));
    expect((await old.unary('List', {})).code).toBe(status.UNAVAILABLE);
    const after = clientOf(port, stranger.ca, stranger.issue('operator'));
    expect((await after.unary('List', {})).code).toBe(0);
    watch.cancel();
  });

  test('an unusable certificate leaves the old one and the old keys in use', async () => {
    const bad = { cert: Buffer.from('none'), key: Buffer.from('none'), clientCa: null };
    const port = await open({
      access: accessOf(server),
      readAccess: () => ({ ...accessWith(NEXT_KEY), tls: bad }),
    });
    expect(port.reload()).toBe(false);
    expect(port.log.at('error')).toHaveLength(1);
    const client = clientOf(port, authority.ca);
    expect((await client.unary('List', {})).code).toBe(0);
    expect((await client.unary('List', {}, bearer(NEXT_KEY))).code).toBe(status.UNAUTHENTICATED);
  });
});

describe('reloaded keys', () => {
  test('the next key is accepted beside the old one, and then alone, on open connections', async () => {
    let access = accessWith(KEY);
    const port = await open({ access, readAccess: () => access });
    const client = clientOf(port);
    const codes = async (): Promise<number[]> => [
      (await client.unary('Ping', {}, bearer(KEY))).code,
      (await client.unary('Ping', {}, bearer(NEXT_KEY))).code,
    ];
    expect(await codes()).toEqual([0, status.UNAUTHENTICATED]);
    access = accessWith(KEY, NEXT_KEY);
    expect(port.reload()).toBe(true);
    expect(await codes()).toEqual([0, 0]);
    access = accessWith(NEXT_KEY);
    expect(port.reload()).toBe(true);
    expect(await codes()).toEqual([status.UNAUTHENTICATED, 0]);
    expect(JSON.stringify(port.log.lines)).not.toContain(NEXT_KEY);
  });

  test('calls that were accepted with the old key continue', async () => {
    const port = await open({ readAccess: () => accessWith(NEXT_KEY) });
    const watch = clientOf(port).stream('Watch', {});
    watch.on('error', () => undefined).resume();
    await until('the watch', () => port.control.listeners === 1);
    expect(port.reload()).toBe(true);
    port.control.change('binance:BTCUSDT');
    await new Promise<void>((resolve) => watch.once('data', () => resolve()));
    watch.cancel();
  });

  test('a file that can not be read is logged, and the old keys stay', async () => {
    const port = await open({
      readAccess: () => {
        throw new ConfigError('MANAGER_AUTHKEY_FILE: gone');
      },
    });
    expect(port.reload()).toBe(false);
    expect(port.log.at('error')[0]?.fields['reason']).toBe('MANAGER_AUTHKEY_FILE: gone');
    expect((await clientOf(port).unary('Ping', {})).code).toBe(0);
  });
});
