/**
 * Messages damaged at random: whatever becomes of one, reading it either fails as a WireFormatError, shows as a
 * skipped counter, or gives exactly what a plain slow reading of the same text gives.
 */

import { expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { BOOKS } from '../../../../logger/exchange/bitfinex/books.ts';
import type { BitfinexFeedName } from '../../../../logger/exchange/bitfinex/books.ts';
import { bitfinexProtocol } from '../../../../logger/exchange/bitfinex/protocol.ts';
import type { FeedMessage, SessionProtocol } from '../../../../logger/exchange/feed/protocol.ts';
import { formatScaled } from '../../../../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../../../../logger/market/decimal.ts';
import { BitfinexConnection } from '../../../support/bitfinex-frames.ts';
import { mutated } from '../../../support/mutated-frame.ts';
import { numbersAsText, plain } from '../../../support/naive-bitfinex.ts';
import { scaled } from '../../../support/scaled.ts';
import { seededRandom, testSeed } from '../../../support/seeded-random.ts';

const SCALE: Scale = { priceExponent: 2, sizeExponent: 8 };
const MUTANTS = scaled({ fast: 6000, full: 100_000 });
const BTC = 'tBTCUSD';
const [SUBSCRIBE_BOOK = '', SUBSCRIBE_TRADES = ''] = ['book', 'trades'].map((channel) =>
  JSON.stringify({ event: 'subscribe', channel, symbol: BTC }),
);

const CONTENTS: Readonly<Record<BitfinexFeedName, readonly (readonly [string, string])[]>> = {
  p0: [
    ['book', '[[60400,1,0.68826974],[60397.5,12,1.17989099],[60406,3,-2.5e-7]]'],
    ['book', '[60400.5,3,1.25]'],
    ['book', '[60401,0,1]'],
    ['book', '[1.1e-7,10,1000000]'],
    ['trades', '"te",[1200300400,1790000000165,-0.25,60400]'],
    ['book', '"cs",-1726014321'],
    ['book', '"hb"'],
  ],
  r0: [
    [
      'book',
      '[[60504777678,60945,0.246386],[60504770456,60940.35136398,0.16424],[7,60950,-5.403e-5]]',
    ],
    ['book', '[60504617884,60977,-0.00212042]'],
    ['book', '[60504776420,0,1]'],
    ['book', '[60504777678,60944.5,0.25]'],
    ['trades', '"te",[1200300400,1790000000165,0.25,60400.12345678]'],
  ],
};

interface Played {
  readonly session: SessionProtocol;
  readonly frame: Buffer;
  isLost: boolean;
}

/** A connection with an image, if the message is none, and the message. */
function play(feed: BitfinexFeedName, [channel, content]: readonly [string, string]): Played {
  const venue = new BitfinexConnection(feed);
  const played = { session: undefined as unknown as SessionProtocol, frame: Buffer.from(''), isLost: false }; // prettier-ignore
  played.session = bitfinexProtocol(BOOKS[feed]).connect(() => (played.isLost = true));
  for (const request of [SUBSCRIBE_BOOK, SUBSCRIBE_TRADES]) {
    for (const reply of venue.grant(request)) played.session.readControl(Buffer.from(reply));
  }
  const [[, image]] = CONTENTS[feed] as [readonly [string, string]];
  if (content !== image) read(played.session, Buffer.from(venue.book(BTC, image)));
  played.frame = Buffer.from(venue.frame(channel, BTC, content));
  return played;
}

function read(session: SessionProtocol, frame: Buffer): readonly FeedMessage[] {
  const route = session.route(frame);
  if (route.to === 'symbol') return session.read(frame, route, { scale: SCALE, receiveTimeUs: 5 });
  session.readControl(frame);
  return [];
}

const shown = (value: ScaledInt | null | undefined, exponent: number): string =>
  formatScaled(value ?? -1, exponent);

/** A row as side, name (price, or id and price) and size; the size of a deleted one is 0. */
function slowRow(feed: BitfinexFeedName, [first, second, amount]: readonly string[] = []): string {
  const side = amount?.startsWith('-') ? 'ask' : 'bid';
  const isGone = Number(second) === 0;
  const size = isGone ? '0' : plain(amount ?? '');
  if (feed === 'p0') return `${side} ${plain(first ?? '')} ${size} ${Number(second)}`;
  return isGone ? `${side} ${first} gone` : `${side} ${first} ${plain(second ?? '')} ${size}`;
}

function rowsOf(message: FeedMessage): string[] {
  if (message.kind === 'image') {
    const { snapshot } = message;
    const { priceExponent, sizeExponent } = snapshot.scale;
    return (['bids', 'asks'] as const).flatMap((side) => {
      const name = side.slice(0, 3);
      if (snapshot.level === 'L3') {
        return snapshot[side].map(
          ({ orderId, price, size }) =>
            `${name} ${orderId} ${shown(price, priceExponent)} ${shown(size, sizeExponent)}`,
        );
      }
      const levels = snapshot[side];
      return (snapshot.counts?.[side] ?? []).map(
        (count, i) =>
          `${name} ${shown(levels[2 * i], priceExponent)} ${shown(levels[2 * i + 1], sizeExponent)} ${count}`,
      );
    });
  }
  if (message.kind !== 'update') return [];
  const { event, scale } = message;
  const { priceExponent, sizeExponent } = scale;
  if (event.type === 'diff') {
    return (['bids', 'asks'] as const).flatMap((side) => {
      const [price, size] = event[side];
      if (price === undefined) return [];
      const count = event.counts?.[side][0];
      return `${side.slice(0, 3)} ${shown(price, priceExponent)} ${shown(size, sizeExponent)} ${count}`;
    });
  }
  if (event.type === 'match' || event.type === 'received') throw new Error(event.type);
  const side = event.side === 'buy' ? 'bid' : 'ask';
  if (event.type === 'done') return [`${side} ${event.orderId} gone`];
  const [price, size] =
    event.type === 'open'
      ? [event.price, event.remainingSize]
      : [event.newPrice ?? event.price, event.newSize];
  return [`${side} ${event.orderId} ${shown(price, priceExponent)} ${shown(size, sizeExponent)}`];
}

function assertSame(feed: BitfinexFeedName, messages: readonly FeedMessage[], text: string): void {
  JSON.parse(text);
  const [, content, second] = numbersAsText(text);
  const [message] = messages;
  if (message === undefined) return;
  if (message.kind === 'side-event') {
    const { event, scale } = message;
    if (event.type !== 'trade') throw new Error(event.type);
    const [id, ms, amount, price] = second;
    expect([event.tradeId, event.exchangeTimeUs]).toEqual([id, Number(ms) * 1000]);
    expect(event.side).toBe(amount.startsWith('-') ? 'sell' : 'buy');
    expect(shown(event.price, scale.priceExponent)).toBe(plain(price));
    expect(shown(event.size, scale.sizeExponent)).toBe(plain(amount));
  } else if (message.kind === 'image' || message.kind === 'update') {
    const rows: readonly string[][] = message.kind === 'image' ? content : [content];
    expect(rowsOf(message).sort()).toEqual(rows.map((row) => slowRow(feed, row)).sort());
  }
}

test.each(['p0', 'r0'] as const)('%s: every message is read exactly', (feed) => {
  for (const content of CONTENTS[feed]) {
    const played = play(feed, content);
    assertSame(feed, read(played.session, played.frame), played.frame.toString());
    expect(played.isLost).toBe(false);
  }
});

test.each(['p0', 'r0'] as const)(
  `%s: a damaged message is rejected, or read as it stands (SEED=${testSeed()})`,
  (feed) => {
    const random = seededRandom();
    const frames = CONTENTS[feed].map((content) => play(feed, content).frame);
    const counts = { rejected: 0, accepted: 0, lost: 0 };
    for (let i = 0; i < MUTANTS / 2; i++) {
      const played = play(feed, random.pick(CONTENTS[feed]));
      const damaged = mutated(played.frame, frames, random);
      try {
        const messages = read(played.session, damaged);
        assertSame(feed, messages, damaged.toString('utf8'));
        if (played.isLost) counts.lost++;
        else if (messages.length > 0) counts.accepted++;
      } catch (error) {
        const hint = `${feed}, mutant ${i}: ${damaged.toString('utf8').slice(0, 300)}`;
        if (!(error instanceof WireFormatError)) throw new Error(hint, { cause: error });
        counts.rejected++;
      }
    }
    expect(counts.rejected).toBeGreaterThan(MUTANTS / 8);
    expect(counts.accepted).toBeGreaterThan(MUTANTS / 50);
    expect(counts.lost).toBeGreaterThan(MUTANTS / 500);
  },
  120_000,
);
