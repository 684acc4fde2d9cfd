/**
 * The recordings through a whole logger: every book that they had comes back from the archive, compared with one
 * that a naive model keeps, and the model's checksums match. Needs ../shared/recordings.
 */

import { expect, test } from 'vitest';
import {
  R0_TOGETHER,
  hasBitfinexRecordings,
  readBitfinexP0,
  readBitfinexR0,
} from '../../../../bench/bitfinex-recording.ts';
import type { BitfinexFrame } from '../../../../bench/bitfinex-recording.ts';
import { openBitfinexCore } from '../../../support/bitfinex-core.ts';
import type { BitfinexCore } from '../../../support/bitfinex-core.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { NaiveBitfinex, numbersAsText } from '../../../support/naive-bitfinex.ts';
import { needs, recordings } from '../../../support/requirements.ts';
import { scaled } from '../../../support/scaled.ts';

const requirement = needs(recordings, {
  isMet: hasBitfinexRecordings(),
  reason: 'no recordings of Bitfinex in ../shared/recordings',
});
const LONG = { ...requirement, timeout: 300_000 };
/** Of the messages of R0. */
const ORDERS = scaled({ fast: 3000, full: 100_000 });
/** One of so many moments of R0 is asked about. */
const EACH = scaled({ fast: 1, full: 10 });

interface Sample {
  readonly us: number;
  readonly bids: unknown;
  readonly asks: unknown;
}

/** The books of a connection as they were sent, with checksums that its messages did not have. */
class Player {
  readonly books = new Map<string, NaiveBitfinex>();
  readonly samples: (Sample & { readonly symbol: string })[] = [];
  readonly #kind: 'p0' | 'r0';
  readonly #channels = new Map<string, string>();
  /** Checksums are counted, too. */
  #checksums = 0;
  #frames = 0;

  constructor(kind: 'p0' | 'r0') {
    this.#kind = kind;
  }

  /** Sends a recorded frame, and now and then a checksum after it. */
  play({ raw, receiveTimeUs }: BitfinexFrame, { socket }: BitfinexCore): void {
    if (raw.startsWith('{')) {
      const { event, channel, chanId, symbol } = JSON.parse(raw);
      if (event === 'subscribed' && channel === 'book') this.#channels.set(String(chanId), symbol);
      if (event === 'subscribed') socket.message(raw);
      return;
    }
    const [id, content, counter, ms] = numbersAsText(raw);
    const renumbered = (text: string, number: string): string =>
      text.replace(/,(\d+),(\d+)\]$/, `,${Number(number) + this.#checksums},$2]`);
    socket.message(renumbered(raw, counter));
    const symbol = this.#channels.get(id);
    if (symbol === undefined || typeof content === 'string') return;
    const book = this.books.get(symbol) ?? new NaiveBitfinex(this.#kind);
    this.books.set(symbol, book.apply(content) ?? book);
    if (++this.#frames % 5 === 0) {
      this.#checksums++;
      socket.message(renumbered(`[${id},"cs",${book.checksum()},${counter},${ms}]`, counter));
    }
    // The last of those that come together, in R0.
    if ((this.#frames + 1) % (2 * R0_TOGETHER) !== 0) return;
    const sides = { bids: book.rows('bids'), asks: book.rows('asks') };
    this.samples.push({ symbol, us: receiveTimeUs, ...sides });
  }
}

/** Plays frames at their times. @returns the logger's clock. */
async function play(
  frames: readonly BitfinexFrame[],
  player: Player,
  logger: BitfinexCore,
  clock: ManualClock,
): Promise<void> {
  const beganUs = frames[0]?.receiveTimeUs ?? 0;
  let atUs = beganUs;
  const offsetUs = clock.nowUs() - beganUs;
  for (const frame of frames) {
    const waitMs = (frame.receiveTimeUs - atUs) / 1000;
    if (waitMs > 0) await clock.advanceAsync(waitMs);
    atUs = Math.max(atUs, frame.receiveTimeUs);
    player.play({ ...frame, receiveTimeUs: atUs + offsetUs }, logger);
  }
  await clock.advanceAsync(100);
}

const rowsOf = (rows: readonly (readonly unknown[])[]): unknown =>
  rows.map((row) => row.map(String));

test('every P0 book of seven pairs comes back, with its counts', LONG, async () => {
  const frames = readBitfinexP0();
  const symbols = new Set(frames.flatMap(({ raw }) => /"symbol":"(t[^"]+)"/.exec(raw)?.[1] ?? []));
  expect(symbols.size).toBe(7);
  const clock = new ManualClock();
  const logger = await openBitfinexCore(
    clock,
    'p0',
    [...symbols].map((one) => one.slice(1)),
  );
  const player = new Player('p0');
  try {
    await logger.core.start([...symbols].map((symbol) => `bitfinex:${symbol}`));
    await logger.connect();
    await play(frames, player, logger, clock);
    expect(logger.core.summary()).toMatchObject({ gaps: 0 });
    expect(logger.core.control.status('bitfinex:tDOGUSD')).toMatchObject({ state: 'live', windowed: true }); // prettier-ignore
    const { reader } = logger.core;
    let compared = 0;
    for (const { symbol, us, bids, asks } of player.samples) {
      const security = `bitfinex:${symbol}`;
      await logger.core.control.flush(security);
      const book = await reader.bookAt({ security, position: { clock: 'receive', us } });
      if (book.state !== 'proven') continue;
      expect([rowsOf(book.bids), rowsOf(book.asks)]).toEqual([bids, asks]);
      compared++;
    }
    expect(compared).toBeGreaterThan(20);
    expect(await reader.verify()).toMatchObject({ problems: [] });
  } finally {
    await logger.discard();
  }
});

test(
  'every R0 book comes back: no delete of an unknown order, never more than 25 a side',
  LONG,
  async () => {
    const clock = new ManualClock();
    const logger = await openBitfinexCore(clock, 'r0', ['BTCUSD']);
    const player = new Player('r0');
    const security = 'bitfinex:tBTCUSD';
    try {
      await logger.core.start([security]);
      await logger.connect();
      logger.socket.message(
        '{"event":"subscribed","channel":"trades","chanId":1,"symbol":"tBTCUSD"}',
      );
      await play(readBitfinexR0(ORDERS), player, logger, clock);
      const naive = player.books.get('tBTCUSD');
      expect(naive?.unknownDeletes).toBe(0);
      expect(logger.core.summary()).toMatchObject({ gaps: 0 });
      await logger.core.control.flush(security);
      const { reader } = logger.core;
      const asked = player.samples.filter((_, i) => i % EACH === 0);
      let compared = 0;
      for (const { us, bids, asks } of asked) {
        const position = { clock: 'receive', us } as const;
        const book = await reader.bookAt({ security, position });
        if (book.state !== 'proven') continue;
        expect(Math.max(book.bids.length, book.asks.length)).toBeLessThanOrEqual(25);
        // Of the orders at a price, the book keeps those that came first in front.
        const byId = (rows: any): unknown =>
          rows.toSorted((a: any, b: any) => Number(a[2]) - Number(b[2]));
        expect([byId(rowsOf(book.bids)), byId(rowsOf(book.asks))]).toEqual([
          byId(bids),
          byId(asks),
        ]);
        compared++;
      }
      expect(compared).toBeGreaterThan(40);
      expect(await reader.verify({ security })).toMatchObject({ problems: [] });
    } finally {
      await logger.discard();
    }
  },
);
