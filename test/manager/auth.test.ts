import { connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { MANAGER_LIMITS } from '../../logger/manager/limits.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { KEY, RawClient, bearer, printedDuring } from './fixture.ts';
import { closers, open } from './opened.ts';

const TEXT = 'The manager key is missing or wrong';
function authorization(value: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', value);
  return metadata;
}

/** A call by hand: headers as they are, a body that no parser would take. */
function callByHand(port: number, headers: Record<string, string>, body: Buffer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/orderbook.manager.v1.Manager/List',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let grpcStatus: unknown;
    const note = (received: Record<string, unknown>): void => {
      grpcStatus ??= received['grpc-status'];
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', () => undefined);
    stream.on('close', () => {
      session.close();
      resolve(grpcStatus);
    });
    stream.resume();
    stream.end(body);
  });
}

/** A header in HPACK without any compression, which clients may use and Node's does not. */
function literal(name: string, value: string): Buffer {
  const text = (part: string): Buffer =>
    Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]);
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** One call of List, byte by byte: Node's own client rejects to send a header twice. */
function listWith(port: number, authorizations: readonly string[]): Socket {
  const headers: [string, string][] = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', '/orderbook.manager.v1.Manager/List'],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...authorizations.map((value): [string, string] => ['authorization', value]),
  ];
  const socket = connectTcp(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(4, 0, 0, Buffer.alloc(0)));
  socket.write(frame(1, 4, 1, Buffer.concat(headers.map((header) => literal(...header)))));
  socket.write(frame(0, 1, 1, Buffer.alloc(5)));
  return socket;
}

describe('the key', () => {
  const wrong: [string, Metadata][] = [
    ['no authorization', new Metadata()],
    ['a wrong key', bearer('wrong-key-of-many-characters')],
    ['an empty key', authorization('Bearer ')],
    ['the key without its scheme', authorization(KEY)],
    ['another scheme', authorization(`Basic ${KEY}`)],
    ['the scheme in another case', authorization(`bearer ${KEY}`)],
    ['the key twice in one value', authorization(`Bearer ${KEY}, Bearer ${KEY}`)],
    ['the key with something behind it', bearer(`${KEY} `)],
    ['the beginning of the key', bearer(KEY.slice(0, -1))],
    ['a key of 60 KB', bearer('k'.repeat(60 * 1024))],
  ];

  test.each(wrong)('%s is rejected with the same text', async (_name, metadata) => {
    const [port, client] = await open();
    const outcome = await client.unary('List', {}, metadata);
    expect(outcome.code).toBe(status.UNAUTHENTICATED);
    expect(outcome.details).toBe(TEXT);
    expect(port.control.calls).toEqual([]);
    expect((await client.unary('Ping', {})).code).toBe(0);
  });

  test('the right key is accepted, on unary and streamed calls', async () => {
    const [, client] = await open();
    expect((await client.unary('List', {})).code).toBe(0);
    const { error, parts } = await client.collect('Book', { security: 'binance:BTCUSDT' });
    expect(error).toBeUndefined();
    expect(parts.length).toBeGreaterThan(1);
  });

  test('streamed calls are rejected as well', async () => {
    const [, client] = await open();
    const call = client.stream('Watch', {}, bearer('nope'));
    const error = await new Promise<any>((resolve) => call.on('error', resolve).resume());
    expect(error.code).toBe(status.UNAUTHENTICATED);
  });

  test('the body of a call with a wrong key is never parsed', async () => {
    const [port] = await open();
    // A frame whose content is no protobuf: parsing it would end the call with INTERNAL (13).
    const garbage = Buffer.from([0, 0, 0, 0, 3, 0xff, 0xff, 0xff]);
    const refused = await callByHand(port.port, { authorization: 'Bearer wrong' }, garbage);
    expect(refused).toBe(String(status.UNAUTHENTICATED));
    const let_in = await callByHand(port.port, { authorization: `Bearer ${KEY}` }, garbage);
    expect(let_in).toBe(String(status.INTERNAL));
  });

  test('two authorization headers are rejected, even if both are right', async () => {
    const [port] = await open();
    listWith(port.port, [`Bearer ${KEY}`]);
    await until('the call with one header', () => port.control.calls.length === 1);
    listWith(port.port, [`Bearer ${KEY}`, `Bearer ${KEY}`]);
    await until('the refusal', () => port.log.at('warning').length === 1);
    expect(port.control.calls).toHaveLength(1);
  });

  test('a malformed header is rejected and printed nowhere', async () => {
    const [port] = await open();
    const headers = { authorization: `Bearer ${KEY}\u00e9` };
    const printed = await printedDuring(() => callByHand(port.port, headers, Buffer.alloc(5)));
    expect(printed).toEqual([]);
    expect(JSON.stringify(port.log.lines)).not.toContain(KEY);
  });

  test('no log line contains the key', async () => {
    const [port, client] = await open();
    await client.unary('List', {}, bearer(`${KEY}x`));
    await client.unary('Add', { securities: ['binance:BTCUSDT'] });
    await client.unary('Remove', { securities: ['nonsense'] });
    expect(port.log.lines.length).toBeGreaterThan(2);
    expect(JSON.stringify(port.log.lines)).not.toContain(KEY);
  });
});

describe('the throttle', () => {
  test('200 wrong keys are delayed and logged in one line, and a right key passes in between', async () => {
    const clock = new ManualClock();
    const [port, client] = await open({ clock });
    let refused = 0;
    const wrong = Array.from({ length: 200 }, async () => {
      const { code } = await client.unary('List', {}, bearer('wrong-key-of-many-characters'));
      expect(code).toBe(status.UNAUTHENTICATED);
      refused++;
    });
    await until('the first refusals', () => refused === 10);
    // The clock stands still: whoever is held back stays held back, and the right key does not.
    const other = new RawClient(port.port);
    closers.push(() => other.close());
    expect((await other.unary('List', {})).code).toBe(0);
    expect(refused).toBe(10);
    const startedMs = clock.monotonicMs();
    const everyone = Promise.all(wrong);
    await until('all refusals', () => {
      clock.advance(20);
      return refused === 200;
    });
    await everyone;
    expect(clock.monotonicMs() - startedMs).toBeGreaterThan(1000);
    expect(port.log.at('warning').length).toBeLessThanOrEqual(3);
  });

  test('headers longer than any key are rejected at once, unread, while other rejections are delayed', async () => {
    const throttle = { ...MANAGER_LIMITS.throttle, burst: 0, intervalMs: 5000 };
    const [port, client] = await open({ limits: { throttle } });
    const held = await client.unary('List', {}, bearer('wrong'), 500);
    expect(held.code).toBe(status.DEADLINE_EXCEEDED);
    const long = bearer();
    long.set('baggage', 'x'.repeat(8 * 1024));
    for (const metadata of [bearer('k'.repeat(60 * 1024)), long]) {
      const { code, details } = await client.unary('List', {}, metadata, 2000);
      expect({ code, details }).toEqual({ code: status.UNAUTHENTICATED, details: TEXT });
    }
    expect(port.control.calls).toEqual([]);
    long.set('baggage', 'x'.repeat(7 * 1024));
    expect((await client.unary('List', {}, long)).code).toBe(0);
  });

  test('the delayed rejection of a client that leaves is cancelled', async () => {
    const clock = new ManualClock();
    const [, client] = await open({ clock });
    for (let i = 0; i < 10; i++) await client.unary('List', {}, bearer('wrong'));
    const held = client.stream('Watch', {}, bearer('wrong'));
    held.on('error', () => undefined);
    // One timer is the report's, the other the refusal's.
    await until('the refusal to be held', () => clock.pendingTimers === 2);
    held.cancel();
    await until('its timer to go', () => clock.pendingTimers === 1);
  });
});

describe('connections', () => {
  test('a silent one is closed', async () => {
    const [port] = await open({ limits: { keepaliveMs: 50, keepaliveTimeoutMs: 50 } });
    const socket = connectTcp(port.port, '127.0.0.1');
    await new Promise((resolve) =>
      socket
        .on('error', () => undefined)
        .on('close', resolve)
        .resume(),
    );
  });

  test('an idle one is closed, one with a watch is not', async () => {
    const [port, client] = await open({ limits: { idleConnectionMs: 50 } });
    const session = connect(`http://127.0.0.1:${port.port}`);
    const watch = client.stream('Watch', {});
    const ended = new Promise<any>((resolve) => watch.on('error', resolve));
    await new Promise<void>((resolve) => watch.once('data', () => resolve()));
    await new Promise((resolve) => session.on('error', () => undefined).on('close', resolve));
    port.control.change('binance:BTCUSDT');
    await new Promise<void>((resolve) => watch.once('data', () => resolve()));
    watch.cancel();
    expect((await ended).code).toBe(status.CANCELLED);
  });

  test('beyond the limit the oldest unauthenticated one is dropped, authenticated ones stay', async () => {
    const [port, client] = await open({
      limits: { maxConnections: 2 },
    });
    expect((await client.unary('Ping', {})).code).toBe(0);
    const idle: Socket[] = [];
    closers.push(() => idle.forEach((socket) => socket.destroy()));
    let dropped = 0;
    for (let i = 0; i < 5; i++) {
      const socket = connectTcp(port.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('close', () => dropped++);
      idle.push(socket.resume());
    }
    await until('four of five to be dropped', () => dropped === 4);
    expect((await client.unary('Ping', {})).code).toBe(0);
    expect(port.log.at('warning')).toHaveLength(1);
  });

  test('a right key is accepted while unauthenticated clients hold all connections', async () => {
    const [port] = await open({ limits: { maxConnections: 3 } });
    const strangers = Array.from({ length: 3 }, () => connectTcp(port.port, '127.0.0.1'));
    closers.push(() => strangers.forEach((socket) => socket.destroy()));
    for (const socket of strangers) {
      socket.on('error', () => undefined).resume();
      await new Promise((resolve) => socket.once('data', resolve));
    }
    const client = new RawClient(port.port);
    closers.push(() => client.close());
    expect((await client.unary('Ping', {})).code).toBe(0);
  });

  test('if all are authenticated, the next one is dropped', async () => {
    const [port, client] = await open({ limits: { maxConnections: 1 } });
    expect((await client.unary('Ping', {})).code).toBe(0);
    const socket = connectTcp(port.port, '127.0.0.1');
    await new Promise((resolve) => socket.on('error', resolve).on('close', resolve).resume());
    expect((await client.unary('Ping', {})).code).toBe(0);
  });
});
