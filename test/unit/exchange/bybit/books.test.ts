/** Bybit through a whole logger: how books begin, and what ends them. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bookAnswer, bookFrame, seqOf } from '../../../support/bybit-frames.ts';
import type { BookData } from '../../../support/bybit-frames.ts';
import { openBybitCore } from '../../../support/bybit-core.ts';
import type { BybitCore } from '../../../support/bybit-core.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const SECURITY = 'bybit:BTCUSDT';
const ASK = ['200', '1'] as const;

let clock: ManualClock;
let logger: BybitCore;
let topic: string;

async function start(feed: 'full' | '50'): Promise<void> {
  topic = `orderbook.${feed}`;
  logger = await openBybitCore(clock, feed);
  await logger.core.start([SECURITY]);
  await logger.settle();
}

beforeEach(() => {
  clock = new ManualClock();
});
afterEach(async () => {
  await logger.discard();
  expect(logger.fatal).toEqual([]);
});

/** A delta that leaves a bid of size `u` at 100. */
function delta(u: number, more: Partial<BookData> = {}): void {
  const bid = ['100', String(u)] as const;
  logger.socket.message(bookFrame(topic, 'BTCUSDT', 'delta', { u, b: [bid], ...more }));
}

function image(u: number, more: Partial<BookData> = {}): void {
  const sides = { b: [['100', String(u)]], a: [ASK] } as const;
  logger.socket.message(bookFrame(topic, 'BTCUSDT', 'snapshot', { u, ...sides, ...more }));
}

/** What REST answers from now on: the book at `u`. */
function answerAt(u: number, more: Partial<BookData> = {}): void {
  const sides = { b: [['100', String(u)]], a: [ASK] } as const;
  logger.book = bookAnswer('BTCUSDT', { u, ...sides, ...more });
}

async function pass(ms: number): Promise<void> {
  await clock.advanceAsync(ms, Math.min(ms, 100));
  await logger.settle();
}

function status(): { readonly state: string; readonly sequence: string | null } {
  const { state = 'none', sequence = null } = logger.core.control.status(SECURITY) ?? {};
  return { state, sequence };
}

async function gaps(): Promise<readonly unknown[]> {
  await logger.core.control.flush(SECURITY);
  const { gaps: found } = await logger.core.reader.coverage({ security: SECURITY });
  return found.map(({ cause, firstMissing, lastMissing }) => [cause, firstMissing, lastMissing]);
}

/** The book now; it must be proven. */
function bids(): unknown {
  const book = logger.core.control.bookNow(SECURITY);
  if (book?.state !== 'proven') throw new Error('No book now');
  return book.bids;
}

describe('the full book', () => {
  /** Live at 1003, by a snapshot at 1002. */
  async function live(): Promise<void> {
    await start('full');
    answerAt(1002);
    for (const u of [1001, 1002, 1003]) delta(u);
    await pass(1000);
    expect(status()).toEqual({ state: 'live', sequence: '1003' });
  }

  test('a snapshot is joined where its own delta came, and needs no other after it', async () => {
    await start('full');
    answerAt(1002);
    delta(1001);
    await pass(1000);
    expect(status().state).toBe('syncing');
    delta(1002);
    await pass(10);
    expect(status()).toEqual({ state: 'live', sequence: '1002' });
    expect(bids()).toEqual([['100', '1002']]);
    expect(logger.booksAsked).toBe(1);
  });

  test('a snapshot whose own delta was not seen is asked for again', async () => {
    await start('full');
    answerAt(1000);
    delta(1001);
    await pass(300);
    expect(status().state).toBe('syncing');
    answerAt(1001);
    await pass(3000);
    expect(status()).toEqual({ state: 'live', sequence: '1001' });
  });

  test('a snapshot with the u of a delta and another seq is of another numbering', async () => {
    await start('full');
    answerAt(1002, { seq: seqOf(1002) + 1 });
    for (const u of [1001, 1002, 1003]) delta(u);
    await pass(300);
    expect(status().state).toBe('syncing');
    answerAt(1002);
    await pass(3000);
    expect(status().state).toBe('live');
  });

  test('so is one ahead of the stream whose u then comes with another seq', async () => {
    await start('full');
    answerAt(1003, { seq: seqOf(1003) + 1, b: [['100', '666']] });
    delta(1001);
    await pass(300);
    answerAt(1004);
    for (const u of [1002, 1003, 1004]) delta(u);
    await pass(3000);
    expect(status()).toEqual({ state: 'live', sequence: '1004' });
    expect(bids()).toEqual([['100', '1004']]);
  });

  test('a missing delta is a gap with its sequences', async () => {
    await live();
    delta(1005);
    await pass(10);
    expect(status().state).toBe('syncing');
    answerAt(1005);
    await pass(3000);
    expect(status()).toEqual({ state: 'live', sequence: '1005' });
    expect(await gaps()).toEqual([['sequence', '1004', '1004']]);
  });

  test('u = 1 ends the book, whatever was lost; the next one is of the new numbering', async () => {
    await live();
    answerAt(2, { seq: seqOf(2000) + 1 });
    delta(1, { seq: seqOf(2000), b: [] });
    delta(2, { seq: seqOf(2000) + 1 });
    await pass(3000);
    expect(status()).toEqual({ state: 'live', sequence: '2' });
    expect(bids()).toEqual([['100', '2']]);
    expect(await gaps()).toEqual([['connection', null, null]]);
  });

  test('a delta that came twice or late changes nothing', async () => {
    await live();
    for (const u of [1003, 1001, 1002]) delta(u, { b: [['100', '666']] });
    delta(1004);
    expect(bids()).toEqual([['100', '1004']]);
    expect(await gaps()).toEqual([]);
  });

  test('a delta that goes back in seq is dropped, which is a gap', async () => {
    await live();
    delta(1004, { seq: seqOf(1000), b: [['100', '666']] });
    expect(bids()).toEqual([['100', '1003']]);
    answerAt(1005);
    delta(1005);
    await pass(3000);
    expect(await gaps()).toEqual([['sequence', '1004', '1004']]);
  });

  test('after a reconnect to a server that counts otherwise, the old book is not continued', async () => {
    await live();
    logger.socket.end('cut');
    await pass(1000);
    answerAt(501, { seq: seqOf(1010) });
    delta(500, { seq: seqOf(1009) });
    delta(501, { seq: seqOf(1010) });
    await pass(3000);
    expect(status()).toEqual({ state: 'live', sequence: '501' });
    expect(await gaps()).toEqual([['connection', null, null]]);
  });

  test('a reconnect in which nothing happened leaves no gap', async () => {
    await live();
    logger.socket.end('cut');
    await pass(1000);
    delta(1004);
    await pass(100);
    expect(status()).toEqual({ state: 'live', sequence: '1004' });
    expect(await gaps()).toEqual([]);
  });

  test('an image in the stream, which the exchange never sends there, is no delta', async () => {
    await live();
    image(1004);
    expect(status()).toEqual({ state: 'live', sequence: '1003' });
  });
});

describe('a window', () => {
  /** Live at 1003, by an image at 1001. */
  async function live(): Promise<void> {
    await start('50');
    image(1001);
    for (const u of [1002, 1003]) delta(u);
    await pass(1000);
    expect(status()).toEqual({ state: 'live', sequence: '1003' });
  }

  test('the image is the book although nothing follows it', async () => {
    await start('50');
    image(1001);
    await pass(5000);
    expect(status()).toEqual({ state: 'live', sequence: '1001' });
    expect(bids()).toEqual([['100', '1001']]);
  });

  test('a missing delta is a gap, and the symbol is subscribed again', async () => {
    await live();
    delta(1005);
    await pass(1000);
    const asked = logger.socket.sent.filter((text) => text.includes('"subscribe"'));
    expect(asked).toHaveLength(2);
    image(1006);
    await pass(1000);
    expect(status()).toEqual({ state: 'live', sequence: '1006' });
    expect(await gaps()).toEqual([['sequence', '1004', '1005']]);
  });

  test.each([
    ['behind, u = 1', 1, seqOf(1009)],
    ['at the same u', 1003, seqOf(1009)],
    ['ahead', 1009, seqOf(1009)],
  ])('an image at any time replaces the book: %s', async (_name, u, seq) => {
    await live();
    image(u, { seq, b: [['90', '7']] });
    await pass(1000);
    expect(status()).toEqual({ state: 'live', sequence: String(u) });
    expect(bids()).toEqual([['90', '7']]);
    delta(u + 1, { seq: seq + 1, b: [['91', '1']] });
    expect(bids()).toEqual([
      ['91', '1'],
      ['90', '7'],
    ]);
    expect(await gaps()).toHaveLength(1);
  });

  test('an image that repeats what is known is no gap', async () => {
    await live();
    image(1003);
    await pass(1000);
    expect(await gaps()).toEqual([]);
  });

  test('an empty image, as of a symbol that is delisted or before its auction, is a book', async () => {
    await live();
    image(1, { seq: seqOf(1009), b: [], a: [] });
    await pass(3000);
    // It is accepted if another subscription brings it as well.
    expect(status().state).toBe('syncing');
    image(1, { seq: seqOf(1009), b: [], a: [] });
    await pass(3000);
    expect(status().state).toBe('live');
    expect(bids()).toEqual([]);
  });

  test('what lies behind the last price of the window is not claimed as it moves', async () => {
    await start('50');
    image(1001, {
      b: [
        ['100', '1'],
        ['99', '1'],
        ['98', '1'],
      ],
    });
    delta(1002, {
      b: [
        ['98', '0'],
        ['101', '1'],
      ],
    });
    await pass(1000);
    const book = logger.core.control.bookNow(SECURITY);
    expect(book).toMatchObject({ windowed: true, horizon: { bid: '99', ask: '200' } });
    delta(1003, {
      b: [
        ['101', '0'],
        ['98', '1'],
        ['97', '3'],
      ],
    });
    await logger.core.control.flush(SECURITY);
    const { reader } = logger.core;
    const past = async (sequence: number): Promise<unknown> =>
      reader.bookAt({ security: SECURITY, position: { sequence } });
    expect(await past(1002)).toMatchObject({ windowed: true, horizon: { bid: '99' } });
    expect(await past(1003)).toMatchObject({ windowed: true, horizon: { bid: '97' } });
    expect(await reader.verify({ security: SECURITY })).toMatchObject({ problems: [] });
  });
});
