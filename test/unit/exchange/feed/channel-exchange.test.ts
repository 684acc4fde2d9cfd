/** What only some exchanges do: several replies for a symbol, and state that belongs to a connection. */

import { describe, expect, test } from 'vitest';
import { channels } from '../../../conformance/cases/channels.ts';
import { Stage } from '../../../conformance/stage.ts';
import type { PlayedConnection } from '../../../conformance/stage.ts';
import type { ChannelVenue } from '../../../support/channel-exchange.ts';

const signal = new AbortController().signal;

const venueOf = ({ venue }: PlayedConnection): ChannelVenue => venue as ChannelVenue;

/** Opens the newest connection and leaves its requests unanswered. */
function opened(stage: Stage): PlayedConnection {
  stage.clock.advance(0);
  stage.latest.socket.open();
  return stage.latest;
}

describe('several messages and replies for a symbol', () => {
  test('the symbol is up once all of its replies have come, in any order', () => {
    const stage = new Stage(channels);
    const one = stage.open('AAA').listener;
    const two = stage.open('BBB').listener;
    const { socket, venue } = opened(stage);
    const [conf, bookA, tradesA, bookB, tradesB] = socket.sent;
    expect(conf).toBe('{"op":"conf"}');
    expect(socket.sent).toHaveLength(5);
    const grant = (...requests: (string | undefined)[]): void => {
      for (const request of requests) {
        for (const frame of venue.grant(request ?? '')) socket.message(frame);
      }
    };
    grant(tradesB, bookB, bookA);
    expect([one.states, two.states]).toEqual([[], []]);
    grant(conf);
    expect([one.states, two.states]).toEqual([[], ['up']]);
    grant(tradesA);
    expect([one.states, two.states]).toEqual([['up'], ['up']]);
  });

  test('frames of a channel that is granted early wait for the other', () => {
    const stage = new Stage(channels);
    const { listener } = stage.open('AAA');
    const connection = opened(stage);
    const [conf, book, trades] = connection.socket.sent;
    connection.send(...venueOf(connection).grant(conf ?? ''));
    connection.send(...venueOf(connection).grant(book ?? ''));
    connection.send(venueOf(connection).image('AAA'), venueOf(connection).update('AAA', 1));
    expect(listener.calls).toEqual([]);
    connection.send(...venueOf(connection).grant(trades ?? ''));
    expect(listener.calls.map(({ what }) => what)).toEqual(['up', 'event']);
  });

  test('a symbol of which one channel is rejected is rejected, and its other one given up', () => {
    const stage = new Stage(channels);
    const one = stage.open('AAA').listener;
    const two = stage.open('BBB').listener;
    const connection = opened(stage);
    const [conf, bookA, tradesA, bookB, tradesB] = connection.socket.sent;
    for (const request of [conf, bookA, bookB, tradesB]) {
      connection.send(...connection.venue.grant(request ?? ''));
    }
    connection.send(...connection.venue.reject(tradesA ?? ''));
    expect(one.calls).toEqual([{ what: 'rejected', reason: 'unknown symbol' }]);
    expect(two.states).toEqual(['up']);
    expect(connection.socket.sent.slice(5)).toEqual([
      '{"op":"unsubscribe","channel":"book","symbol":"AAA"}',
      '{"op":"unsubscribe","channel":"trades","symbol":"AAA"}',
    ]);
  });

  test('a reply that never comes drops the connection', () => {
    const stage = new Stage(channels);
    stage.open('AAA');
    const connection = opened(stage);
    const [conf, book] = connection.socket.sent;
    connection.send(...connection.venue.grant(conf ?? ''));
    connection.send(...connection.venue.grant(book ?? ''));
    stage.clock.advance(5000);
    expect(connection.socket.isClosed).toBe(true);
  });
});

describe('state of a connection', () => {
  test('a frame that is lost is a loss for every symbol on the connection', () => {
    const stage = new Stage(channels);
    const one = stage.open('AAA').listener;
    const two = stage.open('BBB').listener;
    const connection = stage.connect();
    const venue = venueOf(connection);
    connection.send(venue.image('AAA'), venue.image('BBB'), venue.update('AAA', 1));
    const aliveUntilUs = stage.clock.nowUs();
    stage.clock.advance(1000);
    venue.lose();
    connection.send(venue.update('AAA', 2));
    const loss = { what: 'loss', aliveUntilUs, reason: 'frame 5 came after 3' };
    expect(one.calls.filter(({ what }) => what === 'loss')).toEqual([loss]);
    expect(two.calls.filter(({ what }) => what === 'loss')).toEqual([loss]);
  });

  test('after a loss a new snapshot is asked for, and brings a book that is whole again', async () => {
    const stage = new Stage(channels);
    stage.open('AAA');
    const connection = stage.connect();
    const venue = venueOf(connection);
    connection.send(venue.image('AAA'));
    await stage.exchange.snapshot('AAA', signal);
    venue.lose();
    connection.send(venue.update('AAA', 1));
    const asked = stage.exchange.snapshot('AAA', signal);
    stage.settle();
    connection.send(venue.image('AAA'));
    expect(await asked).toMatchObject({ bids: [10_000, 10_000], asks: [20_000, 10_000] });
  });

  test('channel ids and level ids are those of the connection that they came on', () => {
    const stage = new Stage(channels);
    stage.open('BBB').handle.close();
    const { listener } = stage.open('AAA');
    const first = stage.connect();
    first.send(venueOf(first).image('AAA'), venueOf(first).frame('book', 'AAA', '[7,150,1]'));
    first.socket.end('gone');
    const second = stage.connect();
    // The level of the old connection means nothing on the new one.
    second.send(venueOf(second).image('AAA'), venueOf(second).frame('book', 'AAA', '[7,2]'));
    expect(stage.exchange.counters().wireErrors).toEqual({ level: 1 });
    second.send(venueOf(second).frame('book', 'AAA', '[1,2]'));
    expect(listener.diffs.map(({ bids }) => bids)).toEqual([
      [15_000, 10_000],
      [10_000, 20_000],
    ]);
  });

  test('a frame of a channel that no one knows may be of any book', () => {
    const stage = new Stage(channels);
    const { listener, connection } = stage.streaming(1);
    connection.send('[999,[1,2,3],3,1790000000100]');
    expect(listener.count('loss')).toBe(1);
  });
});
