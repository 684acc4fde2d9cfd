/**
 * Real frames, damaged at random: whatever becomes of one, parsing either fails as a WireFormatError
 * or gives exactly what a plain slow reading of the same text gives. Needs ../shared/recordings.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { binanceProtocol } from '../../../../logger/exchange/binance/protocol.ts';
import { formatScaled } from '../../../../logger/market/decimal.ts';
import type { Scale } from '../../../../logger/market/decimal.ts';
import type { Levels, MarketEvent } from '../../../../logger/market/events.ts';
import { readAll, readDamaged } from '../../../support/mutated-frame.ts';
import { FrameReader } from '../../../support/read-frame.ts';
import { needs, recordings } from '../../../support/requirements.ts';

const RECORDING = '../shared/recordings/binance-btcusdt-20240808.gz';
const SCALE: Scale = { priceExponent: 8, sizeExponent: 8 };

function recordedFrames(): Buffer[] {
  const lines = gunzipSync(readFileSync(RECORDING)).toString('utf8').split('\n');
  return lines
    .map((line) => line.slice(line.indexOf(' ') + 1))
    .filter((frame) => frame.startsWith('{') && frame.length < 20_000)
    .map((frame) => Buffer.from(frame));
}

const reader = new FrameReader(binanceProtocol('depth@100ms'), SCALE);

/** As the logger does it; undefined for what is no market event. */
function read(frame: Buffer): { event: MarketEvent; scale: Scale } | undefined {
  const message = reader.read(frame, 0);
  return message.kind === 'update' || message.kind === 'side-event' ? message : undefined;
}

/** Exact decimal text without the parser under test. */
function plain(text: string): string {
  const [integer = '', fraction = ''] = text.split('.');
  const digits = fraction.replace(/0+$/, '');
  return BigInt(integer).toString() + (digits === '' ? '' : `.${digits}`);
}

function slowTime(value: number): number {
  return String(value).length <= 14 ? value * 1000 : value;
}

function assertSame({ event, scale }: { event: MarketEvent; scale: Scale }, text: string): void {
  const outer = JSON.parse(text);
  const data = outer.data ?? outer;
  expect(event.exchangeTimeUs).toBe(slowTime(event.type === 'diff' ? data.E : data.T));
  if (event.type === 'trade') {
    expect([event.tradeId, event.eventTimeUs]).toEqual([data.t, slowTime(data.E)]);
    expect(formatScaled(event.price, scale.priceExponent)).toBe(plain(data.p));
    expect(formatScaled(event.size, scale.sizeExponent)).toBe(plain(data.q));
    expect(event.side).toBe(data.m === true ? 'sell' : 'buy');
    return;
  }
  if (event.type !== 'diff') throw new Error(`A ${event.type} from Binance`);
  expect([event.firstSequence, event.lastSequence]).toEqual([data.U, data.u]);
  const rows = (levels: Levels): string[] =>
    levels.map((value, index) =>
      formatScaled(value, index % 2 === 0 ? scale.priceExponent : scale.sizeExponent),
    );
  const slowRows = (side: string[][]): string[] =>
    side.flatMap((level) => level.slice(0, 2).map((value) => plain(value)));
  expect(rows(event.bids)).toEqual(slowRows(data.b));
  expect(rows(event.asks)).toEqual(slowRows(data.a));
}

test('every recorded frame is read exactly', { ...needs(recordings), timeout: 180_000 }, () =>
  expect(readAll(recordedFrames(), { read, assertSame })).toBeGreaterThan(10_000),
);

test(
  'a damaged frame is rejected, or read as it stands',
  { ...needs(recordings), timeout: 120_000 },
  () => readDamaged(recordedFrames(), { read, assertSame }),
);
