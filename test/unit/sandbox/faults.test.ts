/** The table of faults: validation of their fields, and their effect on a venue. */

import { describe, expect, test } from 'vitest';
import { FaultInjector } from '../../../sandbox/faults/fault-injector.ts';
import { applyFault, FAULT_TYPES, parseFault } from '../../../sandbox/faults/faults.ts';
import type { Fault, FaultTarget } from '../../../sandbox/faults/faults.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('parsing', () => {
  test.each(FAULT_TYPES.filter((type) => type !== 'recover'))('%s needs its fields', (type) => {
    expect(() => parseFault({ type })).toThrow(/must be/);
  });

  test.each<[unknown, string | RegExp]>([
    [null, 'type: nothing is not one of drop-diffs, '],
    ['drop-diffs', 'type: nothing'],
    [{ type: 'explode' }, 'type: "explode" is not one of drop-diffs'],
    [{ type: 'silence' }, 'durationMs: must be an integer from 0 to 86400000 for silence'],
    [{ type: 'silence', symbol: 7, durationMs: 1 }, 'symbol: must be a symbol'],
    [{ type: 'drop-diffs', symbol: 'X', count: 1.5 }, 'count: must be an integer'],
    [{ type: 'harm-diffs', symbol: 'X', count: 1, form: 'x' }, 'form: must be one of truncated'],
    [{ type: 'close', code: 1000, reason: 'x'.repeat(65) }, 'reason: must be a text'],
    [{ type: 'recover', exchange: 7 }, 'exchange: must be a text'],
  ])('%j is rejected', (value, message) => {
    expect(() => parseFault(value)).toThrow(message);
  });

  test('optional fields may be absent, and unknown ones are dropped', () => {
    expect(parseFault({ type: 'recover', more: 1 })).toEqual({ type: 'recover' });
    const silence = { type: 'silence', durationMs: 5 };
    expect(parseFault(silence)).toEqual(silence);
    const close = { type: 'close', code: 1012, reason: 'Maintenance', exchange: 'binance' };
    expect(parseFault(close)).toEqual(close);
  });
});

/** A venue with one symbol that records what is done to it. */
function targetOf(clock = new ManualClock()) {
  const calls: unknown[][] = [];
  const injector = new FaultInjector<string>(clock);
  const record =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push([name, ...args]);
    };
  const target: FaultTarget = {
    injector,
    connections: {
      freezeAll: record('freezeAll'),
      cutFrozen: record('cutFrozen'),
      closeAll: record('closeAll'),
      shutDown: record('shutDown'),
      changeLife: record('changeLife'),
      deliverToAll: record('deliverToAll'),
    },
    streams: (symbol) => [injector.stream(`${symbol}/fast`), injector.stream(`${symbol}/slow`)],
    forgetReceivers: record('forgetReceivers'),
    changeTickSize: record('changeTickSize'),
    skew: record('skew'),
    endSkews: record('endSkews'),
    holdAuction: record('holdAuction'),
    maintain: record('maintain'),
    crossBook: record('crossBook'),
    restartNumbering: record('restartNumbering'),
    resendImages: record('resendImages'),
  };
  const apply = (fault: Fault): void => applyFault(target, fault);
  return { injector, calls, apply };
}

/** What becomes of frames `1`, `2` … on a stream: the frames sent, with a `!` if corrupted. */
function sent(injector: FaultInjector<string>, stream: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => injector.update(stream, String(index + 1)))
    .flat()
    .map(({ frame, corruption }) => (corruption === null ? frame : `${frame}!${corruption}`));
}

describe('update faults', () => {
  test.each<[Fault, string[]]>([
    [{ type: 'drop-diffs', symbol: 'X', count: 2 }, ['3', '4']],
    [{ type: 'duplicate-diffs', symbol: 'X', count: 1 }, ['1', '1', '2', '3', '4']],
    [{ type: 'reorder-diffs', symbol: 'X', count: 1 }, ['2', '1', '3', '4']],
    [{ type: 'reorder-diffs', symbol: 'X', count: 2 }, ['2', '1', '4', '3']],
    [
      { type: 'harm-diffs', symbol: 'X', count: 2, form: 'negative' },
      ['1!negative', '2!negative', '3', '4'],
    ],
    [{ type: 'false-diffs', symbol: 'X', count: 1 }, ['1!false-size', '2', '3', '4']],
  ])('%j affects each stream of the symbol, and no other', (fault, expected) => {
    const { injector, apply } = targetOf();
    apply(fault);
    expect(sent(injector, 'X/fast', 4)).toEqual(expected);
    expect(sent(injector, 'X/slow', 4)).toEqual(expected);
    expect(sent(injector, 'Y/fast', 4)).toEqual(['1', '2', '3', '4']);
  });

  test('add up', () => {
    const { injector, apply } = targetOf();
    apply({ type: 'drop-diffs', symbol: 'X', count: 1 });
    apply({ type: 'drop-diffs', symbol: 'X', count: 1 });
    apply({ type: 'duplicate-diffs', symbol: 'X', count: 1 });
    expect(sent(injector, 'X/fast', 4)).toEqual(['3', '3', '4']);
  });

  test('end with recover', () => {
    const { injector, apply, calls } = targetOf();
    apply({ type: 'drop-diffs', symbol: 'X', count: 9 });
    apply({ type: 'silence', durationMs: 9 });
    apply({ type: 'slow-snapshots', count: 9, delayMs: 9 });
    apply({ type: 'refuse-connections', count: 9 });
    apply({ type: 'recover' });
    expect(sent(injector, 'X/fast', 2)).toEqual(['1', '2']);
    expect(injector.isSilent('X')).toBe(false);
    expect(injector.snapshot()).toEqual({ delayMs: 0, content: 'true' });
    expect(injector.rejectedConnections.take()).toBeNull();
    expect(calls).toEqual([['cutFrozen'], ['endSkews']]);
  });
});

test('silence lasts its time, for one symbol or for all', () => {
  const clock = new ManualClock();
  const { injector, apply } = targetOf(clock);
  apply({ type: 'silence', symbol: 'X', durationMs: 100 });
  expect(['X', 'Y'].map((symbol) => injector.isSilent(symbol))).toEqual([true, false]);
  apply({ type: 'silence', durationMs: 200 });
  expect(injector.isSilent('Y')).toBe(true);
  clock.advance(200);
  expect(['X', 'Y'].map((symbol) => injector.isSilent(symbol))).toEqual([false, false]);
});

test('requests and logins are rejected the given number of times', () => {
  const { injector, apply } = targetOf();
  apply({ type: 'refuse-requests', status: 429, count: 2, retryAfterSeconds: 3 });
  apply({ type: 'refuse-logins', count: 1 });
  const rejections = Array.from({ length: 3 }, () => injector.rejectedRequests.take());
  const rejection = { status: 429, retryAfterSeconds: 3 };
  expect(rejections).toEqual([rejection, rejection, null]);
  expect([injector.rejectedLogins.take(), injector.rejectedLogins.take()]).toEqual([true, null]);
});

test('snapshot faults combine: delay with content, one content after another', () => {
  const { injector, apply } = targetOf();
  apply({ type: 'slow-snapshots', count: 2, delayMs: 50 });
  apply({ type: 'empty-snapshots', count: 1 });
  apply({ type: 'stale-snapshots', count: 1 });
  apply({ type: 'truncated-snapshots', count: 1 });
  expect(Array.from({ length: 4 }, () => injector.snapshot())).toEqual([
    { delayMs: 50, content: 'stale' },
    { delayMs: 50, content: 'empty' },
    { delayMs: 0, content: 'truncated' },
    { delayMs: 0, content: 'true' },
  ]);
});

test.each<[Fault, unknown[]]>([
  [{ type: 'half-open', durationMs: 5 }, ['freezeAll', 5]],
  [{ type: 'close', code: 1012 }, ['closeAll', 1012, '']],
  [{ type: 'close', code: 1012, reason: 'Why' }, ['closeAll', 1012, 'Why']],
  [{ type: 'server-shutdown', afterMs: 5 }, ['shutDown', 5]],
  [{ type: 'connection-life', lifeMs: 5 }, ['changeLife', 5]],
  [{ type: 'extra-frame', form: 'empty' }, ['deliverToAll', '']],
  [{ type: 'tick-size', symbol: 'X', tickSize: '0.1' }, ['changeTickSize', 'X', '0.1']],
])('%j', (fault, call) => {
  const { apply, calls } = targetOf();
  apply(fault);
  expect(calls).toEqual([call]);
});
