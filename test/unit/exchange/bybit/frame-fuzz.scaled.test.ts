/**
 * Real frames, damaged at random: whatever becomes of one, parsing either fails as a WireFormatError or gives
 * exactly what a plain slow reading of the same text gives. Needs ../shared/recordings.
 */

import { expect, test } from 'vitest';
import { hasBybitRecording, readBybitRecording } from '../../../../bench/bybit-recording.ts';
import { readDelta } from '../../../../logger/exchange/bybit/events.ts';
import { bybitProtocol } from '../../../../logger/exchange/bybit/protocol.ts';
import { scanDelta } from '../../../../logger/exchange/bybit/scan.ts';
import type {
  UpdateMessage,
  ImageMessage,
  SideEventMessage,
} from '../../../../logger/exchange/feed/protocol.ts';
import { formatScaled } from '../../../../logger/market/decimal.ts';
import type { Scale } from '../../../../logger/market/decimal.ts';
import type { Levels } from '../../../../logger/market/events.ts';
import { readAll, readDamaged } from '../../../support/mutated-frame.ts';
import { FrameReader } from '../../../support/read-frame.ts';
import { needs, recordings } from '../../../support/requirements.ts';
import { scaled } from '../../../support/scaled.ts';

const SCALE: Scale = { priceExponent: 2, sizeExponent: 6 };
const MUTANTS = scaled({ fast: 15_000, full: 100_000 });
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'DOGEUSDT'];

type Found = readonly (UpdateMessage | ImageMessage | SideEventMessage)[];

const reader = new FrameReader(bybitProtocol('orderbook.200'), SCALE);
reader.session.subscribe(1, SYMBOLS);

/** As the logger does it; undefined for what is no market event. */
function read(frame: Buffer): Found | undefined {
  const found = reader
    .readAll(frame, 0)
    .filter(({ kind }) => kind === 'update' || kind === 'image' || kind === 'side-event') as Found;
  return found.length === 0 ? undefined : found;
}

/** Exact decimal text without the parser under test. */
function plain(text: string): string {
  const [integer = '', fraction = ''] = text.split('.');
  const digits = fraction.replace(/0+$/, '');
  return BigInt(integer).toString() + (digits === '' ? '' : `.${digits}`);
}

function assertSame(found: Found, text: string): void {
  const outer = JSON.parse(text);
  const [first] = found;
  if (first?.kind === 'side-event') {
    expect(found.length).toBe(outer.data.length);
    for (const [i, { scale, event }] of (found as SideEventMessage[]).entries()) {
      const row = outer.data[i];
      if (event.type !== 'trade') throw new Error('Not a trade');
      expect([event.tradeId, event.exchangeTimeUs, event.eventTimeUs]).toEqual([
        row.i,
        row.T * 1000,
        outer.ts * 1000,
      ]);
      expect(formatScaled(event.price, scale.priceExponent)).toBe(plain(row.p));
      expect(formatScaled(event.size, scale.sizeExponent)).toBe(plain(row.v));
      expect(event.side).toBe(row.S === 'Buy' ? 'buy' : 'sell');
    }
    return;
  }
  if (!first) throw new Error('Nothing was found');
  const scale = first.kind === 'image' ? first.snapshot.scale : first.scale;
  const book = first.kind === 'image' ? first.snapshot : first.event;
  const sequence = first.kind === 'image' ? first.snapshot.sequence : first.event.lastSequence;
  expect([sequence, first.crossSequence, book.exchangeTimeUs]).toEqual([
    outer.data.u,
    outer.data.seq,
    outer.cts * 1000,
  ]);
  if (!('bids' in book)) throw new Error('Not levels');
  const rows = (levels: Levels): string[] =>
    levels.map((value, index) =>
      formatScaled(value, index % 2 === 0 ? scale.priceExponent : scale.sizeExponent),
    );
  const slowRows = (side: string[][]): string[] =>
    side.flatMap((level) => level.slice(0, 2).map((value) => plain(value)));
  expect(rows(book.bids as Levels)).toEqual(slowRows(outer.data.b));
  expect(rows(book.asks as Levels)).toEqual(slowRows(outer.data.a));
}

const frames = (): Buffer[] => {
  const { spot, linear } = readBybitRecording();
  return [...spot, ...linear]
    .filter(({ raw }) => /orderbook|publicTrade/.test(raw))
    .map(({ raw }) => Buffer.from(raw));
};
const requirement = needs(recordings, {
  isMet: hasBybitRecording(),
  reason: 'no recording of Bybit in ../shared/recordings',
});

test('every recorded frame is read exactly', requirement, () => {
  expect(readAll(frames(), { read, assertSame })).toBeGreaterThan(2000);
});

test('the scanner takes every delta of spot, and says what the parser says', requirement, () => {
  const deltas = readBybitRecording().spot.filter(({ raw }) => raw.includes('"type":"delta"'));
  expect(deltas.length).toBeGreaterThan(500);
  for (const { raw } of deltas) {
    const [, topic = '', symbol = ''] = /"topic":"(orderbook\.200\.(\w+))"/.exec(raw) ?? [];
    const context = { scale: SCALE, receiveTimeUs: 7 };
    const frame = Buffer.from(raw);
    const scanned = scanDelta(frame, { topic, symbol }, context);
    expect(scanned).toEqual(readDelta(frame, { topic, symbol }, context));
  }
});

test(
  'a damaged frame is rejected, or read as it stands',
  { ...requirement, timeout: 120_000 },
  () => {
    const short = frames().filter(({ length }) => length < 1500);
    readDamaged(short, { read, assertSame }, MUTANTS);
  },
);
