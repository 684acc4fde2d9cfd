/**
 * The scanner against the parser, on real frames and on damaged ones, at scales that fit the symbol, are
 * finer or too coarse: a frame that it takes is the parser's message, and one that the parser rejects
 * it never takes. Needs ../shared/recordings.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { readDepth, readTrade } from '../../../../logger/exchange/binance/events.ts';
import { scanDepth, scanTrade } from '../../../../logger/exchange/binance/scan.ts';
import type { EventMessage } from '../../../../logger/exchange/feed/protocol.ts';
import type { Scale } from '../../../../logger/market/decimal.ts';
import { mutated } from '../../../support/mutated-frame.ts';
import { needs, recordings } from '../../../support/requirements.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const RECORDING = '../shared/recordings/binance-btcusdt-20240808.gz';
const SYMBOL = 'BTCUSDT';
const FITTING: Scale = { priceExponent: 2, sizeExponent: 8 };
const SCALES: readonly Scale[] = [
  FITTING,
  { priceExponent: 8, sizeExponent: 8 },
  { priceExponent: 12, sizeExponent: 0 },
  { priceExponent: 0, sizeExponent: 18 },
];
const MUTANTS = 40_000;

type Read = (
  frame: Buffer,
  symbol: string,
  context: { scale: Scale; receiveTimeUs: number },
) => EventMessage | undefined;

/** By the event in the frame, as the route tells them apart. */
function readers(frame: Buffer): { readonly scan: Read; readonly parse: Read } {
  return frame.includes('"e":"trade"')
    ? { scan: scanTrade, parse: readTrade }
    : { scan: scanDepth, parse: readDepth };
}

/** @returns whether the scanner took the frame. */
function compare(frame: Buffer, scale: Scale): boolean {
  const { scan, parse } = readers(frame);
  const context = { scale, receiveTimeUs: 5 };
  const scanned = scan(frame, SYMBOL, context);
  if (scanned) expect(scanned).toEqual(parse(frame, SYMBOL, context));
  return scanned !== undefined;
}

/** With times in microseconds, as the logger asks for them. */
function inMicroseconds(frame: Buffer): Buffer {
  return Buffer.from(frame.toString('utf8').replaceAll(/"([ET])":(\d{13}),/g, '"$1":$2417,'));
}

/** The event alone, as an exchange sends it on a connection of one stream. */
function unwrapped(frame: Buffer): Buffer {
  return Buffer.from(JSON.stringify(JSON.parse(frame.toString('utf8')).data));
}

describe('on recorded frames', needs(recordings), () => {
  let frames: Buffer[];
  beforeAll(() => {
    frames = gunzipSync(readFileSync(RECORDING))
      .toString('utf8')
      .split('\n')
      .map((line) => line.slice(line.indexOf(' ') + 1))
      .filter((frame) => /^{"stream":"btcusdt@(depth@100ms|trade)"/.test(frame))
      .map((frame) => Buffer.from(frame));
  });

  test('it takes every one, wrapped by a stream or not', () => {
    expect(frames.length).toBeGreaterThan(10_000);
    for (const frame of frames) {
      if (!compare(frame, FITTING)) throw new Error(`Not taken: ${frame.toString('utf8')}`);
    }
    for (const frame of frames.slice(0, 500)) {
      expect(compare(unwrapped(frame), FITTING)).toBe(true);
      expect(compare(inMicroseconds(frame), FITTING)).toBe(true);
    }
  });

  test('a damaged one is the parser’s message, or not taken', { timeout: 180_000 }, () => {
    const random = seededRandom();
    let taken = 0;
    for (let i = 0; i < MUTANTS; i++) {
      const frame = random.pick(frames);
      const damaged = mutated(random.chance(0.5) ? frame : inMicroseconds(frame), frames, random);
      try {
        if (compare(damaged, random.pick(SCALES))) taken++;
      } catch (error) {
        const what = error instanceof WireFormatError ? 'The parser rejects it' : 'It differs';
        const text = damaged.toString('utf8').slice(0, 300);
        throw new Error(`SEED=${random.seed}, mutant ${i}: ${what}: ${text}`, { cause: error });
      }
    }
    // The test proves something only if both outcomes are frequent.
    expect(taken).toBeGreaterThan(MUTANTS / 50);
    expect(MUTANTS - taken).toBeGreaterThan(MUTANTS / 4);
  });
});

test('decimals of any length are read exactly, after a longer frame too', () => {
  const longer = Buffer.from(`{"x":"${'9'.repeat(400)}"}`);
  const numbers = [
    '0.00000000',
    '61837.63000000',
    '90071992.54740991',
    '90071992.54740992',
    '1.0000000',
    '1.000000000',
    '1.00000001',
    '1.0000000x',
    '1.0000:000',
    '1.00000/00',
    '.00000000',
    'x.00000000',
    '1,00000000',
    '1.00000000',
    '7',
    '0.5',
  ];
  for (const scale of SCALES) {
    for (const number of numbers) {
      const frame = Buffer.from(
        `{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["${number}","${number}"]],"a":[["1","${number}"]]}`,
      );
      scanDepth(longer, SYMBOL, { scale, receiveTimeUs: 5 });
      if (!/^\d+(\.\d+)?$/.test(number)) expect(compare(frame, scale)).toBe(false);
      else compare(frame, scale);
    }
  }
  expect(compare(Buffer.from(depthOf('61837.63000000')), FITTING)).toBe(true);
  expect(compare(Buffer.from(depthOf('90071992.54740991')), SCALES[1] as Scale)).toBe(true);
  expect(compare(Buffer.from(depthOf('90071992.54740992')), SCALES[1] as Scale)).toBe(false);
});

test('a frame that is longer than any is left to the parser', () => {
  const frame = Buffer.from(depthOf('1.00000000', 20_000));
  expect(frame.length).toBeGreaterThan(256 * 1024);
  expect(compare(frame, FITTING)).toBe(false);
});

function depthOf(price: string, levels = 1): string {
  const side = Array.from({ length: levels }, () => `["${price}","1"]`).join(',');
  return `{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[${side}],"a":[]}`;
}

test.each([
  ['a time beyond any', '"E":99999999999999,"s":"BTCUSDT","U":1,"u":2,"b":[],"a":[]'],
  ['an unsafe integer', '"E":1,"s":"BTCUSDT","U":1,"u":9007199254740993,"b":[],"a":[]'],
  ['more decimals than the scale', '"E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["1.001","1"]],"a":[]'],
  [
    'a size beyond safe integers',
    '"E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["1","99999999999.5"]],"a":[]',
  ],
  [
    'a number longer than any',
    `"E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["${'0'.repeat(24)}1","1"]],"a":[]`,
  ],
  ['white space', '"E":1, "s":"BTCUSDT","U":1,"u":2,"b":[],"a":[]'],
  ['another order', '"E":1,"s":"BTCUSDT","u":2,"U":1,"b":[],"a":[]'],
  ['a new field', '"E":1,"s":"BTCUSDT","U":1,"u":2,"b":[],"a":[],"x":1'],
  ['a padded integer', '"E":1,"s":"BTCUSDT","U":01,"u":2,"b":[],"a":[]'],
  ['sequences the wrong way round', '"E":1,"s":"BTCUSDT","U":3,"u":2,"b":[],"a":[]'],
  ['another symbol', '"E":1,"s":"BTCUSDC","U":1,"u":2,"b":[],"a":[]'],
  ['a level of three', '"E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["1","1",[]]],"a":[]'],
])('%s is left to the parser', (_what, fields) => {
  const frame = Buffer.from(`{"e":"depthUpdate",${fields}}`);
  expect(scanDepth(frame, SYMBOL, { scale: FITTING, receiveTimeUs: 5 })).toBeUndefined();
});
