import { beforeEach, describe, expect, test } from 'vitest';
import { Shutdown } from '../../../logger/service/shutdown.ts';
import { createLineLog } from '../../../logger/service/line-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let clock: ManualClock;
let ending: Shutdown;
let exits: number[];
let lines: string[];
let stopped: (() => void)[];
let failed: ((error: Error) => void)[];
let told: number;

const logger = {
  stop: () =>
    new Promise<void>((resolve, reject) => {
      stopped.push(resolve);
      failed.push(reject);
    }),
};

beforeEach(() => {
  clock = new ManualClock();
  [exits, lines, stopped, failed, told] = [[], [], [], [], 0];
  ending = new Shutdown({
    log: createLineLog({
      level: 'info',
      format: 'journal',
      write: (line) => lines.push(line),
      nowUs: () => clock.nowUs(),
    }),
    clock,
    exit: (code) => exits.push(code),
    onStopping: () => told++,
  });
});

async function written(): Promise<void> {
  stopped[0]?.();
  await clock.advanceAsync(1);
}

describe('how the process ends', () => {
  test('a signal: everything is written out, exit 0', async () => {
    ending.started(logger);
    ending.signal('SIGTERM');
    expect([told, stopped.length, exits]).toEqual([1, 1, []]);
    await written();
    expect(exits).toEqual([0]);
  });

  test('two signals at once are one request', async () => {
    ending.started(logger);
    ending.signal('SIGINT');
    clock.advance(100);
    ending.signal('SIGINT');
    await written();
    expect([stopped.length, exits]).toEqual([1, [0]]);
  });

  test('a second one later ends it at once', () => {
    ending.started(logger);
    ending.signal('SIGTERM');
    clock.advance(1000);
    ending.signal('SIGTERM');
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toMatch(/^<2>Told to stop twice/);
  });

  test('a signal after the manager has asked is not the second one', async () => {
    ending.started(logger);
    ending.stop('terminate');
    clock.advance(1000);
    ending.signal('SIGTERM');
    await written();
    expect(exits).toEqual([0]);
  });

  test('while it starts: it stops once it has started', async () => {
    ending.signal('SIGTERM');
    expect(stopped).toHaveLength(0);
    ending.started(logger);
    await written();
    expect(exits).toEqual([0]);
  });

  test('a start that takes too long is not waited for: nothing of it is lost', () => {
    ending.signal('SIGTERM');
    clock.advance(9000);
    expect(exits).toEqual([0]);
  });

  test('an archive that takes nothing: given up in time, exit 1', () => {
    ending.started(logger);
    ending.signal('SIGTERM');
    clock.advance(9000);
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toMatch(/^<2>Not everything/);
  });

  test('a bug: what can be is written out, exit 1; others after it change nothing', async () => {
    ending.started(logger);
    ending.crash(new TypeError('first'));
    ending.crash(new TypeError('second'));
    expect(stopped).toHaveLength(1);
    expect(lines[0]).toMatch(/^<2>A bug: the process ends reason=first stack=/);
    await written();
    expect(exits).toEqual([1]);
  });

  test('a bug whose writing out hangs: two seconds', () => {
    ending.started(logger);
    ending.crash(new TypeError('first'));
    clock.advance(2000);
    expect(exits).toEqual([1]);
  });

  test('a bug while stopping: exit 1, and no more than two seconds', () => {
    ending.started(logger);
    ending.signal('SIGTERM');
    clock.advance(1000);
    ending.crash(new TypeError('first'));
    clock.advance(2000);
    expect([stopped.length, exits]).toEqual([1, [1]]);
  });

  test('a bug before there is a logger: at once', () => {
    ending.crash('no error at all');
    expect(exits).toEqual([1]);
  });

  test('a stop that fails is told', async () => {
    ending.started(logger);
    ending.signal('SIGTERM');
    failed[0]?.(new TypeError('disk'));
    await clock.advanceAsync(1);
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toMatch(/^<2>The stop failed reason=disk/);
  });
});
