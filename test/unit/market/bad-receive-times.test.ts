import { expect, test } from 'vitest';
import { mergeBadReceiveTimes } from '../../../logger/market/bad-receive-times.ts';
import type { BadReceiveTime } from '../../../logger/market/bad-receive-times.ts';

const stall = (fromUs: number, toUs: number): BadReceiveTime => ({ fromUs, toUs, cause: 'stall' });
const clock = (fromUs: number, toUs: number): BadReceiveTime => ({ fromUs, toUs, cause: 'clock' });

test('an empty list stays empty', () => {
  expect(mergeBadReceiveTimes([])).toEqual([]);
});

test('overlapping defects of several records become one', () => {
  expect(mergeBadReceiveTimes([stall(10, 30), stall(10, 20), stall(10, 30)])).toEqual([
    stall(10, 30),
  ]);
  expect(mergeBadReceiveTimes([stall(10, 90), stall(20, 30)])).toEqual([stall(10, 90)]);
});

test('touching defects become one, separate ones do not', () => {
  expect(mergeBadReceiveTimes([stall(20, 30), stall(41, 50), stall(10, 20)])).toEqual([
    stall(10, 30),
    stall(41, 50),
  ]);
});

test('different causes stay apart, in order of time', () => {
  expect(mergeBadReceiveTimes([stall(15, 30), clock(10, 20)])).toEqual([
    clock(10, 20),
    stall(15, 30),
  ]);
});

test('above the maximum the nearest of one cause are merged, and nothing is lost', () => {
  const many = [stall(0, 10), clock(11, 12), stall(50, 60), stall(65, 70), clock(500, 501)];
  expect(mergeBadReceiveTimes(many, 4)).toEqual([
    stall(0, 10),
    clock(11, 12),
    stall(50, 70),
    clock(500, 501),
  ]);
  expect(mergeBadReceiveTimes(many, 3)).toEqual([stall(0, 70), clock(11, 12), clock(500, 501)]);
  expect(mergeBadReceiveTimes(many, 2)).toEqual([stall(0, 70), clock(11, 501)]);
});
