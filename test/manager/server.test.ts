import { createServer } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import {
  ArchiveUnavailableError,
  ConflictError,
  InvalidArgumentError,
  InvariantError,
  LimitExceededError,
  LoggerError,
  RecordCorruptError,
} from '../../logger/errors.ts';
import { PartBuffer } from '../../logger/manager/archive-streams.ts';
import { STATUS_OF_CODE, failureOf, headerText } from '../../logger/manager/status-map.ts';
import { startManager } from '../../logger/manager/server.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { silentLog } from '../support/silent-log.ts';
import { until } from '../support/until.ts';
import { FakeControl, bookResult, securityStatus } from './fake-control.ts';
import { FakeReader, GAP, noBook } from './fake-reader.ts';
import {
  KEY,
  type Port,
  RawClient,
  bearer,
  printedDuring,
  startPort,
  accessWith,
} from './fixture.ts';

const SECURITY = 'binance:BTCUSDT';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(options: Parameters<typeof startPort>[0] = {}): Promise<[Port, RawClient]> {
  const port = await startPort(options);
  closers.push(() => port.close(0));
  const client = new RawClient(port.port);
  closers.push(() => client.close());
  return [port, client];
}

describe('statuses', () => {
  test('the table says what the manual says', () => {
    expect(STATUS_OF_CODE).toMatchObject({
      'invalid-argument': status.INVALID_ARGUMENT,
      'unknown-security': status.NOT_FOUND,
      'limit-exceeded': status.RESOURCE_EXHAUSTED,
    });
  });

  test('no error of ours passes for an unreachable logger', () => {
    const values = Object.values(STATUS_OF_CODE);
    expect(values).not.toContain(status.UNAVAILABLE);
    expect(values).not.toContain(status.DEADLINE_EXCEEDED);
    expect(values).not.toContain(status.OK);
  });

  const thrown: [Error, status, string | RegExp][] = [
    [new InvalidArgumentError('depth: no'), status.INVALID_ARGUMENT, 'depth: no'],
    [new ArchiveUnavailableError('gone'), status.FAILED_PRECONDITION, 'gone'],
    [new RecordCorruptError('bad sum'), status.DATA_LOSS, 'bad sum'],
    [new ConflictError('line\nline'), status.ABORTED, 'line line'],
    [new LimitExceededError('x'.repeat(5000)), status.RESOURCE_EXHAUSTED, /^x{1000}$/],
    [new ConflictError('lone \ud800 surrogate'), status.ABORTED, 'lone \ufffd surrogate'],
    [new TypeError('secret internals'), status.INTERNAL, /see the logger's log/],
  ];
  test.each(thrown)('%s', async (error, code, details) => {
    const [port, client] = await open();
    port.control.failure = error;
    const outcome = await client.unary('List', {});
    expect(outcome.code).toBe(code);
    if (typeof details === 'string') expect(outcome.details).toBe(details);
    else expect(outcome.details).toMatch(details);
    const isSurprise = !(error instanceof LoggerError);
    expect(port.log.at('error')).toHaveLength(isSurprise ? 1 : 0);
  });

  test('a broken promise of ours is told to the log', async () => {
    const [port, client] = await open();
    port.control.failure = new InvariantError('impossible');
    expect((await client.unary('List', {})).code).toBe(status.INTERNAL);
    expect(port.log.at('error')).toHaveLength(1);
  });

  test('a header never holds what it may not', () => {
    expect(headerText('a\r\nb\u0000c')).toBe('a b c');
    expect(() => encodeURI(headerText(`${'x'.repeat(999)}😀`))).not.toThrow();
    expect(failureOf(new ConflictError('ü')).details).toBe('ü');
  });
});

describe('requests', () => {
  const bad: [string, object][] = [
    ['Add', { securities: [] }],
    ['Add', { securities: ['BTCUSDT'] }],
    ['Add', { securities: ['binance:../x'] }],
    ['Add', { securities: [SECURITY, 'binance:\u0007'] }],
    ['Add', { securities: Array.from({ length: 1001 }, () => SECURITY) }],
    ['Remove', { securities: [''] }],
    ['Snapshot', { securities: ['all', SECURITY] }],
    ['Snapshot', {}],
    ['Reset', {}],
    ['Reset', { exchange: '../..' }],
    ['Coverage', {}],
    ['Coverage', { security: SECURITY, from: 'yesterday' }],
    ['Coverage', { security: SECURITY, from: '2000ms', to: '1000ms' }],
  ];
  test.each(bad)('%s %j is refused before anyone is asked', async (method, request) => {
    const [port, client] = await open();
    const outcome = await client.unary(method, request);
    expect(outcome.code).toBe(status.INVALID_ARGUMENT);
    expect(outcome.details).toMatch(/^(securit(y|ies)|exchange|from|to): /);
    expect(port.control.calls).toEqual([]);
  });

  const badStreams: [string, object][] = [
    ['Book', {}],
    ['Book', { security: SECURITY, depth: 0 }],
    ['Book', { security: SECURITY, at: '2026-02-31T00:00:00Z' }],
    ['Book', { security: SECURITY, sequence: '1e3' }],
    ['Book', { security: SECURITY, sequence: '-1' }],
    ['Book', { security: SECURITY, clock: 7 }],
    ['Book', { security: SECURITY, level: 'BOOK_LEVEL_L3' }],
    ['Verify', { security: 'x' }],
    ['Export', { security: SECURITY }],
    ['Export', { security: SECURITY, type: 'TYPE_TRADES', format: 9 }],
    ['Export', { security: SECURITY, type: 9 }],
    ['Export', { security: SECURITY, type: 'TYPE_SNAPSHOTS', every: 'often' }],
    ['Export', { security: SECURITY, type: 'TYPE_SNAPSHOTS', every: '25h' }],
    ['Export', { security: SECURITY, type: 'TYPE_SNAPSHOTS', depth: 20_000_000 }],
    ['Export', { security: SECURITY, type: 'TYPE_SNAPSHOTS', level: 'BOOK_LEVEL_L3' }],
    ['Export', { security: SECURITY, type: 'TYPE_TRADES', every: '1s' }],
    ['Export', { security: SECURITY, type: 'TYPE_ORDERS', format: 'FORMAT_TARDIS_CSV' }],
    ['Watch', { securities: ['x'] }],
  ];
  test.each(badStreams)('%s %j is refused', async (method, request) => {
    const [port, client] = await open();
    const { parts, error } = await client.collect(method, request);
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(parts).toEqual([]);
    expect(port.reader.questions).toEqual([]);
  });

  test('one over 64 KiB is refused', async () => {
    const [port, client] = await open();
    const outcome = await client.unary('Add', { securities: ['x'.repeat(70_000)] });
    expect(outcome.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(port.control.calls).toEqual([]);
  });

  test('an unknown method is UNIMPLEMENTED', async () => {
    const [port] = await open();
    const response = await fetchStatus(port.port, '/orderbook.manager.v1.Manager/Nope');
    expect(response).toBe(String(status.UNIMPLEMENTED));
  });
});

async function fetchStatus(port: number, path: string): Promise<unknown> {
  const { connect } = await import('node:http2');
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    authorization: `Bearer ${KEY}`,
  });
  stream.end();
  const headers = await new Promise<Record<string, unknown>>((resolve) =>
    stream.on('response', resolve),
  );
  session.close();
  return headers['grpc-status'];
}

describe('changing calls', () => {
  test('each leaves one line that says who did what and how it ended', async () => {
    const [port, client] = await open();
    await client.unary('Add', { securities: ['binance:ethusdt', 'binance:unknown'] });
    await client.unary('Remove', { securities: ['nonsense'] });
    await client.unary('Reset', { exchange: 'binance' });
    await client.unary('List', {});
    const lines = port.log.at('notice');
    expect(lines.map((line) => line.message)).toEqual([
      'Manager call add',
      'Manager call remove',
      'Manager call reset',
    ]);
    expect(lines[0]?.fields).toMatchObject({
      securities: 'binance:ethusdt,binance:unknown',
      outcome: 'not ok: binance:UNKNOWN',
    });
    expect(lines[0]?.fields['peer']).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(lines[1]?.fields['outcome']).toMatch(/^failed: security: "nonsense"/);
    expect(lines[2]?.fields).toMatchObject({ securities: 'binance', outcome: 'ok' });
  });

  test('add with wait answers shortly before the deadline with how far it got', async () => {
    const [port, client] = await open();
    port.control.proven = new Promise(() => undefined);
    const request = { securities: [SECURITY], wait: true };
    const outcome = await client.unary('Add', request, bearer(), 1000);
    expect(outcome.code).toBe(0);
    expect(outcome.response.results).toMatchObject([
      { security: SECURITY, ok: false, state: 'RECORDING_STATE_SYNCING' },
    ]);
  });

  test('terminate answers first', async () => {
    const [port, client] = await open();
    expect((await client.unary('Terminate', {})).code).toBe(0);
    await until('the termination', () => port.control.terminations === 1);
  });
});

describe('book', () => {
  test('the book now is the recorder, a past one the reader after a flush', async () => {
    const [port, client] = await open();
    await client.collect('Book', { security: 'binance:btcusdt', depth: 2 });
    expect(port.control.calls).toEqual([{ method: 'bookNow', args: [SECURITY, 2] }]);
    await client.collect('Book', {
      security: SECURITY,
      at: '1000ms',
      clock: 'BOOK_CLOCK_EXCHANGE',
    });
    await client.collect('Book', { security: SECURITY, sequence: '42' });
    expect(port.reader.questions).toMatchObject([
      { security: SECURITY, position: { clock: 'exchange', us: 1_000_000 } },
      { security: SECURITY, position: { sequence: 42 } },
    ]);
    expect(port.control.flushes).toBe(2);
  });

  test('the past can be asked while nothing can be written', async () => {
    const [port, client] = await open();
    port.control.flushFailure = new ArchiveUnavailableError('no space');
    const { error, parts } = await client.collect('Book', { security: SECURITY, at: '1000ms' });
    expect(error).toBeUndefined();
    expect(parts.length).toBeGreaterThan(1);
    expect(port.log.at('warning')).toHaveLength(1);
  });

  test('200,000 levels a side arrive whole, in order, in parts of bounded size', async () => {
    const [port, client] = await open();
    const book = bookResult(SECURITY, 200_000);
    port.control.book = book;
    const { parts, error } = await client.collect('Book', { security: SECURITY });
    expect(error).toBeUndefined();
    const [{ head }, ...rest] = parts;
    expect(head).toMatchObject({ bidCount: 200_000, askCount: 200_000 });
    expect(Math.max(...rest.map((part) => part.levels.bids.length))).toBe(1000);
    const bids = rest.flatMap((part) => part.levels.bids.map((level: any) => level.price));
    const asks = rest.flatMap((part) => part.levels.asks.map((level: any) => level.price));
    expect(bids).toEqual(book.bids.map(([price]) => price));
    expect(asks).toEqual(book.asks.map(([price]) => price));
  });

  test('where there is none the status is OUT_OF_RANGE and carries the gap', async () => {
    const [port, client] = await open();
    port.control.book = noBook(SECURITY);
    const { parts, error } = await client.collect('Book', { security: SECURITY });
    expect(parts).toEqual([]);
    expect(error?.code).toBe(status.OUT_OF_RANGE);
    expect(error?.details).toContain(GAP.from);
    expect(error?.metadata.get('no-book-bin')).toHaveLength(1);
  });

  test('a security that is no longer recorded is a gap, one nobody heard of is NOT_FOUND', async () => {
    const [port, client] = await open();
    port.reader.book = noBook('binance:OLD');
    const gone = await client.collect('Book', { security: 'binance:OLD' });
    expect(gone.error?.code).toBe(status.OUT_OF_RANGE);
    port.reader.known = () => false;
    const unknown = await client.collect('Book', { security: 'binance:NEVER' });
    expect(unknown.error?.code).toBe(status.NOT_FOUND);
  });
});

describe('streams', () => {
  test('a reader that takes nothing costs a few parts, and loses its stream', async () => {
    const [port, client] = await open({ limits: { readerPatienceMs: 300 } });
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

  test('a client that leaves ends the work', async () => {
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

  test('no more than the limit are open at once, and places come back', async () => {
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
    const [port, client] = await open({ limits: { exportPartBytes: 100 } });
    port.reader.lines = () => [
      { text: 'a'.repeat(60) },
      { text: 'b'.repeat(60) },
      { gap: { ...GAP, missing: 'tradeId' } },
      { text: 'c'.repeat(250) },
      { text: 'd' },
    ];
    const { parts } = await client.collect('Export', { security: SECURITY, type: 'TYPE_TRADES' });
    const shapes = parts.map((part) => (part.gap ? part.gap.missing : part.lines.length));
    expect(shapes).toEqual([61, 61, 'MISSING_KIND_TRADE_ID', 100, 100, 51, 2]);
  });
});

describe('PartBuffer', () => {
  test('joined, its parts are the lines, whatever their lengths', () => {
    for (const max of [1, 2, 7, 64]) {
      const buffer = new PartBuffer(max);
      const lines = Array.from({ length: 50 }, (_, i) => 'é'.repeat((i * 7) % 23));
      const parts = [...lines.flatMap((line) => buffer.add(line)), ...buffer.flush()];
      expect(Buffer.concat(parts).toString()).toBe(lines.map((line) => `${line}\n`).join(''));
      expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(max);
      expect(parts.every((part) => part.length > 0)).toBe(true);
    }
  });
});

describe('watch', () => {
  test('begins with everything, tells changes, and what is removed', async () => {
    const [port, client] = await open({
      securities: [SECURITY, 'binance:ETHUSDT'],
      limits: { watchPaceMs: 5, watchRefreshMs: 3_600_000 },
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

  test('of named securities tells nothing of the others', async () => {
    const [port, client] = await open({
      securities: [SECURITY, 'binance:ETHUSDT'],
      limits: { watchPaceMs: 5, watchRefreshMs: 3_600_000 },
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
      limits: { watchPaceMs: 20, watchRefreshMs: 3_600_000 },
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

describe('the port', () => {
  test('one that is in use is one clear error and not a line of grpc-js', async () => {
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

  test('an address that is not ours names the variable', async () => {
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
    await until('both streams', () => port.reader.questions.length === 1);
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

  test('closing cuts what does not end within the grace', async () => {
    const [port, client] = await open();
    port.reader.whileVerifying = () => new Promise(() => undefined);
    const verify = client.collect('Verify', {});
    await until('the call', () => port.reader.questions.length === 1);
    await port.close(50);
    expect((await verify).error?.code).toBeGreaterThan(0);
  });

  test('closing twice is closing once', async () => {
    const [port] = await open();
    await Promise.all([port.close(100), port.close(100)]);
  });
});
