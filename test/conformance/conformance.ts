/** The suite that every exchange has to pass: see `ConformanceCase` for what it brings along. */

import { describe, expect, test } from 'vitest';
import { bookOf } from '../../logger/book/book.ts';
import { factsOf } from '../../logger/exchange/exchange.ts';
import type { SequenceRule } from '../../logger/exchange/exchange.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import { isBookUpdate } from '../../logger/market/events.ts';
import type { BookSnapshot, BookUpdate, MarketEvent } from '../../logger/market/events.ts';
import { needs, recordings } from '../support/requirements.ts';
import type { RecordingListener } from '../support/recording-listener.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { STALE_AFTER_MS, Stage } from './stage.ts';

const signal = new AbortController().signal;

const updatesOf = (listener: RecordingListener): BookUpdate[] =>
  listener.events.filter(isBookUpdate);

/** The updates that move the book on from a sequence. @throws where one is missing. */
function applied(rule: SequenceRule, from: number, updates: readonly BookUpdate[]): BookUpdate[] {
  let sequence = from;
  return updates.filter((update) => {
    const verdict = rule.follow(sequence, update);
    if (verdict === 'gap') throw new Error(`A gap between ${sequence} and ${update.firstSequence}`);
    if (verdict === 'apply') sequence = update.lastSequence;
    return verdict === 'apply';
  });
}

/** The best bid of a snapshot and the updates after it. */
function bestBid(
  snapshot: BookSnapshot,
  updates: readonly BookUpdate[],
): readonly [ScaledInt, ScaledInt] | undefined {
  const book = bookOf(snapshot);
  for (const update of updates) expect(book.apply(update)).toBeNull();
  return book.best('bid');
}

/** The n-th update's bid, see `ConformanceCase`. */
function bidOf({ scale }: ConformanceCase, n: number): readonly [number, number] {
  return [(100 + n) * 10 ** scale.priceExponent, n * 10 ** scale.sizeExponent];
}

export function describeConformance(given: ConformanceCase): void {
  const { first, second } = given.symbols;
  describe(given.name, () => {
    reading(given);
    books(given);
    failures(given);
    rejections(given);
    instruments(given);

    test('symbols do not disturb each other, and a closed one is no longer called', () => {
      const stage = new Stage(given);
      const [one, two] = [stage.open(first), stage.open(second)];
      stage.settle();
      for (const { venue, requested, send } of bound(stage)) {
        for (const symbol of requested) send(venue.image(symbol, 0), venue.update(symbol, 1));
      }
      expect([updatesOf(one.listener), updatesOf(two.listener)]).toMatchObject([
        { length: 1 },
        { length: 1 },
      ]);
      one.handle.close();
      stage.settle();
      for (const { venue, requested, send } of bound(stage)) {
        for (const symbol of requested) send(venue.update(symbol, 2));
      }
      expect(updatesOf(one.listener)).toHaveLength(1);
      expect(updatesOf(two.listener)).toHaveLength(2);
      expect(one.handle.aliveUntilUs()).toBeNull();
    });

    test('after close no listener is called and no timer is left', async () => {
      const stage = new Stage(given);
      const { listener, connection } = stage.streaming(1);
      const before = listener.calls.length;
      await stage.exchange.close();
      connection.send(connection.venue.update(first, 2));
      stage.clock.advance(600_000);
      expect(listener.calls).toHaveLength(before);
      expect(stage.clock.pendingTimers).toBe(0);
    });
  });
}

/** Each open connection with its own way to send. */
function bound(stage: Stage): {
  readonly venue: Stage['latest']['venue'];
  readonly requested: readonly string[];
  readonly send: (...frames: readonly (string | null)[]) => void;
}[] {
  return stage.connections
    .filter(({ socket }) => !socket.isClosed)
    .map((connection) => ({
      venue: connection.venue,
      requested: connection.requested,
      send: (...frames) => connection.send(...frames),
    }));
}

function reading(given: ConformanceCase): void {
  describe('frames', () => {
    test.each(given.examples)('$what', ({ frame, events }) => {
      const stage = new Stage(given);
      const { listener, connection } = stage.streaming(0);
      connection.send(frame(connection.venue));
      expect(listener.events).toEqual(
        events.map((event) => expect.objectContaining(event as Record<string, unknown>)),
      );
      const receiveTimeUs = stage.clock.nowUs();
      expect(listener.events.every((event) => event.receiveTimeUs === receiveTimeUs)).toBe(true);
      expect(stage.exchange.counters().wireErrors).toEqual({});
    });

    test.each(given.damaged)('$what is counted as $kind', ({ frame, kind, isLoss }) => {
      const stage = new Stage(given);
      const { listener, connection } = stage.streaming(1);
      connection.send(frame(connection.venue));
      expect(stage.exchange.counters().wireErrors).toEqual({ [kind]: 1 });
      expect(listener.count('loss')).toBe(isLoss ? 1 : 0);
      connection.send(connection.venue.update(given.symbols.first, 2));
      expect(updatesOf(listener)).toHaveLength(2);
      expect(listener.count('down')).toBe(0);
    });

    if (!given.recording) return;
    test('recorded ones leave no gap', needs(recordings), async () => {
      const recording = given.recording?.();
      if (!recording) return;
      const stage = new Stage(given);
      const { symbol, scale, frames, count } = recording;
      const { listener } = stage.open(symbol, scale);
      const connection = stage.connect();
      connection.send(...frames);
      const types = new Set(listener.events.map(({ type }) => type));
      for (const type of types) {
        const events = listener.events.filter((event) => event.type === type);
        expect([type, events.length]).toEqual([type, count(type)]);
      }
      expect(types.size).toBeGreaterThan(1);
      expect(stage.exchange.counters().wireErrors).toEqual({});
      const snapshot = recording.snapshot ?? (await stage.exchange.snapshot(symbol, signal));
      const updates = applied(stage.exchange.rule, snapshot.sequence, updatesOf(listener));
      expect(updates.length).toBeGreaterThan(100);
      expect(bestBid(snapshot, updates)).toBeDefined();
    });
  });
}

function books(given: ConformanceCase): void {
  const { exchange } = new Stage(given);
  const isSequenced = exchange.proof === 'sequence';
  const isStreamed = given.connection().image(given.symbols.first, 0) !== null;
  describe('the book', () => {
    test('joins the snapshot and the updates around it', async () => {
      const stage = new Stage(given);
      const { listener } = stage.streaming(3);
      stage.answerBook(2);
      const snapshot = await stage.exchange.snapshot(given.symbols.first, signal);
      const updates = updatesOf(listener);
      expect(stage.exchange.rule.bridge(snapshot.sequence, updates).kind).toBe('bridged');
      const rest = applied(stage.exchange.rule, snapshot.sequence, updates);
      expect(rest).toHaveLength(given.book ? 1 : 3);
      expect(bestBid(snapshot, rest)).toEqual(bidOf(given, 3));
    });

    if (!isSequenced) return;
    test('a missing update is a gap', () => {
      const stage = new Stage(given);
      const { listener, connection } = stage.streaming(1);
      connection.send(connection.venue.update(given.symbols.first, 3));
      const [one, three] = updatesOf(listener);
      if (!one || !three) throw new Error('Not both came');
      expect(stage.exchange.rule.follow(one.lastSequence, three)).toBe('gap');
      expect(stage.exchange.rule.bridge(one.lastSequence, [one, three]).kind).not.toBe('bridged');
    });

    // Where each connection numbers for itself, an image comes once.
    if (!isStreamed || exchange.isNumberedByConnection === true) return;
    test('a later image is the next snapshot, and ahead of the updates a loss', async () => {
      const stage = new Stage(given);
      const { listener, connection } = stage.streaming(1);
      const { first } = given.symbols;
      const [at, ahead] = [connection.venue.image(first, 1), connection.venue.image(first, 9)];
      await stage.exchange.snapshot(first, signal);
      connection.send(at);
      expect(listener.count('loss')).toBe(0);
      connection.send(ahead, connection.venue.update(first, 10));
      expect(listener.count('loss')).toBe(1);
      const snapshot = await stage.exchange.snapshot(first, signal);
      expect(stage.exchange.rule.bridge(snapshot.sequence, updatesOf(listener)).kind).toBe(
        'bridged',
      );
      expect(bestBid(snapshot, [])).toEqual(bidOf(given, 9));
    });
  });
}

function instruments(given: ConformanceCase): void {
  const { listed } = given;
  if (listed === null) return;
  const { first } = given.symbols;
  test('an instrument says what is traded for what, and in which steps', async () => {
    const stage = new Stage(given);
    stage.transport.answer = async () => ({ status: 200, headers: {}, body: listed.body });
    const instrument = await stage.exchange.instrument(first, signal);
    expect(instrument.symbol).toBe(first);
    expect(factsOf(instrument)).toEqual(listed.facts);
  });
}

function rejections(given: ConformanceCase): void {
  const { first, second, unknown } = given.symbols;
  describe('an error frame in answer to a subscription', () => {
    test('is received by its symbol alone, and retried on that connection until it is granted', () => {
      const stage = new Stage(given);
      const listeners = [first, unknown, second].map((symbol) => stage.open(symbol).listener);
      stage.settle(unknown);
      expect(listeners.map(({ states }) => states)).toEqual([['up'], ['rejected'], ['up']]);
      expect(listeners[1]?.waits.length).toBeGreaterThan(1);
      const { length } = stage.connections;
      for (let i = 0; i < 10; i++) stage.settle();
      expect(listeners.map(({ states }) => states)).toEqual([['up'], ['rejected', 'up'], ['up']]);
      expect(stage.connections).toHaveLength(length);
    });

    test('on a new connection leaves the old one as it is, until the new one is complete', () => {
      const stage = new Stage(given);
      const { listener, handle, connection: old } = stage.streaming(1);
      void stage.exchange.reset().catch(() => undefined);
      stage.clock.advance(0);
      const fresh = stage.latest;
      fresh.answer(first);
      for (let n = 2; n <= 5; n++) {
        stage.clock.advance(1000);
        fresh.answer(first);
        fresh.socket.alive();
        old.send(old.venue.update(first, n));
      }
      expect(fresh.requested.length).toBeGreaterThan(2);
      expect(old.socket.isClosed).toBe(false);
      expect(listener.states).toEqual(['up']);
      expect(updatesOf(listener)).toHaveLength(5);
      expect(handle.aliveUntilUs()).toBe(stage.clock.nowUs());
      stage.clock.advance(5000);
      fresh.answer();
      fresh.send(fresh.venue.image(first, 5), fresh.venue.update(first, 6));
      expect(old.socket.isClosed).toBe(true);
      expect(updatesOf(listener)).toHaveLength(6);
      expect(listener.waits).toEqual([]);
    });

    const { unlisted } = given;
    if (!unlisted) return;
    test.each([
      ['ends it where the instrument data does not list the symbol', unlisted, 'unlisted'],
      [
        'is retried where that is a page of HTML',
        { ...unlisted, body: '<html></html>' },
        'rejected',
      ],
      ['is retried where that fails', { ...unlisted, status: 500 }, 'rejected'],
    ] as const)('%s', async (_title, answer, last) => {
      const stage = new Stage(given);
      stage.transport.answer = () => Promise.resolve({ headers: {}, ...answer });
      const [one, two] = [stage.open(first), stage.open(unknown)];
      stage.settle(unknown);
      await stage.clock.advanceAsync(0);
      expect(two.listener.states.at(-1)).toBe(last);
      expect(one.listener.states).toEqual(['up']);
      const asked = stage.latest.requested.length;
      for (let i = 0; i < 5; i++) stage.settle(unknown);
      expect(stage.latest.requested.length > asked).toBe(last === 'rejected');
      // The name is free again where nothing is tried any more.
      const reopen = expect(() => stage.open(unknown));
      if (last === 'unlisted') reopen.not.toThrow();
      else reopen.toThrow(/open already/);
    });
  });
}

function failures(given: ConformanceCase): void {
  const { first } = given.symbols;
  const tradeIds = (events: readonly MarketEvent[]): unknown[] =>
    events.flatMap((event) =>
      event.type === 'trade' || event.type === 'match' ? [event.tradeId] : [],
    );

  describe('connections', () => {
    test('a cut is reported with the last sign of life, and the symbol is subscribed again', () => {
      const stage = new Stage(given);
      const { listener, connection } = stage.streaming(2);
      const aliveUntilUs = stage.clock.nowUs();
      stage.clock.advance(1000);
      connection.socket.end('gone');
      expect(listener.calls.at(-1)).toEqual({ what: 'down', aliveUntilUs, reason: 'gone' });
      const next = stage.connect();
      expect(next.requested).toEqual([first]);
      expect(listener.states.at(-1)).toBe('up');
      next.send(next.venue.image(first, 2), next.venue.update(first, 3));
      expect(updatesOf(listener)).toHaveLength(3);
    });

    test('a reset opens the new connection first and loses nothing', async () => {
      const stage = new Stage(given);
      const { listener, connection: old } = stage.streaming(3);
      const from = updatesOf(listener)[0]?.firstSequence ?? 0;
      const reset = stage.exchange.reset();
      const fresh = stage.connect();
      expect(old.socket.isClosed).toBe(false);
      const { proof, isNumberedByConnection = false } = stage.exchange;
      const isSequenced = proof === 'sequence' && !isNumberedByConnection;
      if (isSequenced) {
        fresh.send(fresh.venue.image(first, 4), fresh.venue.update(first, 5));
        old.send(old.venue.update(first, 4), old.venue.update(first, 5));
        expect(listener.states).toEqual(['up']);
      } else {
        old.send(old.venue.update(first, 4));
        fresh.send(fresh.venue.image(first, 4), fresh.venue.update(first, 5));
        expect(listener.states).toEqual(['up', 'down', 'up']);
      }
      await reset;
      expect(old.socket.isClosed).toBe(true);
      fresh.send(fresh.venue.update(first, 6));
      const updates = updatesOf(listener);
      if (isSequenced) {
        expect(applied(stage.exchange.rule, from - 1, updates)).toHaveLength(6);
        return;
      }
      const snapshot = await stage.exchange.snapshot(first, signal);
      if (isNumberedByConnection) {
        expect(applied(stage.exchange.rule, snapshot.sequence, updates.slice(4))).toHaveLength(2);
        return;
      }
      // The new image takes a place in the count.
      const sequences = updates.map(({ firstSequence }) => firstSequence - from);
      expect(sequences).toEqual([0, 1, 2, 3, 5, 6]);
      expect(snapshot).toMatchObject({ sequence: from + 4 });
    });

    test('trades of two connections come once each', () => {
      const stage = new Stage(given);
      const { listener, connection: old } = stage.streaming(0);
      old.send(old.venue.trade(first, 1));
      void stage.exchange.reset().catch(() => undefined);
      const fresh = stage.connect();
      fresh.send(fresh.venue.image(first, 0));
      for (const { venue, send } of bound(stage))
        send(venue.trade(first, 1), venue.trade(first, 2));
      for (const { venue, send } of bound(stage))
        send(venue.trade(first, 2), venue.trade(first, 3));
      const isOrders = stage.exchange.level === 'L3';
      const ids = tradeIds(listener.events);
      // Fills of an L3 book are book updates: their sequence tells them apart.
      expect(isOrders ? [...new Set(ids)] : ids).toEqual([...new Set(ids)]);
      expect(new Set(ids).size).toBe(3);
    });

    test('silence is answered by a ping, a pong proves life, and none means dead', () => {
      const stage = new Stage(given);
      const { listener, handle, connection } = stage.streaming(1);
      stage.clock.advance(STALE_AFTER_MS / 2);
      expect(connection.socket.pings).toBe(1);
      connection.socket.alive();
      expect(handle.aliveUntilUs()).toBe(stage.clock.nowUs());
      stage.clock.advance(STALE_AFTER_MS);
      expect(connection.socket.isClosed).toBe(true);
      expect(listener.states).toEqual(['up', 'down']);
    });

    test('the ping of the application is sent at its interval', () => {
      const stage = new Stage(given);
      const { connection } = stage.streaming(1);
      const { text, intervalMs } = given.ping ?? { text: null, intervalMs: 60_000 };
      const before = connection.socket.sent.length;
      for (let ms = 0; ms < 2 * intervalMs; ms += 500) {
        stage.clock.advance(500);
        connection.answer();
        connection.socket.alive();
      }
      const sent = connection.socket.sent.slice(before);
      expect(sent).toEqual(text === null ? [] : [text, text]);
      expect(stage.exchange.counters().wireErrors).toEqual({});
    });
  });
}
