/** Connections of a venue on a manual clock, with sessions and peers that only record. */

import { expect, test } from 'vitest';
import { Connections } from '../../../sandbox/venues/connections.ts';
import { ClientSession } from '../../../sandbox/venues/client-session.ts';
import { PerAddress } from '../../../sandbox/venues/per-address.ts';
import type { Peer } from '../../../sandbox/venues/session.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const LIMITS = { connectionLifeMs: 1000, connectionsPerFiveMinutes: 2, maxBufferedBytes: 10 };

class RecordingSession extends ClientSession {
  readonly streams = ['stream'];
  protected readonly expiry = { code: 1008, reason: 'Too old' };
  readonly announced: number[] = [];
  isReleased = false;

  onMessage(): void {}
  onPing(): void {}
  onPong(): void {}

  announceShutdown(nowUs: number): void {
    this.announced.push(nowUs);
  }

  protected release(): void {
    this.isReleased = true;
  }
}

function start() {
  const clock = new ManualClock();
  const connections = new Connections(clock, LIMITS);
  const open = () => {
    const log: string[] = [];
    const state = { bufferedBytes: 0 };
    const end = (how: string): void => {
      log.push(how);
      connections.onClosed(session);
    };
    const peer: Peer = {
      send: (data) => log.push(`sent ${data.toString()}`),
      ping: () => undefined,
      pong: () => undefined,
      close: (code) => end(`closed ${code}`),
      terminate: () => end('cut'),
      pause: () => log.push('paused'),
      bufferedBytes: () => state.bufferedBytes,
    };
    const session = connections.open(
      (_, lifeMs) =>
        new RecordingSession({ peer, clock, lifeMs, maxBufferedBytes: LIMITS.maxBufferedBytes }),
      peer,
    ) as RecordingSession;
    return { session, log, state };
  };
  return { clock, connections, open };
}

test('a connection past its lifetime is closed and released', () => {
  const { clock, connections, open } = start();
  const { session, log } = open();
  clock.advance(999);
  expect(log).toEqual([]);
  clock.advance(1);
  expect(log).toEqual(['closed 1008']);
  expect([session.isReleased, connections.count, clock.pendingTimers]).toEqual([true, 0, 0]);
});

test('a changed lifetime counts from the start of the connection', () => {
  const { clock, connections, open } = start();
  const [first, second] = [open(), open()];
  connections.onClosed(second.session);
  clock.advance(600);
  connections.changeLife(700);
  clock.advance(100);
  expect([first.log, second.log]).toEqual([['closed 1008'], []]);
  const third = open();
  clock.advance(700);
  expect(third.log).toEqual(['closed 1008']);
});

test('a client that reads too slowly is disconnected', () => {
  const { connections, open } = start();
  const { session, log, state } = open();
  session.deliver('one');
  state.bufferedBytes = 11;
  expect(connections.bufferedBytes()).toBe(11);
  session.deliver('two');
  session.deliver('three');
  expect(log).toEqual(['sent one', 'cut']);
  expect(connections.bufferedBytes()).toBe(0);
});

test('frozen connections neither send nor close until they are cut', () => {
  const { clock, connections, open } = start();
  const frozen = open();
  connections.freezeAll(500);
  const later = open();
  connections.deliverToAll('x');
  connections.closeAll(1012, '');
  expect([frozen.log, later.log]).toEqual([['paused'], ['sent x', 'closed 1012']]);
  clock.advance(500);
  expect(frozen.log).toEqual(['paused', 'cut']);
});

test('cutFrozen cuts the frozen connections at once, and no other', () => {
  const { connections, open } = start();
  const frozen = open();
  connections.freezeAll(500);
  const later = open();
  connections.cutFrozen();
  expect([frozen.log, later.log]).toEqual([['paused', 'cut'], []]);
});

test.each([
  [1012, 'closed 1012'],
  [3000, 'closed 3000'],
  [1006, 'cut'],
])('close code %i: %s', (code, expected) => {
  const { connections, open } = start();
  const { log } = open();
  connections.closeAll(code, 'Why');
  expect(log).toEqual([expected]);
});

test.each([0, 999, 1004, 1015, 2999, 5000])('close code %i cannot be sent', (code) => {
  expect(() => start().connections.closeAll(code, '')).toThrow(`code: ${code} is not`);
});

test('a shutdown is announced, then closes the connections that were open', () => {
  const { clock, connections, open } = start();
  const early = open();
  connections.shutDown(300);
  const late = open();
  expect(early.session.announced).toEqual([clock.nowUs()]);
  clock.advance(300);
  expect([early.log, late.log]).toEqual([['closed 1001'], []]);
});

test('an address may open so many connections in five minutes', () => {
  const { clock, connections } = start();
  const admitted = (): boolean[] => ['a', 'a', 'a', 'b'].map((each) => connections.admit(each));
  expect(admitted()).toEqual([true, true, false, true]);
  clock.advance(5 * 60_000);
  expect(admitted()).toEqual([true, true, false, true]);
});

test('closing cuts every connection and leaves no timer', () => {
  const { clock, connections, open } = start();
  const { log } = open();
  connections.shutDown(300);
  connections.close();
  expect([log, clock.pendingTimers]).toEqual([['cut'], 0]);
});

test('state per address is kept for the 1000 that were used last', () => {
  let created = 0;
  const budgets = new PerAddress(() => ++created);
  const first = budgets.get('first');
  for (let i = 0; i < 999; i++) budgets.get(`other ${i}`);
  expect(budgets.get('first')).toBe(first);
  budgets.get('one more');
  expect(budgets.get('first')).toBe(first);
  expect(budgets.get('other 0')).toBe(created);
  expect(created).toBe(1002);
});
