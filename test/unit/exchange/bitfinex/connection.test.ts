/** Bitfinex's connections: greeting, flags, counter, checksums, maintenance. */

import { beforeEach, describe, expect, test } from 'vitest';
import { bitfinexP0, bitfinexR0 } from '../../../conformance/cases/bitfinex.ts';
import { Stage } from '../../../conformance/stage.ts';
import type { OpenedSymbol, PlayedConnection } from '../../../conformance/stage.ts';
import type { ConformanceCase } from '../../../conformance/conformance-case.ts';
import { BITFINEX_MS, GREETING } from '../../../support/bitfinex-frames.ts';
import type { BitfinexConnection } from '../../../support/bitfinex-frames.ts';

const BTC = 'tBTCUSD';
const AAVE = 'tAAVE:USD';
const signal = new AbortController().signal;

let stage: Stage;
let one: OpenedSymbol;
let two: OpenedSymbol;
let connection: PlayedConnection;
let venue: BitfinexConnection;

function begin(given: ConformanceCase = bitfinexP0): void {
  stage = new Stage(given);
  one = stage.open(BTC);
  two = stage.open(AAVE);
  connection = stage.connect();
  venue = connection.venue as BitfinexConnection;
  connection.send(venue.image(BTC), venue.image(AAVE));
}

/** The image that the last subscription brought. */
const image = (symbol = BTC) => stage.exchange.snapshot(symbol, signal);
const settle = async (): Promise<void> => {
  await stage.clock.advanceAsync(1000);
  connection.answer();
  await stage.clock.advanceAsync(1000);
  connection.answer();
};

beforeEach(() => begin());

describe('a new connection', () => {
  test('asks for nothing before the greeting, then for the flags first', () => {
    stage = new Stage(bitfinexP0);
    stage.open(BTC);
    stage.clock.advance(0);
    const { socket } = stage.latest;
    socket.open();
    stage.clock.advance(1000);
    expect(socket.sent).toEqual([]);
    socket.message(GREETING);
    expect(socket.sent.map((text) => JSON.parse(text))).toEqual([
      { event: 'conf', flags: 229_376 },
      { event: 'subscribe', channel: 'trades', symbol: BTC },
      { event: 'subscribe', channel: 'book', symbol: BTC, prec: 'P0', freq: 'F0', len: '250' },
    ]);
  });

  test('without a greeting is given up', () => {
    stage = new Stage(bitfinexP0);
    stage.open(BTC);
    stage.clock.advance(0);
    const { socket } = stage.latest;
    socket.open();
    for (let i = 0; i < 31; i++) {
      stage.clock.advance(1000);
      socket.alive();
    }
    expect(socket.isClosed).toBe(true);
    expect(stage.connections).toHaveLength(2);
  });

  test('that does not set the flags is asked again, and the symbol waits', () => {
    stage = new Stage(bitfinexP0);
    const { listener } = stage.open(BTC);
    stage.clock.advance(0);
    const { latest } = stage;
    latest.socket.open();
    latest.send(GREETING, '{"event":"conf","status":"FAILED","flags":229376}');
    for (const text of latest.socket.sent.slice(1)) latest.send(...latest.venue.grant(text));
    expect(listener.states).toEqual(['rejected']);
    stage.settle();
    stage.settle();
    expect(listener.states.at(-1)).toBe('up');
    expect(latest.socket.sent.filter((text) => text.includes('"conf"'))).toHaveLength(2);
  });

  test('carries 12 symbols; the 13th gets another', () => {
    stage = new Stage(bitfinexP0);
    for (let i = 0; i < 13; i++) stage.open(`tT${String.fromCodePoint(65 + i)}AUSD`);
    stage.settle();
    stage.settle();
    expect(stage.connections.map(({ requested }) => requested.length)).toEqual([12, 1]);
  });
});

describe('trades that are confirmed after the image of the book', () => {
  const at = (id: number, ms: number): string => `[${id},${BITFINEX_MS + ms},1,150]`;

  /** The book's image, then what the channel of the trades begins with. */
  function confirmTradesLast(...recent: readonly string[]): void {
    stage = new Stage(bitfinexP0);
    one = stage.open(BTC);
    stage.clock.advance(0);
    const { latest } = stage;
    latest.socket.open();
    latest.send(GREETING);
    connection = latest;
    venue = latest.venue as BitfinexConnection;
    const [conf = '', trades = '', book = ''] = latest.socket.sent;
    latest.send(...venue.grant(conf), ...venue.grant(book), venue.image(BTC));
    latest.send(...venue.grant(trades), venue.frame('trades', BTC, `[${recent.join(',')}]`));
  }
  const tradeIds = (): unknown[] =>
    one.listener.events.flatMap((event) => (event.type === 'trade' ? [event.tradeId] : []));

  test('those since the image come out of the last ones, oldest first, once', () => {
    confirmTradesLast(at(13, 20), at(12, 0), at(11, -1), at(10, -5000));
    connection.send(venue.frame('trades', BTC, `"te",${at(13, 20)}`));
    connection.send(venue.frame('trades', BTC, `"te",${at(14, 30)}`));
    expect(tradeIds()).toEqual(['12', '13', '14']);
    expect(one.listener.count('loss')).toBe(0);
  });

  test('are lost where the last ones do not reach back to the image', () => {
    confirmTradesLast(at(13, 20), at(12, 10));
    expect(tradeIds()).toEqual([]);
    expect(one.listener.count('loss')).toBe(1);
    expect(stage.exchange.counters().wireErrors).toEqual({ trades: 1 });
  });

  test('are not missing where there never were any', () => {
    confirmTradesLast();
    expect([tradeIds(), one.listener.count('loss')]).toEqual([[], 0]);
  });

  test('of a channel that is subscribed again are asked for since the new image', async () => {
    await image();
    connection.send(venue.trade(BTC, 1), venue.checksum(BTC, [7]));
    const again = image();
    await settle();
    connection.send(venue.frame('trades', BTC, `[${at(1_200_300_401, 0)}]`), venue.image(BTC));
    await again;
    expect(tradeIds()).toEqual(['1200300401']);
    expect(one.listener.count('loss')).toBe(0);
  });
});

describe('the counter of a connection', () => {
  test('that skips is a loss for every book on it, and each gets a new image there', async () => {
    await Promise.all([image(BTC), image(AAVE)]);
    connection.send(venue.update(BTC, 1));
    venue.lose();
    connection.send(venue.heartbeat(AAVE, 'trades'));
    expect(
      [one.listener, two.listener].map(({ calls }) => calls.filter(({ what }) => what === 'loss')),
    ).toMatchObject([
      [{ reason: 'Message 5 of the connection came after 3' }],
      [{ reason: 'Message 5 of the connection came after 3' }],
    ]);
    const again = image(BTC);
    await settle();
    connection.send(venue.image(BTC), venue.update(BTC, 2));
    expect(await again).toMatchObject({ sequence: 6 });
    expect(one.listener.events.at(-1)).toMatchObject({ firstSequence: 7, lastSequence: 7 });
    expect(stage.connections).toHaveLength(1);
  });

  test('counts heartbeats and messages of other channels, and updates cover them', () => {
    connection.send(
      venue.update(BTC, 1),
      venue.heartbeat(AAVE),
      venue.trade(BTC, 1),
      venue.heartbeat(BTC, 'trades'),
      venue.update(BTC, 2),
    );
    const updates = one.listener.events.filter(({ type }) => type === 'diff');
    expect(updates).toMatchObject([
      { firstSequence: 2, lastSequence: 3 },
      { firstSequence: 4, lastSequence: 7 },
    ]);
    expect(one.listener.count('loss')).toBe(0);
  });

  test('of a message that cannot be read is told by the next one', () => {
    connection.send(venue.update(BTC, 1).slice(0, -18));
    expect([one.listener.count('loss'), two.listener.count('loss')]).toEqual([1, 0]);
    connection.send(venue.update(AAVE, 1));
    expect(two.listener.count('loss')).toBe(0);
  });
});

describe('evidence', () => {
  test('a heartbeat of the book, or a checksum that matches, says that the book stands where it does', async () => {
    await image();
    connection.send(venue.update(BTC, 1), venue.heartbeat(BTC), venue.heartbeat(BTC, 'trades'));
    connection.send(venue.checksum(BTC, [101, 1, 200, -1, '100.0', 1]));
    const beats = one.listener.calls.filter(({ what }) => what === 'heartbeat');
    // The first stands for the image.
    expect(beats).toMatchObject([
      { heartbeat: { lastSequence: 1 } },
      { heartbeat: { lastSequence: 3 } },
      { heartbeat: { lastSequence: 3 } },
    ]);
    expect(one.listener.count('mismatch')).toBe(0);
  });

  test('a checksum that does not match is one mismatch, of that book alone', async () => {
    await image();
    connection.send(venue.checksum(BTC, ['100.0', 1, 200, -1]), venue.update(BTC, 1));
    connection.send(venue.checksum(BTC, [7]), venue.checksum(BTC, [7]));
    expect([one.listener.count('mismatch'), two.listener.count('mismatch')]).toEqual([1, 0]);
    expect(one.listener.calls.find(({ what }) => what === 'mismatch')).toMatchObject({
      checksum: { lastMatch: { sequence: 1 } },
    });
    const again = image();
    await settle();
    connection.send(venue.image(BTC));
    expect(await again).toMatchObject({ sequence: venue.counter });
    connection.send(venue.checksum(BTC, ['100.0', 1, 200, -1]));
    expect(one.listener.count('mismatch')).toBe(1);
  });

  test('checksums count also where a message was lost between the confirmation and the image', async () => {
    stage = new Stage(bitfinexP0);
    one = stage.open(BTC);
    connection = stage.connect();
    venue = connection.venue as BitfinexConnection;
    const snapshot = image();
    connection.send(venue.heartbeat(BTC));
    venue.lose();
    connection.send(venue.image(BTC));
    expect(await snapshot).toMatchObject({ sequence: 3 });
    connection.send(venue.checksum(BTC, [7]));
    expect(one.listener.count('mismatch')).toBe(1);
  });

  test('more rows than the window shows, at a checksum that matches, are a mismatch', async () => {
    await image();
    for (let n = 1; n <= 250; n++) connection.send(venue.book(BTC, `[${n / 10},1,1]`));
    const best = Array.from({ length: 24 }, (_, i) => [(250 - i) / 10, 1]).flat();
    connection.send(venue.checksum(BTC, ['100.0', 1, 200, -1, ...best]));
    expect(one.listener.calls.at(-1)).toMatchObject({
      what: 'mismatch',
      reason: 'The window has 251 rows on a side, more than 250',
      checksum: { lastMatch: null },
    });
  });

  test('an order that changes sides contradicts the book', async () => {
    begin(bitfinexR0);
    await image();
    connection.send(venue.book(BTC, '[1,150,-1]'));
    expect(one.listener.calls.at(-1)).toMatchObject({ what: 'mismatch' });
    expect(stage.exchange.counters().wireErrors).toEqual({ row: 1 });
  });
});

describe('what the exchange announces', () => {
  const info = (code: number): string => `{"event":"info","code":${code},"msg":"…"}`;

  test('a server that stops (20051) is replaced, the new image first', async () => {
    await image();
    connection.send(info(20_051));
    const fresh = stage.connect();
    expect(connection.socket.isClosed).toBe(false);
    for (const symbol of [BTC, AAVE]) fresh.send(fresh.venue.image(symbol, 0));
    expect(connection.socket.isClosed).toBe(true);
    expect(one.listener.states).toEqual(['up', 'down', 'up']);
    expect(await image()).toMatchObject({ sequence: 1 });
  });

  test('an image that is lost on the new connection is asked for again once the old one is gone', () => {
    connection.send(info(20_051));
    const fresh = stage.connect();
    const { venue } = fresh;
    const passHalfMinute = (): void => {
      for (let i = 0; i < 33; i++) {
        stage.clock.advance(1000);
        connection.socket.alive();
        fresh.answer();
        fresh.socket.alive();
      }
    };
    (venue as BitfinexConnection).lose();
    fresh.send(venue.image(AAVE, 0));
    passHalfMinute();
    expect(fresh.requested).toEqual([BTC, AAVE]);
    connection.socket.end('The server stops');
    passHalfMinute();
    expect(fresh.requested).toEqual([BTC, AAVE, BTC]);
    fresh.send(venue.image(BTC, 0), venue.update(BTC, 1));
    expect(one.listener.states).toEqual(['up', 'down', 'up']);
    expect([one.listener.count('loss'), two.listener.states]).toEqual([0, ['up', 'down', 'up']]);
  });

  test('maintenance (20060) ends all books until it is over (20061), on the same connection', () => {
    connection.send(info(20_060));
    for (const { listener } of [one, two]) {
      expect(listener.states).toEqual(['up', 'down']);
      expect(listener.waits.at(-1)).toEqual({
        for: 'connection',
        reason: 'The exchange is in maintenance',
      });
    }
    const sent = connection.socket.sent.length;
    for (let i = 0; i < 60; i++) {
      stage.clock.advance(1000);
      connection.socket.alive();
    }
    expect(connection.socket.sent).toHaveLength(sent);
    connection.send(info(20_061));
    stage.settle();
    expect(one.listener.states).toEqual(['up', 'down', 'up']);
    expect(stage.connections).toHaveLength(1);
    connection.send(venue.image(BTC), venue.update(BTC, 1));
    expect(one.listener.count('loss')).toBe(0);
  });

  test('an end of the maintenance that was missed: all is subscribed again', () => {
    connection.send(info(20_061));
    stage.settle();
    expect(one.listener.states).toEqual(['up', 'down', 'up']);
  });

  test('a maintenance that does not end is asked about on a new connection', () => {
    connection.send(info(20_060));
    for (let i = 0; i < 301; i++) {
      stage.clock.advance(1000);
      connection.socket.alive();
    }
    expect(connection.socket.isClosed).toBe(true);
    const fresh = stage.latest;
    fresh.socket.open();
    fresh.send(GREETING.replace('"status":1', '"status":0'));
    stage.clock.advance(1000);
    expect(fresh.socket.sent).toEqual([]);
    fresh.send(info(20_061));
    expect(fresh.socket.sent.length).toBeGreaterThan(0);
  });
});
