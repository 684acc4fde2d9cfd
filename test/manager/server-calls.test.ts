/** The manager port's calls with one response, and books: statuses, validation, the audit log. */

import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  ArchiveUnavailableError,
  ConflictError,
  InvalidArgumentError,
  InvariantError,
  LimitExceededError,
  LoggerError,
  RecordCorruptError,
} from '../../logger/errors.ts';
import { loadDefinitions } from '../../logger/messages/definitions.ts';
import { STATUS_OF_CODE, failureOf, headerText } from '../../logger/manager/status-map.ts';
import { until } from '../support/until.ts';
import { bookResult } from './fake-control.ts';
import { GAP, noBook } from './fake-reader.ts';
import { KEY, bearer } from './fixture.ts';
import { open } from './opened.ts';

const SECURITY = 'binance:BTCUSDT';

describe('statuses', () => {
  test('the table is as documented', () => {
    expect(STATUS_OF_CODE).toMatchObject({
      'invalid-argument': status.INVALID_ARGUMENT,
      'unknown-security': status.NOT_FOUND,
      'limit-exceeded': status.RESOURCE_EXHAUSTED,
    });
  });

  test('no error looks like an unreachable logger', () => {
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

  test('a violated invariant is logged', async () => {
    const [port, client] = await open();
    port.control.failure = new InvariantError('impossible');
    expect((await client.unary('List', {})).code).toBe(status.INTERNAL);
    expect(port.log.at('error')).toHaveLength(1);
  });

  test('a header only contains characters that it may contain', () => {
    expect(headerText('a\r\nb\u0000c')).toBe('a b c');
    expect(() => encodeURI(headerText(`${'x'.repeat(999)}😀`))).not.toThrow();
    const { noBook: definition } = loadDefinitions();
    expect(failureOf(new ConflictError('ü'), definition).details).toBe('ü');
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
  test.each(bad)('%s %j is rejected before any work', async (method, request) => {
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
  test.each(badStreams)('%s %j is rejected', async (method, request) => {
    const [port, client] = await open();
    const { parts, error } = await client.collect(method, request);
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(parts).toEqual([]);
    expect(port.reader.queries).toEqual([]);
  });

  test('one over 64 KiB is rejected', async () => {
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
  test('each logs one line with its caller and its outcome', async () => {
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
      outcome: 'failed: binance:UNKNOWN',
    });
    expect(lines[0]?.fields['peer']).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(lines[1]?.fields['outcome']).toMatch(/^failed: security: "nonsense"/);
    expect(lines[2]?.fields).toMatchObject({ securities: 'binance', outcome: 'ok' });
  });

  test('add with wait responds shortly before the deadline with the states so far', async () => {
    const [port, client] = await open();
    port.control.proven = new Promise(() => undefined);
    const request = { securities: [SECURITY], wait: true };
    const outcome = await client.unary('Add', request, bearer(), 1000);
    expect(outcome.code).toBe(0);
    expect(outcome.response.results).toMatchObject([
      { security: SECURITY, ok: false, state: 'RECORDING_STATE_SYNCING' },
    ]);
  });

  test('terminate responds first', async () => {
    const [port, client] = await open();
    expect((await client.unary('Terminate', {})).code).toBe(0);
    await until('the termination', () => port.control.terminations === 1);
  });
});

describe('book', () => {
  test('the current book comes from the recorder, a past one from the reader after a flush', async () => {
    const [port, client] = await open();
    await client.collect('Book', { security: 'binance:btcusdt', depth: 2 });
    expect(port.control.calls).toEqual([{ method: 'bookNow', args: [SECURITY, 2] }]);
    await client.collect('Book', {
      security: SECURITY,
      at: '1000ms',
      clock: 'BOOK_CLOCK_EXCHANGE',
    });
    await client.collect('Book', { security: SECURITY, sequence: '42' });
    expect(port.reader.queries).toMatchObject([
      { security: SECURITY, position: { clock: 'exchange', us: 1_000_000 } },
      { security: SECURITY, position: { sequence: 42 } },
    ]);
    expect(port.control.flushes).toBe(2);
  });

  test('past books can be queried while nothing can be written', async () => {
    const [port, client] = await open();
    port.control.flushFailure = new ArchiveUnavailableError('no space');
    const { error, parts } = await client.collect('Book', { security: SECURITY, at: '1000ms' });
    expect(error).toBeUndefined();
    expect(parts.length).toBeGreaterThan(1);
    expect(port.log.at('warning')).toHaveLength(1);
  });

  test('200,000 levels per side arrive complete, in order, in parts of bounded size', async () => {
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

  test('without a book the status is OUT_OF_RANGE and carries the gap', async () => {
    const [port, client] = await open();
    port.control.book = noBook(SECURITY);
    const { parts, error } = await client.collect('Book', { security: SECURITY });
    expect(parts).toEqual([]);
    expect(error?.code).toBe(status.OUT_OF_RANGE);
    expect(error?.details).toContain(GAP.from);
    expect(error?.metadata.get('no-book-bin')).toHaveLength(1);
  });

  test('a security that is no longer recorded is a gap, an unknown one is NOT_FOUND', async () => {
    const [port, client] = await open();
    port.reader.book = noBook('binance:OLD');
    const gone = await client.collect('Book', { security: 'binance:OLD' });
    expect(gone.error?.code).toBe(status.OUT_OF_RANGE);
    port.reader.known = () => false;
    const unknown = await client.collect('Book', { security: 'binance:NEVER' });
    expect(unknown.error?.code).toBe(status.NOT_FOUND);
  });
});
