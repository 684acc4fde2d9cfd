/** Dead, quiet and stalled connections, on a clock that the test moves. */

import { describe, expect, test } from 'vitest';
import { StaleWatch } from '../../../../logger/exchange/feed/stale-watch.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

describe('the stale watch', () => {
  function watched(): {
    clock: ManualClock;
    watch: StaleWatch;
    heard: () => void;
    data: () => void;
    told: string[];
  } {
    const clock = new ManualClock();
    const told: string[] = [];
    const note = (what: string): void => void told.push(`${what} ${clock.monotonicMs()}`);
    const activity = { heardMs: 0, dataMs: 0 };
    const heard = (): void => void (activity.heardMs = clock.monotonicMs());
    const data = (): void => void (activity.dataMs = clock.monotonicMs());
    const watch = new StaleWatch(clock, 15_000, activity, {
      onPing: () => note('ping'),
      onDead: () => note('dead'),
      onNoData: () => note('no data'),
    });
    return { clock, watch, heard, data, told };
  }

  test('silence is answered by pings and is dead at the limit', () => {
    const { clock, told } = watched();
    clock.advance(60_000);
    expect(told).toEqual(['ping 5000', 'ping 10000', 'dead 15000']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a pong keeps it alive, and data makes pings needless', () => {
    const { clock, heard, told } = watched();
    for (let i = 0; i < 20; i++) {
      clock.advance(4000);
      heard();
    }
    expect(told).toEqual([]);
    clock.advance(14_999);
    expect(told).toEqual(['ping 85000', 'ping 90000']);
    heard();
    clock.advance(14_999);
    expect(told).not.toContain('dead 95000');
  });

  test('pings that are answered without data for four times the limit are reported, again and again', () => {
    const { clock, watch, heard, told } = watched();
    watch.expectData(true);
    for (let ms = 0; ms < 125_000; ms += 1000) {
      clock.advance(1000);
      heard();
    }
    expect(told).toEqual(['no data 60000', 'no data 120000']);
  });

  test('data puts that off, and nothing is reported while nothing is subscribed', () => {
    const { clock, watch, heard, data, told } = watched();
    const live = (ms: number): void => {
      for (let i = 0; i < ms; i += 1000) {
        clock.advance(1000);
        heard();
      }
    };
    live(100_000);
    watch.expectData(true);
    live(59_000);
    data();
    live(59_000);
    watch.expectData(false);
    live(100_000);
    expect(told).toEqual([]);
  });

  test('a stall of our own is not taken for silence of the peer', () => {
    const clock = new ManualClock();
    let stalledMs = 0;
    const stalling = {
      nowUs: () => clock.nowUs(),
      monotonicMs: () => clock.monotonicMs() + stalledMs,
      schedule: (delayMs: number, run: () => void) => clock.schedule(delayMs, run),
    };
    const told: string[] = [];
    const activity = { heardMs: 0, dataMs: 0 };
    const watch = new StaleWatch(stalling, 15_000, activity, {
      onPing: () => told.push('ping'),
      onDead: () => told.push('dead'),
      onNoData: () => undefined,
    });
    clock.advance(4000);
    // The process stands still for 20 s; what the peer sent meanwhile waits in the socket.
    stalledMs = 20_000;
    clock.advance(1000);
    expect(told).toEqual([]);
    activity.heardMs = stalling.monotonicMs();
    clock.advance(1000);
    expect(told).toEqual([]);
    clock.advance(20_000);
    expect(told.at(-1)).toBe('dead');
    watch.stop();
  });

  test('once stopped it says nothing', () => {
    const { clock, watch, told } = watched();
    watch.stop();
    clock.advance(100_000);
    expect(told).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
