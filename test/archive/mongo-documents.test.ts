/** Records to documents and back, without a database. */

import { expect, test } from 'vitest';
import { documentsOf, headerOf } from '../../logger/archive/mongodb/documents.ts';
import { RecordCorruptError } from '../../logger/errors.ts';
import { sampleBlock } from './sample-records.ts';

const FROM_US = 1_723_161_314_764_630;
const late = { fromUs: FROM_US, toUs: FROM_US + 850_001, cause: 'stall' } as const;
const range = { previousSequence: 100, lastSequence: 110 };
const flagged = sampleBlock({ ...range, badReceiveTimes: [late] });

function documentOf(record: typeof flagged): Record<string, unknown> {
  return documentsOf(record)[0]!;
}

test('receive-time defects are stored as dates for people, and exactly', () => {
  const { badReceiveTimes } = documentOf(flagged);
  expect(badReceiveTimes).toMatchObject([
    {
      from: new Date('2024-08-08T23:55:14.764Z'),
      to: new Date('2024-08-08T23:55:15.614Z'),
      cause: 'stall',
    },
  ]);
  const header = headerOf('block', documentOf(flagged));
  expect(JSON.stringify(header.badReceiveTimes)).toBe(JSON.stringify([late]));
  expect(header).toEqual(flagged.header);
});

test('a record without defects has no such field', () => {
  const plain = sampleBlock(range);
  expect(documentOf(plain)).not.toHaveProperty('badReceiveTimes');
  expect(headerOf('block', documentOf(plain))).not.toHaveProperty('badReceiveTimes');
});

test.each([
  ['no list', late],
  ['null', null],
  ['a list of nothing', [null]],
  ['no times', [{ cause: 'stall' }]],
  ['an unknown cause', [{ ...late, cause: 'moon' }]],
])('%s in their place: the document is damaged', (_what, badReceiveTimes) => {
  const document = { ...documentOf(flagged), badReceiveTimes };
  expect(() => headerOf('block', document)).toThrow(RecordCorruptError);
});

test('a record of a window says so, and comes back the same', () => {
  const windowed = sampleBlock({ ...range, windowed: true });
  expect(documentOf(windowed)).toMatchObject({ windowed: true });
  expect(headerOf('block', documentOf(windowed))).toEqual(windowed.header);
  expect(documentOf(sampleBlock(range))).not.toHaveProperty('windowed');
  const contract = {
    kind: 'linear',
    multiplier: '1000',
    underlyingPerPosition: '10000',
    underlying: 'XBT',
    quoteCurrency: 'USDT',
    settlementCurrency: null,
  } as const;
  const contracts = sampleBlock({ ...range, contract });
  expect(headerOf('block', documentOf(contracts))).toEqual(contracts.header);
});

test('bounds of best prices are plain decimals, and come back the same', () => {
  for (const tops of [{ maxBid: '61837.63', minAsk: '61837.64' }, null]) {
    const bounded = sampleBlock({ ...range, tops });
    expect(documentOf(bounded)['tops']).toEqual(tops);
    const header = headerOf('block', documentOf(bounded));
    expect(JSON.stringify(header.tops)).toBe(JSON.stringify(tops));
    expect(header).toEqual(bounded.header);
  }
  expect(documentOf(sampleBlock(range))).not.toHaveProperty('tops');
  expect(headerOf('block', documentOf(sampleBlock(range)))).not.toHaveProperty('tops');
});

test.each([1, 'none', [], {}, { maxBid: '1' }, { maxBid: '1e9', minAsk: '2' }])(
  '%j in their place: the document is damaged',
  (tops) => {
    const document = { ...documentOf(sampleBlock(range)), tops };
    expect(() => headerOf('block', document)).toThrow(RecordCorruptError);
  },
);
