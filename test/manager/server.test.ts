/** The manager port itself: opening and closing. */

import { createServer } from 'node:net';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { ConflictError } from '../../logger/errors.ts';
import { startManager } from '../../logger/manager/server.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { silentLog } from '../support/silent-log.ts';
import { until } from '../support/until.ts';
import { FakeControl } from './fake-control.ts';
import { FakeReader } from './fake-reader.ts';
import { KEY, printedDuring, startPort, accessWith } from './fixture.ts';
import { closers, open } from './opened.ts';

describe('the port', () => {
  test('one that is in use is one clear error, without output of grpc-js', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => holder.close(resolve)));
    const address = holder.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    let error: unknown;
    const printed = await printedDuring(async () => {
      error = await startPort({ port }).catch((reason: unknown) => reason);
    });
    expect(error).toBeInstanceOf(ConflictError);
    expect(String(error)).toContain(`127.0.0.1:${port} is in use`);
    expect(String(error)).toContain('MANAGER_PORT');
    expect(printed).toEqual([]);
  });

  test('the error for a foreign address names the variable', async () => {
    const started = startManager({
      host: '192.0.2.1',
      port: 0,
      access: accessWith(KEY),
      readAccess: () => accessWith(KEY),
      control: new FakeControl(),
      reader: new FakeReader(),
      version: '1',
      clock: createSystemClock(),
      log: silentLog,
    });
    await expect(started).rejects.toThrow(/MANAGER_HOST/);
  });

  test('closing ends watches with UNAVAILABLE and lets other calls finish', async () => {
    const [port, client] = await open();
    const watch = client.stream('Watch', {});
    const watchEnded = new Promise<any>((resolve) => watch.on('error', resolve).resume());
    let finish: () => void = () => undefined;
    port.control.proven = new Promise((resolve) => (finish = resolve));
    port.reader.whileVerifying = () => port.control.proven;
    const verify = client.collect('Verify', {});
    await until('both streams', () => port.reader.queries.length === 1);
    await until('the watch', () => port.control.listeners === 1);
    const closed = port.close(10_000);
    expect((await watchEnded).code).toBe(status.UNAVAILABLE);
    finish();
    const { error, parts } = await verify;
    expect(error).toBeUndefined();
    expect(parts.at(-1).result.records).toBe('1234');
    client.close();
    await closed;
  });

  test('closing answers the calls that are under way', async () => {
    const [port, client] = await open();
    let finish: () => void = () => undefined;
    port.control.stored = new Promise((resolve) => (finish = resolve));
    const calls = ['Snapshot', 'Remove'].map((method) =>
      client.unary(method, { securities: ['binance:BTCUSDT'] }),
    );
    await until('both calls', () => port.control.calls.length === 2);
    const closed = port.close(10_000);
    finish();
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual([status.OK, status.OK]);
    await closed;
  });

  test('terminate is answered, even if the port closes in the same moment', async () => {
    const [port, client] = await open();
    let closed: Promise<void> | undefined;
    port.control.terminate = () => void (closed = port.close(10_000));
    expect((await client.unary('Terminate', {})).code).toBe(status.OK);
    await closed;
  });

  test('closing ends calls that do not finish within the grace', async () => {
    const [port, client] = await open();
    port.reader.whileVerifying = () => new Promise(() => undefined);
    const verify = client.collect('Verify', {});
    await until('the call', () => port.reader.queries.length === 1);
    await port.close(50);
    expect((await verify).error?.code).toBeGreaterThan(0);
  });

  test('closing twice is the same as once', async () => {
    const [port] = await open();
    await Promise.all([port.close(100), port.close(100)]);
  });
});
