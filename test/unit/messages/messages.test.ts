/** Every mapping to messages and back gives what went in, also over the wire. */

import { describe, expect, test } from 'vitest';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import { loadDefinitions } from '../../../logger/messages/definitions.ts';
import {
  bookQuery,
  bookRequest,
  coverageQuery,
  coverageRequest,
  exportQuery,
  exportRequest,
} from '../../../logger/messages/requests.ts';
import {
  bookHeadMessage,
  bookLevelsMessage,
  bookResult,
  bookRows,
  coverageMessage,
  coverageResult,
  exportGap,
  exportGapMessage,
  exportPart,
  exportPartMessage,
  noBookMessage,
  noBookResult,
  verifyProgress,
  verifyProgressMessage,
} from '../../../logger/messages/results.ts';
import {
  commandMessage,
  commandResults,
  healthMessage,
  healthStatus,
} from '../../../logger/messages/statuses.ts';
import type { BookQuery, CoverageQuery, ExportQuery } from '../../../logger/queries/queries.ts';
import type { BookRow } from '../../../logger/queries/results.ts';
import type { CommandResult } from '../../../logger/status/control.ts';
import {
  FakeControl,
  bookResult as sampleBook,
  securityStatus,
} from '../../manager/fake-control.ts';
import { COVERAGE, GAP, noBook } from '../../manager/fake-reader.ts';

const { manager, noBook: noBookType } = loadDefinitions();
const SECURITY = 'binance:BTCUSDT';

/** A request as the server receives it. */
function received<Method extends 'Book' | 'Coverage' | 'Export'>(
  method: Method,
  request: Parameters<(typeof manager)[Method]['requestSerialize']>[0],
): ReturnType<(typeof manager)[Method]['requestDeserialize']> {
  const { requestSerialize, requestDeserialize } = manager[method];
  return requestDeserialize(requestSerialize(request)) as never;
}

/** A response, or part of one, as the client receives it. */
function answered<Method extends keyof typeof manager & string>(method: Method, response: object) {
  const { responseSerialize, responseDeserialize } = manager[method] as (typeof manager)['List'];
  return responseDeserialize(responseSerialize(response)) as unknown as ReturnType<
    (typeof manager)[Method]['responseDeserialize']
  >;
}

describe('queries', () => {
  const books: BookQuery[] = [
    { security: SECURITY },
    { security: SECURITY, position: { clock: 'exchange', us: 1_723_161_254_206_001 }, depth: 5 },
    { security: SECURITY, position: { sequence: 9_007_199_254_740_991 }, level: 'L2' },
  ];
  test.each(books)('book %j', (query) => {
    expect(bookQuery(received('Book', bookRequest(query)))).toEqual(query);
  });

  const ranges: CoverageQuery[] = [
    { security: SECURITY },
    { security: SECURITY, fromUs: 1, toUs: 1_723_161_254_206_001 },
  ];
  test.each(ranges)('coverage %j', (query) => {
    expect(coverageQuery(received('Coverage', coverageRequest(query)))).toEqual(query);
  });

  const exports_: ExportQuery[] = [
    { security: SECURITY, type: 'trades', format: 'jsonl' },
    { security: SECURITY, type: 'quotes', format: 'jsonl', hasScales: true },
    { security: SECURITY, type: 'orders', format: 'csv', clock: 'exchange', fromUs: 5, toUs: 6 },
    {
      security: SECURITY,
      type: 'snapshots',
      format: 'tardis-csv',
      clock: 'receive',
      everyUs: 86_400_000_000,
      depth: 25,
      level: 'L2',
    },
  ];
  test.each(exports_)('export %j', (query) => {
    expect(exportQuery(received('Export', exportRequest(query)))).toEqual(query);
  });

  test('an enum value of a newer client is rejected with its field', () => {
    const unknown = received('Book', { security: SECURITY, clock: 9 as never });
    expect(() => bookQuery(unknown)).toThrow(/^clock: 9 is not receive or exchange/);
    expect(() => bookQuery(unknown)).toThrow(InvalidArgumentError);
  });
});

describe('results', () => {
  test('a book', () => {
    const orders: BookRow[] = [['1.5', '2', 'an-id']];
    const totals: BookRow[] = [['1.6', '3', 4]];
    const book = { ...sampleBook(SECURITY), level: 'L3', bids: orders, asks: totals } as const;
    const { head } = answered('Book', { head: bookHeadMessage(book) });
    const bids = answered('Book', { levels: bookLevelsMessage('bids', book.bids) });
    const asks = answered('Book', { levels: bookLevelsMessage('asks', book.asks) });
    const back = bookResult(head!, bookRows(bids.levels!, 'bids'), bookRows(asks.levels!, 'asks'));
    expect(back).toEqual(book);
    expect(bookRows(bids.levels!, 'asks')).toEqual([]);
  });

  test('a book of levels, of an exchange without sequences', () => {
    const book = { ...sampleBook(SECURITY), sequence: null, proof: 'connection' } as const;
    const { head } = answered('Book', { head: bookHeadMessage(book) });
    expect(bookResult(head!, book.bids, book.asks)).toEqual(book);
  });

  test('a book of a window', () => {
    const book = { ...sampleBook(SECURITY), windowed: true } as const;
    const { head } = answered('Book', { head: bookHeadMessage(book) });
    expect(bookResult(head!, book.bids, book.asks)).toEqual(book);
  });

  test('no book', () => {
    for (const to of [GAP.to, null]) {
      const result = { ...noBook(SECURITY), gap: { from: GAP.from, to, cause: GAP.cause } };
      const bytes = noBookType.serialize(noBookMessage(result));
      expect(noBookResult(noBookType.deserialize(bytes))).toEqual(result);
    }
  });

  test('coverage', () => {
    const response = answered('Coverage', coverageMessage(COVERAGE));
    expect(coverageResult(response)).toEqual(COVERAGE);
  });

  test('a gap in an export', () => {
    for (const missing of ['sequence', 'tradeId'] as const) {
      const { gap } = answered('Export', { gap: exportGapMessage({ ...GAP, missing }) });
      expect(exportGap(gap!)).toEqual({ ...GAP, missing });
    }
  });

  test('the scale of an export', () => {
    const scale = { priceExponent: 2, sizeExponent: 0 };
    expect(exportPart(answered('Export', exportPartMessage({ scale })))).toEqual({ scale });
  });

  test('progress of a check', () => {
    for (const total of [12, null]) {
      const progress = { security: SECURITY, records: 5, problems: 1, total };
      const part = answered('Verify', { progress: verifyProgressMessage(progress) });
      expect(verifyProgress(part.progress!)).toEqual(progress);
    }
  });
});

describe('statuses', () => {
  test('health', async () => {
    const control = new FakeControl(SECURITY);
    control.recorded.set('binance:NEW', securityStatus('binance:NEW', { sequence: null }));
    const contract = {
      kind: 'inverse',
      multiplier: '-100000000',
      underlyingPerPosition: null,
      underlying: 'XBT',
      quoteCurrency: 'USD',
      settlementCurrency: 'XBt',
    } as const;
    control.recorded.set('bitmex:XBTUSD', securityStatus('bitmex:XBTUSD', { contract }));
    const health = await control.health();
    expect(healthStatus(answered('Health', healthMessage(health)))).toEqual(health);
  });

  test('results of commands', () => {
    const results: CommandResult[] = [
      { security: SECURITY, ok: true, state: 'removed', message: null },
      { security: 'binance:NEW', ok: false, state: null, message: 'Invalid symbol.' },
    ];
    expect(commandResults(answered('Add', commandMessage(results)))).toEqual(results);
  });

  test('a state that only a newer logger has is unknown', () => {
    const response = answered('Add', { results: [{ security: SECURITY, ok: true, state: 77 }] });
    expect(commandResults(response)[0]?.state).toBe('unknown');
  });

  test('a logger older than the self-check has compared nothing', () => {
    const health = healthStatus(answered('Health', {}));
    expect(health.selfCheck).toEqual({ images: 0, snapshots: 0, mismatches: 0 });
  });
});
