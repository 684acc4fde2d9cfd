/**
 * The scanner against the parser, on real frames and on damaged ones, at scales that fit the product, are
 * finer or too coarse: a frame that it takes is the parser's message and has the parser's route, and one
 * that the parser rejects it never takes. Needs ../shared/recordings.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import {
  diffMessage,
  orderMessage,
  tradeMessage,
} from '../../../../logger/exchange/coinbase/events.ts';
import {
  scanDiff,
  scanOrder,
  scanRoute,
  scanTrade,
} from '../../../../logger/exchange/coinbase/scan.ts';
import { parseFields } from '../../../../logger/exchange/wire/fields.ts';
import type { SymbolRoute } from '../../../../logger/exchange/feed/protocol.ts';
import type { Scale } from '../../../../logger/market/decimal.ts';
import { mutated } from '../../../support/mutated-frame.ts';
import { needs, recordings } from '../../../support/requirements.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const FULL = '../shared/recordings/coinbase-full-btcusd-20160312-1.in.gz';
const LEVEL2 = '../shared/recordings/coinbase-level2-20210417.gz';
const FITTING: Scale = { priceExponent: 8, sizeExponent: 8 };
const SCALES: readonly Scale[] = [
  FITTING,
  { priceExponent: 12, sizeExponent: 0 },
  { priceExponent: 0, sizeExponent: 18 },
];
const MUTANTS = 20_000;

const READERS = [
  { scan: scanOrder, parse: orderMessage },
  { scan: scanDiff, parse: diffMessage },
  { scan: scanTrade, parse: tradeMessage },
] as const;
type Reader = (typeof READERS)[number];

function framesOf(path: string): Buffer[] {
  return gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .map((line) => line.slice(line.indexOf(' {') + 1))
    .filter((frame) => /^{"type":"(received|open|match|done|l2update)",/.test(frame))
    .map((frame) => Buffer.from(frame));
}

/** The route that a frame of this text would have. */
function routeIn(text: string): SymbolRoute {
  const field = (name: string): string => new RegExp(`"${name}":"([^"]*)"`).exec(text)?.[1] ?? '';
  return { to: 'symbol', kind: field('type'), symbol: field('product_id'), carries: 'update' };
}

/** @returns whether the scanner took the frame. */
function compare(
  { scan, parse }: Reader,
  frame: Buffer,
  scale: Scale,
  route: SymbolRoute,
): boolean {
  const context = { scale, receiveTimeUs: 5 };
  const scannedRoute = scanRoute(frame);
  const scanned = scan(frame, route, context);
  if (!scanned) return false;
  const message = parseFields(frame, 'The message');
  expect([message['type'], message['product_id']]).toEqual([route.kind, route.symbol]);
  expect(scannedRoute).toEqual({ type: route.kind, product: route.symbol });
  expect(scanned).toEqual(parse(message, context));
  return true;
}

describe('on recorded frames', needs(recordings), () => {
  let full: Buffer[];
  let level2: Buffer[];
  beforeAll(() => {
    full = framesOf(FULL);
    level2 = framesOf(LEVEL2);
  });

  test('it takes all but orders of funds', () => {
    expect(full.length).toBeGreaterThan(3000);
    expect(level2.length).toBeGreaterThan(3000);
    const isTaken = (reader: Reader, frame: Buffer): boolean =>
      compare(reader, frame, FITTING, routeIn(frame.toString('latin1')));
    const left = full.filter((frame) => !isTaken(READERS[0], frame));
    expect(left.every((frame) => frame.includes('"funds":"'))).toBe(true);
    const [diffs, trades] = [true, false].map((isDiff) =>
      level2.filter((frame) => frame.includes('"l2update"') === isDiff),
    ) as [Buffer[], Buffer[]];
    expect(diffs.filter((frame) => !isTaken(READERS[1], frame))).toEqual([]);
    expect(trades.filter((frame) => !isTaken(READERS[2], frame))).toEqual([]);
  });

  test('a damaged one is the parser’s message, or not taken', { timeout: 180_000 }, () => {
    const random = seededRandom();
    let taken = 0;
    for (let i = 0; i < MUTANTS; i++) {
      const frames = random.chance(0.5) ? full : level2;
      const frame = random.pick(frames);
      const damaged = mutated(frame, frames, random);
      const reader = random.pick(READERS);
      const route = routeIn(frame.toString('latin1'));
      try {
        if (compare(reader, damaged, random.pick(SCALES), route)) taken++;
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

const OPEN =
  '"type":"open","sequence":1,"side":"buy","price":"412.75","order_id":"a-1","remaining_size":"2","product_id":"BTC-USD"';
const DIFF = '"type":"l2update","product_id":"BTC-USD","changes":';

test.each([
  ['a field twice', `{${OPEN},"sequence":2}`],
  ['a field twice, once empty', `{${OPEN},"price":null,"price":"","sequence":2}`],
  ['an escape', `{${OPEN},"time":"\\u0032"}`],
  ['a character beyond ASCII', `{${OPEN},"note":"é"}`],
  ['a control character', `{${OPEN},"note":"\t"}`],
  ['white space', `{${OPEN}, "x":1}`],
  ['a padded integer', `{${OPEN},"x":01}`],
  ['a decimal without quotes', `{${OPEN},"x":1.5}`],
  ['an object', `{${OPEN},"x":{}}`],
  ['a list in an order', `{${OPEN},"changes":[,]}`],
  ['a list in an unknown field', `{${OPEN},"x":[]}`],
  ['a text for an integer', `{${OPEN.replace('"sequence":1', '"sequence":"1"')}}`],
  ['an integer for a text', `{${OPEN.replace('"a-1"', '1')}}`],
  ['an integer for a time', `{${OPEN},"time":5}`],
  ['an unsafe integer', `{${OPEN.replace('"sequence":1', '"sequence":9007199254740993')}}`],
  ['more decimals than the scale', `{${OPEN.replace('412.75', '412.757575757')}}`],
  ['an id without end', `{${OPEN.replace('a-1', 'a'.repeat(129))}}`],
  ['no end', `{${OPEN}`],
  ['something behind it', `{${OPEN}}x`],
  ['nothing', '{}'],
  ['a frame longer than any', `{${OPEN},"x":"${'a'.repeat(5000)}"}`],
  ['a change without a side', `{${DIFF}[["none","1","1"]]}`],
  ['a change of four', `{${DIFF}[["buy","1","1","1"]]}`],
  ['a list that goes on', `{${DIFF}[["buy","1","1"],]}`],
  ['no list', `{${DIFF}"buy"}`],
])('%s is left to the parser', (_what, text) => {
  const frame = Buffer.from(text);
  const context = { scale: FITTING, receiveTimeUs: 5 };
  const route = routeIn(text);
  expect(scanOrder(frame, route, context)).toBeUndefined();
  expect(scanDiff(frame, route, context)).toBeUndefined();
});

test('times that are printed otherwise, make no sense or are absent are the parser’s', () => {
  for (const time of [
    '2026-11-20T07:00:00Z',
    '2026-11-20T07:00:00.123456789Z',
    '2026-11-20T23:59:59.5Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T07:60:00Z',
    '2026-02-31T07:00:00Z',
    '2026-11-20T07:00:00+01:00',
    '2026-11-20T07:00:00.Z',
    '2026-11-20T07:00:00.1234567890Z',
    '0001-01-01T00:00:00Z',
    '5016-03-12T05:08:55.842993Z',
    '1790000000.5',
    '20x6-11-20T07:00:00Z',
    '',
  ]) {
    const text = `{${OPEN},"time":"${time}"}`;
    expect(compare(READERS[0], Buffer.from(text), FITTING, routeIn(text))).toBe(true);
  }
});
