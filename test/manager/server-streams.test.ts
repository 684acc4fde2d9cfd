/** The manager port's streams: backpressure, cancellation, limits, watches. */

import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { ArchiveUnavailableError, ConflictError } from '../../logger/errors.ts';
import { until } from '../support/until.ts';
import { securityStatus } from './fake-control.ts';
import { GAP } from './fake-reader.ts';
import { open } from './opened.ts';

const SECURITY = 'binance:BTCUSDT';

describe('streams', () => {
  test('a client that reads nothing costs a few parts, and loses its stream', async () => {
    const [port, client] = await open({ limits: { partTimeoutMs: 300 } });
    let made = 0;
    port.reader.lines = function* endless() {
      for (;;) {
        made++;
        yield { text: 'x'.repeat(1000) };
      }
    };
    const call = client.stream('Export', { security: SECURITY, type: 'TYPE_TRADES' });
    const parts = call[Symbol.asyncIterator]();
    await parts.next();
    await until('the server to give up', () => port.reader.linesLeft === 1);
    // What was made has gone into the buffers of both ends, and no further: 8 MB at the most.
    expect(made).toBeLessThan(8 * 1024);
    const rest = async (): Promise<void> => {
      while ((await parts.next()).done !== true) made--;
    };
    await expect(rest()).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect((await client.unary('Ping', {})).code).toBe(0);
  });

  test('the work ends when the client leaves', async () => {
    const [port, client] = await open();
    port.reader.lines = function* endless() {
      for (;;) yield { text: 'x'.repeat(1000) };
    };
    const call = client.stream('Export', { security: SECURITY, type: 'TYPE_TRADES' });
    call.on('error', () => undefined);
    await new Promise<void>((resolve) => call.once('data', () => resolve()));
    call.cancel();
    await until('the reading to end', () => port.reader.linesLeft === 1);
  });

  test('a check whose client leaves is aborted', async () => {
    const [port, client] = await open();
    let isAborted = false;
    port.reader.whileVerifying = ({ signal, onProgress }) =>
      new Promise((_, reject) => {
        onProgress?.({ security: SECURITY, records: 5, problems: 0, total: 9 });
        signal?.addEventListener('abort', () => {
          isAborted = true;
          reject(new ConflictError('aborted'));
        });
      });
    const call = client.stream('Verify', {});
    call.on('error', () => undefined);
    const part = await new Promise<any>((resolve) => call.once('data', resolve));
    const progress = { security: SECURITY, records: '5', problems: '0', total: '9' };
    expect(part.progress).toMatchObject(progress);
    call.cancel();
    await until('the check to hear of it', () => isAborted);
    expect(port.log.at('error')).toEqual([]);
  });

  test('a check that fails by itself ends with its own error', async () => {
    const [port, client] = await open();
    port.reader.whileVerifying = async () => {
      throw new ArchiveUnavailableError('the disk is gone');
    };
    const { error } = await client.collect('Verify', {});
    expect(error?.details).toBe('the disk is gone');
  });

  test('no more than the limit are open at once, and slots are released', async () => {
    const [port, client] = await open({ limits: { maxStreams: 2 } });
    const watches = [client.stream('Watch', {}), client.stream('Watch', {})];
    for (const watch of watches) watch.on('error', () => undefined).resume();
    await until('two watches', () => port.control.listeners === 2);
    const third = await client.collect('Book', { security: SECURITY });
    expect(third.error?.code).toBe(status.RESOURCE_EXHAUSTED);
    watches[0]?.cancel();
    await until('a place', () => port.control.listeners === 1);
    expect((await client.collect('Book', { security: SECURITY })).error).toBeUndefined();
  });

  test('an export comes in parts of whole lines, with gaps between them', async () => {
    const [port, client] = await open({ limits: { maxExportPartBytes: 100 } });
    port.reader.lines = () => [
      { text: 'a'.repeat(60) },
      { text: 'b'.repeat(60) },
      { gap: { ...GAP, missing: 'tradeId' } },
      { text: 'c'.repeat(250) },
      { text: 'd' },
    ];
    const { parts } = await client.collect('Export', { security: SECURITY, type: 'TYPE_TRADES' });
    const shapes = parts.map((part) => (part.gap ? part.gap.missing : part.lines.length));
    expect(shapes).toEqual([61, 61, 'MISSING_KIND_TRADE_ID', 100, 100, 53]);
  });
});

describe('watch', () => {
  test('begins with all securities, then reports changes and removals', async () => {
    const [port, client] = await open({
      securities: [SECURITY, 'binance:ETHUSDT'],
      limits: { watchIntervalMs: 5, watchRefreshMs: 3_600_000 },
    });
    const parts: any[] = [];
    const call = client.stream('Watch', {});
    call.on('data', (part) => parts.push(part)).on('error', () => undefined);
    await until('the first part', () => parts.length === 1);
    expect(parts[0].securities).toHaveLength(2);
    port.control.change(SECURITY, { bestBid: '1' });
    await until('the change', () => parts.length === 2);
    expect(parts[1].securities).toMatchObject([{ security: SECURITY, bestBid: '1' }]);
    await port.control.remove([SECURITY]);
    await until('the removal', () => parts.length === 3);
    expect(parts[2]).toMatchObject({ securities: [], removed: [SECURITY] });
    port.control.recorded.set('binance:NEW', securityStatus('binance:NEW'));
    port.control.change('binance:NEW');
    await until('the new one', () => parts.length === 4);
    call.cancel();
    await until('nobody listens', () => port.control.listeners === 0);
  });

  test('of named securities does not report others', async () => {
    const [port, client] = await open({
      securities: [SECURITY, 'binance:ETHUSDT'],
      limits: { watchIntervalMs: 5, watchRefreshMs: 3_600_000 },
    });
    const parts: any[] = [];
    const call = client.stream('Watch', { securities: ['binance:btcusdt'] });
    call.on('data', (part) => parts.push(part)).on('error', () => undefined);
    await until('the first part', () => parts.length === 1);
    port.control.change('binance:ETHUSDT');
    port.control.change(SECURITY);
    await until('the change', () => parts.length === 2);
    const named = parts.flatMap((part) => part.securities.map((row: any) => row.security));
    expect(new Set(named)).toEqual(new Set([SECURITY]));
    call.cancel();
  });

  test('of one that is not recorded is NOT_FOUND', async () => {
    const [, client] = await open();
    const { error } = await client.collect('Watch', { securities: ['binance:NEVER'] });
    expect(error?.code).toBe(status.NOT_FOUND);
  });

  test('a thousand changes between two parts are one state', async () => {
    const [port, client] = await open({
      limits: { watchIntervalMs: 20, watchRefreshMs: 3_600_000 },
    });
    const parts: any[] = [];
    const call = client.stream('Watch', {});
    call.on('data', (part) => parts.push(part)).on('error', () => undefined);
    await until('the first part', () => parts.length === 1);
    for (let i = 1; i <= 1000; i++) port.control.change(SECURITY, { bestBid: String(i) });
    await until('the change', () => parts.length === 2);
    expect(parts[1].securities).toHaveLength(1);
    expect(parts[1].securities[0].bestBid).toBe('1000');
    call.cancel();
  });
});
