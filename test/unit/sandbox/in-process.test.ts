/** A venue driven without sockets, on a manual clock: what a simulation does. */

import { describe, expect, test } from 'vitest';
import { SimulatedExchange } from '../../../sandbox/simulated-exchange.ts';
import type { RunningVenue } from '../../../sandbox/venues/running-venue.ts';
import type { Peer, Session } from '../../../sandbox/venues/session.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { smallMarkets } from './sandboxes.ts';

const TICK_MS = 10;

interface Client {
  readonly session: Session;
  readonly frames: string[];
  readonly ended: string[];
}

/** Connects like a WebSocket client would, with arrays in place of the network. */
function connect(venue: RunningVenue, url: string): Client {
  const open = venue.accept(url, 'client');
  if (typeof open !== 'function') throw new Error(`Rejected with ${JSON.stringify(open)}`);
  const frames: string[] = [];
  const ended: string[] = [];
  const end = (how: string): void => {
    ended.push(how);
    venue.connections.onClosed(session);
  };
  const peer: Peer = {
    send: (data) => frames.push(data.toString()),
    ping: () => undefined,
    pong: () => undefined,
    close: (code) => end(String(code)),
    terminate: () => end('cut'),
    pause: () => undefined,
    bufferedBytes: () => 0,
  };
  const session = venue.connections.open(open, peer);
  return { session, frames, ended };
}

function start(seed = 'in-process') {
  const clock = new ManualClock();
  const exchange = new SimulatedExchange({ clock, seed, symbols: smallMarkets(), pace: 600 });
  const run = (ms: number): void => {
    for (let passedMs = 0; passedMs < ms; passedMs += TICK_MS) {
      clock.advance(TICK_MS);
      exchange.tick();
    }
  };
  return { clock, exchange, run };
}

const DIFFS = '/stream?streams=btcusdt@depth@100ms';

/** First and last sequence of each diff. */
function ranges(frames: readonly string[]): { first: number; last: number }[] {
  return frames.map((frame) => {
    const { data } = JSON.parse(frame) as { data: { U: number; u: number } };
    return { first: data.U, last: data.u };
  });
}

function gaps(frames: readonly string[]): number {
  const all = ranges(frames);
  return all.filter(({ first }, index) => index > 0 && first !== (all[index - 1]?.last ?? 0) + 1)
    .length;
}

describe('a venue in process', () => {
  test('sends the same frames for the same seed, and other frames for another', () => {
    const play = (seed: string): string[] => {
      const { exchange, run } = start(seed);
      const binance = connect(exchange.venue('binance'), DIFFS);
      run(2000);
      return binance.frames;
    };
    const frames = play('one');
    expect(frames).toHaveLength(20);
    expect(gaps(frames)).toBe(0);
    expect(play('one')).toEqual(frames);
    expect(play('two')).not.toEqual(frames);
  });

  test('answers REST requests from the markets at the time of the clock', () => {
    const { exchange, clock } = start();
    const before = exchange.book('BTCUSDT').sequence;
    clock.advance(1000);
    const request = { url: '/api/v3/depth?symbol=BTCUSDT', address: 'client', headers: {} };
    const { status, body } = exchange.respond(exchange.venue('binance'), request);
    expect(status).toBe(200);
    const { lastUpdateId } = JSON.parse(body) as { lastUpdateId: number };
    expect(lastUpdateId).toBeGreaterThan(before);
    expect(lastUpdateId).toBe(exchange.book('BTCUSDT').sequence);
    expect(exchange.stats().requests).toBe(1);
  });

  test('is subject to faults', () => {
    const { exchange, run } = start();
    const { frames, ended } = connect(exchange.venue('binance'), DIFFS);
    run(500);
    exchange.inject({ type: 'drop-diffs', symbol: 'BTCUSDT', count: 2 });
    run(500);
    expect(frames).toHaveLength(8);
    expect(gaps(frames)).toBe(1);
    exchange.inject({ type: 'close', code: 1012, exchange: 'coinbase' });
    expect(ended).toEqual([]);
    exchange.inject({ type: 'close', code: 1012 });
    expect(ended).toEqual(['1012']);
    expect(exchange.stats()).toMatchObject({ connections: 0, streams: [] });
  });

  test('rejects handshakes with the status that a server would send', () => {
    const { exchange } = start();
    const venue = exchange.venue('binance');
    expect(venue.accept('/nothing', 'client')).toBe(404);
    exchange.inject({ type: 'refuse-connections', count: 1 });
    expect(venue.accept(DIFFS, 'client')).toBe(503);
    expect(venue.accept(DIFFS, 'client')).toBeInstanceOf(Function);
  });

  test('two venues sell the same market', () => {
    const { exchange, run } = start();
    const { session, frames } = connect(exchange.venue('coinbase'), '/');
    const channels = ['level2_batch'];
    session.onMessage(JSON.stringify({ type: 'subscribe', product_ids: ['BTC-USD'], channels }));
    run(1000);
    const [reply, snapshot, ...updates] = frames.map((frame) => JSON.parse(frame).type as string);
    expect([reply, snapshot]).toEqual(['subscriptions', 'snapshot']);
    expect(new Set(updates)).toEqual(new Set(['l2update']));
    const levels = new Map<string, bigint>();
    for (const [price, size] of exchange.book('coinbase:BTC-USD').bids) {
      levels.set(price, (levels.get(price) ?? 0n) + units(size));
    }
    const book = exchange.book('binance:BTCUSDT').bids;
    expect([...levels]).toEqual(book.map(([price, size]) => [price, units(size)]));
  });
});

function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(8, '0'));
}
