/** The venues of an archive on disk, as a post-mortem reads them, against a plain replay of the same messages. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Archive } from '../../logger/archive/archive.ts';
import { TwoSidedBook } from '../../logger/book/two-sided-book.ts';
import type { Diff, LevelImage } from '../../logger/market/events.ts';
import { VenueBook } from '../../pipe/market/venue-book.ts';
import { timeOfEvent } from '../../pipe/market/events.ts';
import type { VenueEvent } from '../../pipe/market/events.ts';
import { ArchiveVenues } from '../../pipe/post-mortem/archive/archive-venues.ts';
import { DAY_US, pricesAt, rowAt } from '../../pipe/post-mortem/tops/day-tops.ts';
import { TopsCache } from '../../pipe/post-mortem/tops/tops-cache.ts';
import { recordSegments } from '../support/recorded-archive.ts';
import type { RecordedSegment } from '../support/recorded-archive.ts';
import { testVenue } from '../support/recorded-venues.ts';
import { seededRandom } from '../support/seeded-random.ts';

const random = seededRandom();
const hint = `SEED=${random.seed}`;
const T = Date.UTC(2026, 10, 20, 23, 30) * 1000;
const S = 1_000_000;
const VENUE = testVenue('binance');
const scale = { priceExponent: 2, sizeExponent: 3 };
const horizon = { bid: null, ask: null };

/** Half an hour before midnight to half an hour after it, with a gap around it or not. */
function segmentAt(fromUs: number, fromSequence: number, count: number): RecordedSegment {
  const price = (side: 1 | -1): number => 10_000 + side * random.integer(1, 60);
  const image: LevelImage = {
    level: 'L2',
    sequence: fromSequence,
    exchangeTimeUs: fromUs - 500,
    receiveTimeUs: fromUs,
    scale,
    horizon,
    bids: [9900, 5000],
    asks: [10_100, 5000],
  };
  let [us, sequence] = [fromUs, fromSequence];
  const diffs: Diff[] = [];
  for (let i = 0; i < count; i++) {
    us += random.chance(0.1) ? 0 : random.integer(1, 2 * S);
    const size = (): number => (random.chance(0.4) ? 0 : random.integer(1, 9000));
    diffs.push({
      type: 'diff',
      firstSequence: ++sequence,
      lastSequence: sequence,
      exchangeTimeUs: us - 700,
      receiveTimeUs: us,
      bids: [price(-1), size()],
      asks: [price(1), size()],
    });
  }
  return { image, diffs };
}

const first = segmentAt(T, 100, 1500);
const endOfFirst = first.diffs.at(-1) as Diff;
const second = segmentAt(endOfFirst.receiveTimeUs + 90 * S, 5000, 1500);
const endOfSecond = second.diffs.at(-1) as Diff;
const segments = [first, second];

/** The book at a moment; null: not proven. */
function plainBook(us: number): TwoSidedBook | null {
  const segment = segments.findLast(({ image }) => image.receiveTimeUs <= us);
  if (segment === undefined || us > (segment.diffs.at(-1) as Diff).receiveTimeUs) return null;
  const book = TwoSidedBook.fromImage(segment.image);
  for (const diff of segment.diffs) if (diff.receiveTimeUs <= us) book.apply(diff);
  return book;
}

describe('ArchiveVenues', () => {
  const directory = mkdtempSync(join(tmpdir(), 'archive-venues-'));
  let archive: Archive;
  let past: ArchiveVenues;

  beforeAll(async () => {
    archive = await openEmbeddedArchive({ directory: join(directory, 'archive') });
    await recordSegments(archive, VENUE.security, segments);
    past = new ArchiveVenues(new Map([['archive', archive]]));
  });

  afterAll(async () => {
    await past?.close();
    await archive?.close();
    rmSync(directory, { recursive: true });
  });

  async function eventsIn(fromUs: number, toUs: number): Promise<VenueEvent[]> {
    const events: VenueEvent[] = [];
    for await (const event of past.range(VENUE, { fromUs, toUs }, {})) events.push(event);
    return events;
  }

  test('a range from anywhere moves the book as it was recorded', async () => {
    for (let round = 0; round < 40; round++) {
      const fromUs = T + random.integer(-200, 3200) * S;
      const toUs = fromUs + random.integer(1, 300) * S;
      const events = await eventsIn(fromUs, toUs);
      expect(events.length, hint).toBeGreaterThan(0);
      const book = new VenueBook(VENUE);
      for (const [i, event] of events.entries()) {
        book.apply(event);
        const us = Math.max(fromUs, timeOfEvent(event));
        const nextUs = events[i + 1] ? timeOfEvent(events[i + 1] as VenueEvent) : toUs;
        expect(us, hint).toBeLessThan(toUs);
        // Of several in one microsecond the last one leaves the book.
        if (nextUs <= us) continue;
        // At the very end of a segment both are true: known up to then, and nothing behind it.
        const plain = plainBook(event.type === 'unproven' ? us + 1 : us);
        expect(book.book?.sides() ?? null, `${hint} ${us - T}`).toEqual(plain?.sides() ?? null);
      }
    }
  });

  test('every book is found again by its point, in any order', async () => {
    const all = segments.flatMap(({ diffs }, i) => diffs.map((diff) => ({ diff, epoch: i + 1 })));
    const some = all.filter(() => random.chance(0.04));
    if (random.chance(0.5)) some.reverse();
    for (const { diff, epoch } of some) {
      const { lastSequence: sequence, exchangeTimeUs, receiveTimeUs } = diff;
      const point = { epoch, sequence, isSequenced: true, exchangeTimeUs, receiveTimeUs };
      const image = await past.bookAtPoint(VENUE, point);
      expect(image?.point, hint).toEqual(point);
      const segment = segments[epoch - 1] as RecordedSegment;
      const book = TwoSidedBook.fromImage(segment.image);
      for (const each of segment.diffs) if (each.lastSequence <= sequence) book.apply(each);
      expect(image && { bids: image.bids, asks: image.asks }, hint).toEqual({
        bids: book.levels('bid'),
        asks: book.levels('ask'),
      });
    }
    const lost = { epoch: 1, sequence: 999_999, isSequenced: true, exchangeTimeUs: 0 };
    expect(await past.bookAtPoint(VENUE, { ...lost, receiveTimeUs: T + 60 * S })).toBeNull();
  });

  test('best prices of both days are those of the books, and kept', async () => {
    const day = Math.floor(T / DAY_US) * DAY_US;
    const cache = new TopsCache(past, join(directory, 'tops'), day + 2 * DAY_US);
    for (const dayUs of [day, day + DAY_US]) {
      const tops = await cache.dayOf(VENUE, dayUs);
      for (let round = 0; round < 200; round++) {
        const us = T + random.integer(-60, 3200) * S;
        if (us < dayUs || us >= dayUs + DAY_US) continue;
        const plain = plainBook(us);
        const [bid, ask] = [plain?.best('bid')?.[0], plain?.best('ask')?.[0]];
        const found = pricesAt(tops, rowAt(tops, us));
        const hundredths =
          found && [found.bid, found.ask].map((price) => Math.round(Number(price) * 100));
        expect(hundredths, `${hint} ${us - T}`).toEqual(
          bid === undefined || ask === undefined ? null : [Number(bid), Number(ask)],
        );
      }
    }
    const again = new TopsCache(past, join(directory, 'tops'), day + 2 * DAY_US);
    for (const dayUs of [day, day + DAY_US]) await again.dayOf(VENUE, dayUs);
    expect(again.hits).toBe(2);
  });

  test('the end is that of the recording', async () => {
    expect(await past.endUs(VENUE)).toBe(endOfSecond.receiveTimeUs);
    const behind = await eventsIn(endOfSecond.receiveTimeUs + S, endOfSecond.receiveTimeUs + 2 * S);
    expect(behind.map(({ type }) => type)).toEqual(['unproven']);
  });
});
