/**
 * The recording of a windowed topic through a whole logger: every book that it had comes back from the
 * archive, compared with one kept by a naive model. Needs ../shared/recordings.
 */

import { expect, test } from 'vitest';
import { hasBybitRecording, readBybitRecording } from '../../../../bench/bybit-recording.ts';
import { openBybitCore } from '../../../support/bybit-core.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { needs, recordings } from '../../../support/requirements.ts';

type Row = readonly [price: string, size: string];

/** One `Map` per side from price to size, as the exchange wrote them. */
class NaiveWindow {
  readonly #sides = { b: new Map<string, string>(), a: new Map<string, string>() };

  apply(type: string, data: { readonly b: readonly Row[]; readonly a: readonly Row[] }): void {
    for (const side of ['b', 'a'] as const) {
      const levels = this.#sides[side];
      if (type === 'snapshot') levels.clear();
      for (const [price, size] of data[side]) {
        if (size === '0') expect(levels.delete(price), 'a delete of an unknown level').toBe(true);
        else levels.set(price, size);
      }
    }
  }

  get sizes(): readonly number[] {
    return [this.#sides.b.size, this.#sides.a.size];
  }

  rows(side: 'b' | 'a'): readonly Row[] {
    const direction = side === 'b' ? -1 : 1;
    return [...this.#sides[side]].sort(([p], [q]) => direction * (Number(p) - Number(q)));
  }
}

test.each(['BTCUSDT', 'ETHUSDT'])(
  'every book of %s comes back, with the window as its horizon',
  needs(recordings, {
    isMet: hasBybitRecording(),
    reason: 'no recording of Bybit in ../shared/recordings',
  }),
  async (symbol) => {
    const clock = new ManualClock();
    const logger = await openBybitCore(clock, '200');
    const security = `bybit:${symbol}`;
    const frames = readBybitRecording().spot.filter(({ raw }) => raw.includes(`.${symbol}"`));
    const naive = new NaiveWindow();
    const books = new Map<number, { readonly bids: unknown; readonly asks: unknown }>();
    let lastU: number | null = null;
    let trades = 0;
    try {
      await logger.core.start([security]);
      await logger.settle();
      let atUs = frames[0]?.receiveTimeUs ?? 0;
      for (const { raw, receiveTimeUs } of frames) {
        await clock.advanceAsync((receiveTimeUs - atUs) / 1000);
        atUs = receiveTimeUs;
        const { topic, type, data } = JSON.parse(raw);
        logger.socket.message(raw);
        if (topic.startsWith('publicTrade')) trades += data.length;
        if (!topic.startsWith('orderbook')) continue;
        expect(data.u).toBe(lastU === null ? data.u : lastU + 1);
        lastU = data.u;
        naive.apply(type, data);
        expect(naive.sizes).toEqual([200, 200]);
        if (data.u % 10 === 0) books.set(data.u, { bids: naive.rows('b'), asks: naive.rows('a') });
      }
      await clock.advanceAsync(100);
      expect(logger.core.control.status(security)).toMatchObject({ state: 'live', windowed: true });
      await logger.core.control.flush(security);
      const { reader } = logger.core;
      let compared = 0;
      for (const [u, { bids, asks }] of books) {
        const book = await reader.bookAt({ security, position: { sequence: u } });
        if (book.state !== 'proven') throw new Error(`No book at ${u}`);
        expect([book.bids, book.asks, book.windowed]).toEqual([bids, asks, true]);
        expect(book.horizon).toEqual({ bid: book.bids.at(-1)?.[0], ask: book.asks.at(-1)?.[0] });
        compared++;
      }
      expect(compared).toBeGreaterThan(20);
      expect(await reader.verify({ security })).toMatchObject({ problems: [] });
      const found: string[] = [];
      for await (const item of reader.trades({ security })) {
        if (item.type === 'trade') found.push(String(item.tradeId));
      }
      expect(found).toHaveLength(trades);
      expect(found.every((id) => /^\d{19}$/.test(id))).toBe(true);
    } finally {
      await logger.discard();
    }
  },
);
