/** Coinbase's rules of continuity, as tables. */

import { describe, expect, test } from 'vitest';
import { fullRule } from '../../../../logger/exchange/coinbase/sequencer.ts';
import { connectionRule } from '../../../../logger/exchange/connection-rule.ts';
import type { UpdateHead } from '../../../../logger/market/events.ts';

const step = (sequence: number): UpdateHead => ({
  firstSequence: sequence,
  lastSequence: sequence,
  exchangeTimeUs: 0,
  receiveTimeUs: 0,
});
const steps = (...sequences: number[]): UpdateHead[] => sequences.map((sequence) => step(sequence));

describe('the full channel, live', () => {
  test.each([
    ['the next number', 11, 'apply'],
    ['a duplicate', 10, 'ignore'],
    ['one that comes late', 3, 'ignore'],
    ['one that leaves a hole', 12, 'gap'],
  ] as const)('%s', (_name, sequence, expected) => {
    expect(fullRule.follow(10, step(sequence))).toBe(expected);
  });
});

describe('the full channel, joining its snapshot', () => {
  test.each([
    ['nothing is queued', 10, [], { kind: 'waiting' }],
    ['the snapshot is ahead of the socket', 10, [7, 8, 9], { kind: 'waiting' }],
    ['the snapshot is at the last message', 10, [9, 10], { kind: 'waiting' }],
    ['the socket has just passed it', 10, [9, 10, 11], { kind: 'bridged', from: 2 }],
    ['the first message follows it', 10, [11, 12], { kind: 'bridged', from: 0 }],
    ['it is one message too old', 10, [12, 13], { kind: 'too-old' }],
    ['it is far too old', 10, [500], { kind: 'too-old' }],
    ['what was missed lies in front of it', 10, [5, 8, 11], { kind: 'bridged', from: 2 }],
    ['it would fill a hole only in part', 10, [9, 12, 13], { kind: 'gap', from: 1 }],
    ['there is a hole after it', 10, [10, 11, 13, 14], { kind: 'gap', from: 2 }],
    ['there are two holes after it', 10, [11, 13, 15, 16], { kind: 'gap', from: 2 }],
    ['messages came twice', 10, [10, 10, 11, 11, 12], { kind: 'bridged', from: 2 }],
    ['one came late', 10, [11, 12, 9, 13], { kind: 'bridged', from: 0 }],
  ] as const)('%s', (_name, snapshot, queued, expected) => {
    expect(fullRule.bridge(snapshot, steps(...queued))).toEqual(expected);
  });
});

describe('the batched level-2 channel', () => {
  test('its snapshot needs nothing after it', () => {
    expect(connectionRule.bridge(5, [])).toEqual({ kind: 'bridged', from: 0 });
    expect(connectionRule.bridge(5, steps(3, 4))).toEqual({ kind: 'bridged', from: 2 });
  });

  test('what came after it is applied, in order', () => {
    expect(connectionRule.bridge(5, steps(4, 6, 7))).toEqual({ kind: 'bridged', from: 1 });
    expect(connectionRule.follow(5, step(6))).toBe('apply');
  });

  test('a message that could not be read is a gap', () => {
    expect(connectionRule.follow(5, step(7))).toBe('gap');
    expect(connectionRule.bridge(5, steps(7, 8))).toEqual({ kind: 'too-old' });
  });
});
