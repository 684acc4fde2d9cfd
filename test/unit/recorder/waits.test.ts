/** Whatever keeps a security from being live is said: what is waited for, since when, how often tried. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FeedClosedError } from '../../../logger/errors.ts';
import { parseSecurity } from '../../../logger/market/security.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import { PhaseMachine } from '../../../logger/recorder/phase.ts';
import { WaitReports } from '../../../logger/recorder/wait-reports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { keptLog } from '../../support/scripted-coinbase.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { RecorderHarness } from './harness.ts';

const SYMBOL = 'BTCUSDT';

let harness: RecorderHarness;

beforeEach(async () => {
  harness = await RecorderHarness.open(parseSecurity(`binance:${SYMBOL}`));
});
afterEach(() => harness.close());

/** Lets the recorder wait for something. */
type Way = (one: SecurityRecorder) => Promise<void>;

const opened: Way = async (one) => {
  await one.start();
  await harness.clock.advanceAsync(0);
};
const up: Way = async (one) => {
  await opened(one);
  harness.exchange.up();
  await harness.clock.advanceAsync(1000);
};
const listener = () => harness.exchange.listeners.get(SYMBOL);

describe('a security that is not live says', () => {
  const ways: readonly (readonly [name: string, way: Way, said: RegExp])[] = [
    [
      'that the exchange does not answer about its instrument',
      async (one) => {
        harness.exchange.instrumentAnswer = new FeedClosedError('no route', { retryable: true });
        await opened(one);
        await harness.clock.advanceAsync(10_000, 500);
      },
      /^no route; since \S+Z, tried \d times$/,
    ],
    [
      'that its streams are not confirmed',
      opened,
      /^Waiting for the exchange to confirm the streams; since \S+Z$/,
    ],
    [
      'that connections are barred',
      async (one) => {
        await opened(one);
        for (let i = 0; i < 3; i++) {
          listener()?.onWaiting({ for: 'connection', reason: 'Unexpected server response: 451' });
        }
      },
      /^Unexpected server response: 451; since \S+Z, tried 3 times$/,
    ],
    [
      'that the login is rejected',
      async (one) => {
        await opened(one);
        listener()?.onWaiting({ for: 'login', reason: 'Invalid API Key' });
      },
      /^Invalid API Key; since \S+Z, tried once$/,
    ],
    [
      'that requests wait for the budget',
      async (one) => {
        const counters = harness.exchange.counters();
        vi.spyOn(harness.exchange, 'counters').mockReturnValue({
          ...counters,
          requestsWaiting: 7,
        });
        await up(one);
      },
      /7 requests wait for the request budget of binance; since \S+Z$/,
    ],
    [
      'that the exchange accepts no requests',
      async (one) => {
        const counters = harness.exchange.counters();
        const bannedUntilUs = 1_795_158_000_000_000;
        vi.spyOn(harness.exchange, 'counters').mockReturnValue({ ...counters, bannedUntilUs });
        await up(one);
      },
      /binance accepts no requests until 2026-11-20T07:00:00Z; since \S+Z$/,
    ],
    [
      'that snapshots are too old, again and again',
      async (one) => {
        await up(one);
        harness.exchange.diff(100, 101);
        for (let i = 0; i < 4; i++) {
          harness.exchange.answer(snapshotAt(50 + i, [1, 1], [2, 2]));
          await harness.clock.advanceAsync(5000, 100);
        }
      },
      /^The snapshot is too old: at 53, and the updates begin at 100; since \S+Z, tried 4 times$/,
    ],
    [
      'that nothing follows its snapshot',
      async (one) => {
        await up(one);
        harness.exchange.answer(snapshotAt(50, [1, 1], [2, 2]));
        await harness.clock.advanceAsync(0);
      },
      /^The snapshot is at 50; no update follows it; since \S+Z$/,
    ],
  ];

  test.each(ways)('%s', async (_name, way, said) => {
    const { one, recording } = harness.recorder();
    await way(one);
    expect(one.phase).not.toBe('live');
    expect(one.message).toMatch(said);
    recording.close('restart');
  });
});

test('every change of phase is a line for debug', async () => {
  const debug: string[] = [];
  const log = keptLog(debug);
  const { one, recording } = harness.recorder({ log });
  await harness.proveBook(one);
  recording.close('restart');
  const phases = debug.flatMap((line) => /^Phase .*"phase":"(\w+)"/.exec(line)?.[1] ?? []);
  expect([...new Set(phases)]).toEqual(['starting', 'syncing', 'live', 'closed']);
});

describe('the log', () => {
  const SECONDS = 1_000_000;

  function reports(count: number) {
    const clock = new ManualClock();
    const lines: string[] = [];
    const recorders = Array.from({ length: count }, (_, i) => {
      const phase = new PhaseMachine(
        () => clock.nowUs(),
        () => undefined,
      );
      const security = { id: `binance:S${i}`, exchange: 'binance' };
      return {
        security,
        machine: phase,
        get phase() {
          return phase.current;
        },
        get wait() {
          return phase.wait;
        },
        get message() {
          return phase.wait?.text() ?? null;
        },
      };
    });
    const onFatal = (error: unknown): never => {
      throw error;
    };
    const started = new WaitReports({
      recorders: () => recorders,
      clock,
      log: keptLog(lines),
      onFatal,
    });
    started.start();
    return { clock, lines, recorders };
  }

  test('has one line for all that wait for the same thing, whatever the number of attempts', () => {
    const { clock, lines, recorders } = reports(100);
    for (let i = 0; i < 300; i++) {
      const reason = `The snapshot is too old: at ${i}`;
      for (const { machine } of recorders) machine.enter('syncing', { reason, isAttempt: true });
      clock.advance(1000);
    }
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('binance:S0,binance:S1,binance:S2 and 97 more');
    expect(lines[0]).toMatch(/The snapshot is too old: at \d+; since \S+Z, tried \d times/);
  });

  test('has none for a short wait, and a failure at once', () => {
    const { clock, lines, recorders } = reports(2);
    const [short, failed] = recorders;
    short?.machine.enter('syncing', { reason: 'a gap' });
    failed?.machine.enter('failed', { for: 'streams', reason: 'Internal error', isAttempt: true });
    clock.advance(2000);
    short?.machine.enter('live');
    clock.advance((60 * SECONDS) / 1000);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('Internal error');
  });
});
