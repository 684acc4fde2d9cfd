import { beforeEach, describe, expect, test } from 'vitest';
import { Shutdown } from '../../../logger/service/shutdown.ts';
import { createLineLog } from '../../../logger/service/line-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let clock: ManualClock;
let shutdown: Shutdown;
let exits: number[];
let lines: string[];
let stopped: (() => void)[];
let failed: ((error: Error) => void)[];
let stoppingCalls: number;

const logger = {
  stop: () =>
    new Promise<void>((resolve, reject) => {
      stopped.push(resolve);
      failed.push(reject);
    }),
};

beforeEach(() => {
  clock = new ManualClock();
  [exits, lines, stopped, failed, stoppingCalls] = [[], [], [], [], 0];
  shutdown = new Shutdown({
    log: createLineLog({
      level: 'info',
      format: 'journal',
      write: (line) => lines.push(line),
      nowUs: () => clock.nowUs(),
    }),
    clock,
    exit: (code) => exits.push(code),
    onStopping: () => stoppingCalls++,
  });
});

async function written(): Promise<void> {
  stopped[0]?.();
  await clock.advanceAsync(1);
}

describe('shutdown', () => {
  test('a signal writes everything out and exits with 0', async () => {
    shutdown.started(logger);
    shutdown.signal('SIGTERM');
    expect([stoppingCalls, stopped.length, exits]).toEqual([1, 1, []]);
    await written();
    expect(exits).toEqual([0]);
  });

  test('two signals in quick succession are one request', async () => {
    shutdown.started(logger);
    shutdown.signal('SIGINT');
    clock.advance(100);
    shutdown.signal('SIGINT');
    await written();
    expect([stopped.length, exits]).toEqual([1, [0]]);
  });

  test('a second signal later exits immediately', () => {
    shutdown.started(logger);
    shutdown.signal('SIGTERM');
    clock.advance(1000);
    shutdown.signal('SIGTERM');
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toMatch(/^<2>Second stop signal/);
  });

  test('a signal after a terminate command does not count as the second', async () => {
    shutdown.started(logger);
    shutdown.stop('terminate');
    clock.advance(1000);
    shutdown.signal('SIGTERM');
    await written();
    expect(exits).toEqual([0]);
  });

  test('a signal during the start stops once the start is complete', async () => {
    shutdown.signal('SIGTERM');
    expect(stopped).toHaveLength(0);
    shutdown.started(logger);
    await written();
    expect(exits).toEqual([0]);
  });

  test('a start that took long leaves a stop its whole time', async () => {
    shutdown.signal('SIGTERM');
    clock.advance(8999);
    shutdown.started(logger);
    clock.advance(8000);
    expect(exits).toEqual([]);
    await written();
    expect(exits).toEqual([0]);
  });

  test('a signal during a start that hangs exits with 0 at the deadline', () => {
    shutdown.signal('SIGTERM');
    clock.advance(9000);
    expect(exits).toEqual([0]);
  });

  test('a stop that hangs exits with 1 at the deadline', () => {
    shutdown.started(logger);
    shutdown.signal('SIGTERM');
    clock.advance(9000);
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toMatch(/^<2>Shutdown timed out/);
  });

  test('a bug writes out what it can and exits with 1; further ones change nothing', async () => {
    shutdown.started(logger);
    shutdown.crash(new TypeError('first'));
    shutdown.crash(new TypeError('second'));
    expect(stopped).toHaveLength(1);
    expect(lines[0]).toMatch(/^<2>Unexpected error: exiting reason=first stack=/);
    await written();
    expect(exits).toEqual([1]);
  });

  test('a bug whose writing out hangs exits after two seconds', () => {
    shutdown.started(logger);
    shutdown.crash(new TypeError('first'));
    clock.advance(2000);
    expect(exits).toEqual([1]);
  });

  test('a bug while stopping exits with 1 within two seconds', () => {
    shutdown.started(logger);
    shutdown.signal('SIGTERM');
    clock.advance(1000);
    shutdown.crash(new TypeError('first'));
    clock.advance(2000);
    expect([stopped.length, exits]).toEqual([1, [1]]);
  });

  test('a bug before there is a logger exits immediately', () => {
    shutdown.crash('no error at all');
    expect(exits).toEqual([1]);
  });

  test('a stop that fails is logged', async () => {
    shutdown.started(logger);
    shutdown.signal('SIGTERM');
    failed[0]?.(new TypeError('disk'));
    await clock.advanceAsync(1);
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toMatch(/^<2>Shutdown failed reason=disk/);
  });
});
