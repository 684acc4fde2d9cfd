import { describe, expect, test } from 'vitest';
import { fullRule, windowedRule } from '../../../../logger/exchange/bybit/sequencer.ts';
import type { Bridge } from '../../../../logger/exchange/exchange.ts';
import type { UpdateHead } from '../../../../logger/market/events.ts';

function delta(u: number): UpdateHead {
  return { firstSequence: u, lastSequence: u, exchangeTimeUs: 0, receiveTimeUs: 0 };
}

describe('following a book for life', () => {
  test.each([
    ['the next delta is applied', 100, 101, 'apply'],
    ['a lower one is ignored', 100, 99, 'ignore'],
    ['its own, again, is ignored (the page only says lower)', 100, 100, 'ignore'],
    ['one missing delta is a gap', 100, 102, 'gap'],
    ['the largest safe ids are compared exactly', 9007199254740989, 9007199254740991, 'gap'],
  ])('%s', (_name, last, u, expected) => {
    expect(fullRule.follow(last, delta(u))).toBe(expected);
    expect(windowedRule.follow(last, delta(u))).toBe(expected);
  });
});

type Case = readonly [string, number, readonly number[], Bridge];

describe('joining the full book and the buffered deltas', () => {
  const cases: readonly Case[] = [
    ['an empty buffer waits', 100, [], { kind: 'waiting' }],
    ['deltas before the snapshot wait for its own', 100, [97, 98], { kind: 'waiting' }],
    ['its own delta is enough', 100, [99, 100], { kind: 'bridged', from: 2 }],
    ['what follows its own is applied', 100, [99, 100, 101, 102], { kind: 'bridged', from: 2 }],
    ['its own as the first', 100, [100, 101], { kind: 'bridged', from: 1 }],
    ['a buffer that begins after it is too late', 100, [102, 103], { kind: 'too-old' }],
    [
      'so is one that begins right after it: its own delta was not seen',
      100,
      [101, 102],
      { kind: 'too-old' },
    ],
    ['a gap after it', 100, [100, 101, 103, 104], { kind: 'gap', from: 2 }],
    ['a gap around it', 100, [98, 99, 103], { kind: 'gap', from: 2 }],
    ['a gap before it does not matter', 100, [90, 99, 100, 101], { kind: 'bridged', from: 3 }],
    ['a delta that came twice', 100, [99, 100, 100, 101], { kind: 'bridged', from: 3 }],
    ['a snapshot at 1, after a restart', 1, [1, 2], { kind: 'bridged', from: 1 }],
  ];
  test.each(cases)('%s', (_name, snapshot, us, expected) => {
    expect(fullRule.bridge(snapshot, us.map(delta))).toEqual(expected);
  });
});

describe('joining the image of a window and what follows it in the stream', () => {
  const cases: readonly Case[] = [
    ['nothing yet', 100, [], { kind: 'waiting' }],
    ['the next delta', 100, [101, 102], { kind: 'bridged', from: 0 }],
    ['one of before the image, and the next', 100, [99, 101], { kind: 'bridged', from: 1 }],
    ['a gap after the image', 100, [102], { kind: 'too-old' }],
  ];
  test.each(cases)('%s', (_name, snapshot, us, expected) => {
    expect(windowedRule.bridge(snapshot, us.map(delta))).toEqual(expected);
  });
});
