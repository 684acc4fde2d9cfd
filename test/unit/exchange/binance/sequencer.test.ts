import { describe, expect, test } from 'vitest';
import { binanceRule } from '../../../../logger/exchange/binance/sequencer.ts';
import type { Bridge } from '../../../../logger/exchange/exchange.ts';
import type { Diff } from '../../../../logger/market/events.ts';

function diff(firstSequence: number, lastSequence: number): Diff {
  return {
    type: 'diff',
    firstSequence,
    lastSequence,
    exchangeTimeUs: 0,
    receiveTimeUs: 0,
    bids: [],
    asks: [],
  };
}

type Ranges = readonly (readonly [number, number])[];

describe('following a book for life', () => {
  const cases: [string, number, readonly [number, number], 'apply' | 'ignore' | 'gap'][] = [
    ['the next diff is applied', 100, [101, 105], 'apply'],
    ['the next single update is applied (where the old page restarts)', 100, [101, 101], 'apply'],
    ['an overlap is applied', 100, [99, 105], 'apply'],
    ['an overlap that begins at the book is applied', 100, [100, 101], 'apply'],
    ['the same diff again is ignored', 105, [101, 105], 'ignore'],
    ['an old diff is ignored', 105, [90, 95], 'ignore'],
    ['one missing update is a gap', 100, [102, 105], 'gap'],
    ['a thousand missing updates are a gap', 100, [1101, 1101], 'gap'],
    [
      'ids beyond 2^32 are compared exactly',
      50_093_239_189,
      [50_093_239_190, 50_093_239_190],
      'apply',
    ],
    [
      'the largest safe ids are compared exactly',
      9007199254740989,
      [9007199254740991, 9007199254740991],
      'gap',
    ],
    ['a first id of 0 is applied to an empty numbering', 0, [0, 1], 'apply'],
    ['the very first update follows sequence 0', 0, [1, 1], 'apply'],
  ];
  test.each(cases)('%s', (_name, last, [first, end], expected) => {
    expect(binanceRule.follow(last, diff(first, end))).toBe(expected);
  });
});

describe('joining a snapshot and the buffered diffs', () => {
  const cases: [string, number, Ranges, Bridge][] = [
    ['an empty buffer waits', 100, [], { kind: 'waiting' }],
    [
      'diffs that all end before the snapshot wait for one that spans it',
      100,
      [
        [90, 95],
        [96, 99],
      ],
      { kind: 'waiting' },
    ],
    ['a diff that ends at the snapshot does not span it', 100, [[96, 100]], { kind: 'waiting' }],
    ['a snapshot older than the buffer is too old', 100, [[102, 105]], { kind: 'too-old' }],
    [
      'a diff that spans the snapshot bridges',
      100,
      [
        [96, 99],
        [100, 103],
      ],
      { kind: 'bridged', from: 1 },
    ],
    ['a diff right after the snapshot bridges', 100, [[101, 103]], { kind: 'bridged', from: 0 }],
    [
      'after a diff that ends at the snapshot the next one bridges',
      100,
      [
        [96, 100],
        [101, 103],
      ],
      { kind: 'bridged', from: 1 },
    ],
    [
      'duplicates and overlaps after the bridge are no holes',
      100,
      [
        [99, 103],
        [99, 103],
        [102, 107],
        [108, 108],
      ],
      { kind: 'bridged', from: 0 },
    ],
    [
      'a hole before the snapshot is filled by it',
      100,
      [
        [80, 85],
        [90, 95],
        [96, 103],
      ],
      { kind: 'bridged', from: 2 },
    ],
    [
      'a hole that the spanning diff does not reach over forces a resync',
      100,
      [
        [90, 95],
        [102, 105],
      ],
      { kind: 'gap', from: 1 },
    ],
    [
      'a hole after the bridge forces a resync',
      100,
      [
        [99, 103],
        [105, 107],
        [108, 109],
      ],
      { kind: 'gap', from: 1 },
    ],
    [
      'of several holes the last one counts',
      100,
      [
        [99, 103],
        [105, 107],
        [109, 110],
        [111, 112],
      ],
      { kind: 'gap', from: 2 },
    ],
    [
      'of holes on both sides of the first unusable diff the last one counts',
      100,
      [
        [90, 95],
        [102, 105],
        [109, 110],
      ],
      { kind: 'gap', from: 2 },
    ],
    [
      'a reordered pair is a hole',
      100,
      [
        [99, 103],
        [106, 107],
        [104, 105],
      ],
      { kind: 'gap', from: 1 },
    ],
    ['an empty symbol without diffs waits', -1, [], { kind: 'waiting' }],
    ['an empty symbol is too old once a diff came', -1, [[1, 3]], { kind: 'too-old' }],
    ['no diff bridges an empty symbol, not even one from 0', -1, [[0, 3]], { kind: 'too-old' }],
    ['a snapshot at 0 is a point in the numbering', 0, [[1, 3]], { kind: 'bridged', from: 0 }],
  ];
  test.each(cases)('%s', (_name, snapshot, ranges, expected) => {
    const buffered = ranges.map(([first, last]) => diff(first, last));
    expect(binanceRule.bridge(snapshot, buffered)).toEqual(expected);
  });

  test('what a bridge returns can be followed to the end without a gap', () => {
    const buffered = [diff(90, 95), diff(99, 103), diff(99, 103), diff(102, 107), diff(108, 108)];
    const bridge = binanceRule.bridge(100, buffered);
    expect(bridge.kind).toBe('bridged');
    let last = 100;
    for (const each of buffered.slice(bridge.kind === 'bridged' ? bridge.from : 0)) {
      const verdict = binanceRule.follow(last, each);
      expect(verdict).not.toBe('gap');
      if (verdict === 'apply') last = each.lastSequence;
    }
    expect(last).toBe(108);
  });
});
