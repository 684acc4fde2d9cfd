/** A login that the exchange rejects, on a clock that the test moves. */

import { describe, expect, test } from 'vitest';
import {
  BTC,
  CREDENTIALS,
  LOGIN_REFUSED,
  heartbeat,
  open,
} from '../../../support/coinbase-frames.ts';
import { ScriptedCoinbase, keptLog } from '../../../support/scripted-coinbase.ts';
import type { RecordingListener } from '../../../support/recording-listener.ts';

const signal = new AbortController().signal;

function sequencesOf(listener: RecordingListener): number[] {
  return listener.events.flatMap((event) => ('lastSequence' in event ? [event.lastSequence] : []));
}

/** Lets time pass until another connection is opened. @returns how long that took, ms. */
function nextAttempt(feed: ScriptedCoinbase): number {
  const { sockets } = feed.transport;
  const before = sockets.length;
  const fromUs = feed.clock.nowUs();
  while (sockets.length === before) feed.clock.advance(feed.clock.nextDueInMs ?? 0);
  return (feed.clock.nowUs() - fromUs) / 1000;
}

/** Opens connection after connection until the login has been rejected `times` times. */
function refuse(feed: ScriptedCoinbase, times: number): number[] {
  return Array.from({ length: times }, () => {
    const waitedMs = nextAttempt(feed);
    feed.transport.latest.open();
    feed.transport.latest.message(LOGIN_REFUSED);
    return waitedMs;
  });
}

describe('a rejected login', () => {
  test('is reported with the exchange’s reason and retried with growing waits until it works', () => {
    const feed = new ScriptedCoinbase();
    const { listener } = feed.open();
    const waitsMs = refuse(feed, 7);
    expect(listener.states).toEqual(['rejected']);
    expect(listener.calls[0]).toEqual({
      what: 'rejected',
      reason: 'Failed to subscribe: level2, level3, and full channels now require authentication',
    });
    expect(feed.transport.sockets.every(({ isClosed }) => isClosed)).toBe(true);
    expect(waitsMs).toEqual([0, 1500, 6000, 24_000, 96_000, 225_000, 225_000]);
    expect(feed.logged.filter((line) => line.includes('rejects the login'))).toHaveLength(7);
    nextAttempt(feed);
    feed.connect();
    feed.transport.latest.message(open(1));
    expect(listener.states.at(-1)).toBe('up');
    expect(sequencesOf(listener)).toEqual([1]);
  });

  test('also where it comes after a confirmation, with nothing but heartbeats', () => {
    const feed = new ScriptedCoinbase();
    const { listener } = feed.open();
    let waitedMs = 0;
    for (let i = 0; i < 6; i++) {
      waitedMs = nextAttempt(feed);
      feed.connect();
      feed.transport.latest.message(heartbeat(i, 1));
      feed.transport.latest.message(LOGIN_REFUSED);
    }
    expect(listener.states.slice(0, 4)).toEqual(['up', 'down', 'rejected', 'up']);
    expect(waitedMs).toBeGreaterThan(100_000);
  });

  test('of one product is one of the key: the others wait with it, and all continue together', () => {
    const feed = new ScriptedCoinbase();
    const opened = [BTC, 'ETH-USD', 'LTC-USD'].map((symbol) => feed.open(symbol).listener);
    refuse(feed, 3);
    expect(feed.transport.sockets).toHaveLength(3);
    expect(opened.map(({ states }) => states)).toEqual([['rejected'], ['rejected'], ['rejected']]);
    const late = feed.open('SOL-USD').listener;
    feed.clock.advance(0);
    expect(late.states).toEqual(['rejected']);
    nextAttempt(feed);
    feed.connect();
    feed.clock.advance(2000);
    expect(feed.transport.sockets).toHaveLength(3 + 4);
  });

  test('is logged once, and once more when it is over', () => {
    const errors: string[] = [];
    const notices: string[] = [];
    const log = { ...keptLog([]), error: (m: string) => void errors.push(m) };
    const feed = new ScriptedCoinbase({ log: { ...log, notice: (m) => void notices.push(m) } });
    feed.open();
    refuse(feed, 5);
    expect(errors).toEqual(['The exchange rejects the login; retrying with growing waits']);
    nextAttempt(feed);
    feed.connect();
    expect(notices).toEqual(['The exchange accepts the login again']);
  });

  test('a first connection that hangs keeps the others away for a moment only', () => {
    const feed = new ScriptedCoinbase();
    feed.open();
    feed.open('ETH-USD');
    feed.clock.advance(999);
    expect(feed.transport.sockets).toHaveLength(1);
    feed.clock.advance(1);
    expect(feed.transport.sockets).toHaveLength(2);
  });

  test('on a connection that streams, it affects the new product alone, which is retried', () => {
    const feed = new ScriptedCoinbase({ limits: { maxFullConnections: 1 } });
    const first = feed.streaming();
    first.socket.message(open(1));
    const second = feed.open('ETH-USD');
    feed.clock.advance(1000);
    first.socket.message(LOGIN_REFUSED);
    expect(second.listener.states).toEqual(['rejected']);
    first.socket.message(open(2));
    expect(first.listener.states).toEqual(['up']);
    expect(sequencesOf(first.listener)).toEqual([1, 2]);
    while (first.socket.sent.length < 3) {
      first.socket.alive();
      feed.clock.advance(1000);
    }
    feed.confirm(first.socket);
    expect(second.listener.states).toEqual(['rejected', 'up']);
    expect(feed.transport.sockets).toHaveLength(1);
  });

  test('a replacement whose login is rejected leaves the old connection as it was', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    socket.message(open(1));
    void feed.exchange.reset().catch(() => undefined);
    feed.clock.advance(0);
    feed.transport.latest.open();
    feed.transport.latest.message(LOGIN_REFUSED);
    socket.message(open(2));
    expect(listener.states).toEqual(['up']);
    expect(sequencesOf(listener)).toEqual([1, 2]);
  });

  test('no secret is logged or reported, whatever the exchange repeats', async () => {
    const feed = new ScriptedCoinbase();
    const { listener } = feed.open();
    feed.clock.advance(0);
    const socket = feed.transport.latest;
    socket.open();
    const [request] = feed.sent(socket);
    const said = JSON.stringify([request, CREDENTIALS.secret]);
    const secrets = [...Object.values(CREDENTIALS), String(request?.['signature'])];
    socket.message({ type: 'error', message: 'Invalid signature', reason: said });
    feed.answers(401, { message: `invalid: ${said}` });
    feed.clock.advance(0);
    feed.transport.latest.end(`closed with code 1008 (${said})`);
    const failure = await feed.exchange.snapshot(BTC, signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(listener.count('rejected')).toBe(1);
    const seen = [
      ...feed.logged,
      JSON.stringify(listener.calls),
      JSON.stringify(feed.exchange.counters()),
      String(failure),
      JSON.stringify(failure),
    ].join('\n');
    expect(feed.logged.length).toBeGreaterThan(1);
    for (const secret of secrets) {
      expect(seen).not.toContain(secret);
      expect(seen).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
  });
});
