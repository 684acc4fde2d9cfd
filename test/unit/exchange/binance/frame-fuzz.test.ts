/**
 * Real frames, damaged at random: whatever becomes of one, parsing either fails as a WireFormatError
 * or gives exactly what a plain slow reading of the same text gives. Needs ../shared/recordings.
 */

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { diffOf, tradeOf } from '../../../../logger/exchange/binance/events.ts';
import { parseFrame } from '../../../../logger/exchange/binance/wire.ts';
import { formatScaled } from '../../../../logger/market/decimal.ts';
import type { Scale } from '../../../../logger/market/decimal.ts';
import type { Levels, MarketEvent } from '../../../../logger/market/events.ts';
import { seededRandom } from '../../../support/seeded-random.ts';
import type { SeededRandom } from '../../../support/seeded-random.ts';

const RECORDING = '../shared/recordings/binance-btcusdt-20240808.gz';
const isMissing = !existsSync(RECORDING);
const MUTANTS = 30_000;
const SCALE: Scale = { priceExponent: 8, sizeExponent: 8 };

if (isMissing) process.stderr.write(`Skipped: ${RECORDING} is missing (frame-fuzz.test.ts)\n`);

function recordedFrames(): Buffer[] {
  const lines = gunzipSync(readFileSync(RECORDING)).toString('utf8').split('\n');
  return lines
    .map((line) => line.slice(line.indexOf(' ') + 1))
    .filter((frame) => frame.startsWith('{') && frame.length < 20_000)
    .map((frame) => Buffer.from(frame));
}

const SPLICES = [
  'NaN',
  'null',
  'true',
  '-',
  '1e3',
  '""',
  '[]',
  '{}',
  '"__proto__":',
  '9'.repeat(400),
  '0.',
  '.0',
  '9007199254740993',
  '\u0000',
  '"',
  ',',
  ':',
  '[',
  ']',
  '{',
  '}',
  '"s":"ETHUSDT",',
  '"u":1,',
  '"E":0.5,',
  '000000001',
  '\\u0031',
  ' ',
];

function mutated(frame: Buffer, frames: readonly Buffer[], random: SeededRandom): Buffer {
  const at = random.integer(0, frame.length - 1);
  switch (random.integer(0, 6)) {
    case 0: {
      const copy = Buffer.from(frame);
      copy[at] = random.integer(0, 255);
      return copy;
    }
    case 1:
      return frame.subarray(0, at);
    case 2:
      return Buffer.concat([frame.subarray(0, at), frame.subarray(at + random.integer(1, 20))]);
    case 3: {
      const splice = Buffer.from(random.pick(SPLICES));
      return Buffer.concat([frame.subarray(0, at), splice, frame.subarray(at)]);
    }
    case 4: {
      const other = random.pick(frames);
      return Buffer.concat([
        frame.subarray(0, at),
        other.subarray(random.integer(0, other.length)),
      ]);
    }
    case 5: {
      // A digit for a digit: most of these stay well-formed.
      const copy = Buffer.from(frame);
      for (let i = at; i < copy.length; i++) {
        const code = copy[i] ?? 0;
        if (code < 48 || code > 57) continue;
        copy[i] = 48 + random.integer(0, 9);
        break;
      }
      return copy;
    }
    default:
      return Buffer.concat([
        frame.subarray(0, at),
        frame.subarray(at, at + 30),
        frame.subarray(at),
      ]);
  }
}

/** As the logger does it; undefined for what is no market event. */
function read(text: string): { event: MarketEvent; scale: Scale } | undefined {
  const frame = parseFrame(text);
  if (frame.kind === 'depth') return diffOf(frame, SCALE, 0);
  if (frame.kind === 'trade') return tradeOf(frame, SCALE, 0);
  return undefined;
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

test.skipIf(isMissing)(
  'every recorded frame is read exactly',
  () => {
    let events = 0;
    for (const frame of recordedFrames()) {
      const text = frame.toString('utf8');
      const found = read(text);
      if (!found) continue;
      events++;
      assertSame(found, text);
    }
    expect(events).toBeGreaterThan(10_000);
  },
  60_000,
);

test.skipIf(isMissing)(
  'a damaged frame is refused, or read as it stands',
  () => {
    const random = seededRandom();
    const frames = recordedFrames();
    let refused = 0;
    let accepted = 0;
    for (let i = 0; i < MUTANTS; i++) {
      const text = mutated(random.pick(frames), frames, random).toString('utf8');
      try {
        const found = read(text);
        if (!found) continue;
        accepted++;
        assertSame(found, text);
      } catch (error) {
        const hint = `SEED=${random.seed}, mutant ${i}: ${text.slice(0, 300)}`;
        if (!(error instanceof WireFormatError)) throw new Error(hint, { cause: error });
        refused++;
      }
    }
    // Both paths are taken often, or the test proves nothing.
    expect(refused).toBeGreaterThan(MUTANTS / 4);
    expect(accepted).toBeGreaterThan(MUTANTS / 50);
  },
  120_000,
);
