/**
 * Frames damaged at random: whatever becomes of one, reading it either fails as a WireFormatError or gives
 * exactly what a plain slow reading of the same text gives, by rows that are really there.
 */

import { expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { bitmexProtocol } from '../../../../logger/exchange/bitmex/protocol.ts';
import type { FeedMessage, SessionProtocol } from '../../../../logger/exchange/feed/protocol.ts';
import { formatScaled } from '../../../../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../../../../logger/market/decimal.ts';
import type { Levels } from '../../../../logger/market/events.ts';
import { bookFrame, partialFrame, tradeFrame } from '../../../support/bitmex-frames.ts';
import type { RowFields } from '../../../support/bitmex-frames.ts';
import { mutated } from '../../../support/mutated-frame.ts';
import { scaled } from '../../../support/scaled.ts';
import { seededRandom, testSeed } from '../../../support/seeded-random.ts';

const SCALE: Scale = { priceExponent: 1, sizeExponent: 0 };
const MUTANTS = scaled({ fast: 6000, full: 100_000 });

/** The table that every frame meets. */
const TABLE: readonly RowFields[] = [
  { id: 17_000_001, side: 'Sell', size: 1200, price: 90_010.5 },
  { id: 17_000_002, side: 'Sell', size: 300, price: 90_011 },
  { id: 17_000_003, side: 'Buy', size: 500, price: 90_000 },
  { id: 17_000_004, side: 'Buy', size: 7, price: 89_999.5 },
];

const FRAMES = [
  bookFrame('insert', [{ id: 17_000_010, size: 50, price: 89_000.5 }]),
  bookFrame('insert', [
    { id: 17_000_011, side: 'Sell', size: 50, price: 91_000 },
    { id: 17_000_012, side: 'Sell', size: 60, price: '9.11e4' },
  ]),
  bookFrame('update', [{ id: 17_000_001, side: 'Sell', size: 1300, price: 90_010.5 }]),
  bookFrame('update', [
    { id: 17_000_003, size: 501 },
    { id: 17_000_004, size: '1e3', price: '89999.50' },
  ]),
  bookFrame('delete', [{ id: 17_000_002, side: 'Sell', price: 90_011 }]),
  bookFrame('delete', [{ id: 17_000_003 }, { id: 17_000_004, price: 89_999.5 }]),
  partialFrame([...TABLE].reverse()),
  tradeFrame([{}, { side: 'Buy', price: 90_010, trdMatchID: 'b6d7-1' }]),
].map((frame) => Buffer.from(frame));

function session(): SessionProtocol {
  const connected = bitmexProtocol(() => undefined).connect(() => undefined);
  read(connected, Buffer.from(partialFrame(TABLE)));
  return connected;
}

function read(connected: SessionProtocol, frame: Buffer): readonly FeedMessage[] {
  const route = connected.route(frame);
  if (route.to === 'symbol') {
    return connected.read(frame, route, { scale: SCALE, receiveTimeUs: 5 });
  }
  connected.readControl(frame);
  return [];
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The frame with every number as text. */
function plainly(text: string): Record<string, any> {
  JSON.parse(text);
  return JSON.parse(
    text.replaceAll(TOKENS, (token) => (token.startsWith('"') ? token : `"${token}"`)),
  );
}

/** A decimal without exponent and trailing zeros, by shifting its digits. */
function plain(text: string): string {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const places = Math.max(0, fraction.length - Number(power));
  const zeros = Math.max(0, Number(power) - fraction.length);
  const digits = `${whole}${fraction}${'0'.repeat(zeros)}`.padStart(places + 1, '0');
  const [before, after] = [
    digits.slice(0, digits.length - places),
    digits.slice(digits.length - places),
  ];
  const rest = after.replace(/0+$/, '');
  return BigInt(before).toString() + (rest === '' ? '' : `.${rest}`);
}

const shown = (value: ScaledInt | undefined, exponent: number): string =>
  formatScaled(value ?? -1, exponent);

const pairs = (levels: Levels, scale: Scale): string[] =>
  Array.from({ length: levels.length / 2 }, (_, i) => {
    const price = shown(levels[2 * i], scale.priceExponent);
    return `${price} ${shown(levels[2 * i + 1], scale.sizeExponent)}`;
  });

/** What the rows of a frame make of the table, as `price size`. @throws where they contradict it. */
function slowRows(action: string, rows: readonly any[], side: string): string[] {
  return rows
    .filter((row) => row.side === side)
    .map((row) => {
      const known = TABLE.find((one) => one.side === side && String(one.id) === row.id);
      const isNew = action === 'partial' || action === 'insert';
      if (!isNew && !known) throw new Error('A row that is not there');
      if (action === 'insert' && known) throw new Error('A row that is there');
      const price = isNew ? plain(row.price) : plain(String(known?.price));
      if (row.price !== undefined && plain(row.price) !== price) throw new Error('Another price');
      return `${price} ${action === 'delete' ? '0' : plain(row.size)}`;
    });
}

function assertSame(messages: readonly FeedMessage[], text: string): void {
  const { table, action, data } = plainly(text);
  if (table === 'trade') {
    const trades = messages.map((message) => {
      if (message.kind !== 'side-event' || message.event.type !== 'trade')
        throw new Error(message.kind);
      const { event, scale } = message;
      const amounts = `${shown(event.price, scale.priceExponent)} ${shown(event.size, scale.sizeExponent)}`;
      return `${event.tradeId} ${event.side} ${amounts}`;
    });
    const slow = data.map(
      (row: any) =>
        `${row.trdMatchID} ${row.side.toLowerCase()} ${plain(row.price)} ${plain(row.size)}`,
    );
    expect(trades).toEqual(slow);
    return;
  }
  const [message, ...more] = messages;
  expect(more).toEqual([]);
  const slow = [slowRows(action, data, 'Buy'), slowRows(action, data, 'Sell')];
  if (message?.kind === 'update' && message.event.type === 'diff') {
    const { bids, asks } = message.event;
    expect([pairs(bids, message.scale), pairs(asks, message.scale)]).toEqual(slow);
  } else if (message?.kind === 'image' && message.snapshot.level === 'L2') {
    const { bids, asks, scale } = message.snapshot;
    // The rows of a whole book come in any order.
    const found = [pairs(bids, scale), pairs(asks, scale)].map((rows) => rows.sort());
    expect(found).toEqual(slow.map((rows) => rows.sort()));
  } else {
    throw new Error(`A ${message?.kind}`);
  }
}

/** A `partial` is only read where none has come before. */
function readNext(frame: Buffer): readonly FeedMessage[] {
  const isPartial = frame.includes('"action":"partial"');
  const connected = isPartial
    ? bitmexProtocol(() => undefined).connect(() => undefined)
    : session();
  return read(connected, frame);
}

test('every frame is read exactly', () => {
  for (const frame of FRAMES) assertSame(readNext(frame), frame.toString('utf8'));
});

const seed = testSeed();

test(
  `a damaged frame is rejected, or read as it stands (SEED=${seed})`,
  { timeout: 120_000 },
  () => {
    const random = seededRandom(seed);
    const counts = { rejected: 0, accepted: 0 };
    for (let i = 0; i < MUTANTS; i++) {
      const damaged = mutated(random.pick(FRAMES), FRAMES, random);
      try {
        const messages = readNext(damaged);
        if (messages.length === 0) continue;
        counts.accepted++;
        assertSame(messages, damaged.toString('utf8'));
      } catch (error) {
        if (!(error instanceof WireFormatError)) {
          throw new Error(`SEED=${seed}, mutant ${i}: ${damaged.toString('utf8')}`, {
            cause: error,
          });
        }
        counts.rejected++;
      }
    }
    // The test proves something only if both outcomes are frequent.
    expect(counts.rejected).toBeGreaterThan(MUTANTS / 4);
    expect(counts.accepted).toBeGreaterThan(MUTANTS / 50);
  },
);
