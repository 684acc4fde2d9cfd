import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import type { FeedMessage } from '../../../../logger/exchange/feed/protocol.ts';
import { sandboxProtocol } from '../../../../logger/exchange/sandbox/protocol.ts';
import { mutated } from '../../../support/mutated-frame.ts';
import {
  changeFrame,
  orderId,
  partialFrame,
  SANDBOX_TIME,
} from '../../../support/sandbox-frames.ts';
import { seededRandom, testSeed } from '../../../support/seeded-random.ts';

const SCALE = { priceExponent: 2, sizeExponent: 0 };
const START = 1_795_158_000_000_000;
const SEED = testSeed();
const taker = { trade_id: 3, remaining_size: 1, taker_order_id: orderId(9) };

function read(text: string | Buffer): readonly FeedMessage[] {
  const session = sandboxProtocol.connect(() => undefined);
  const frame = Buffer.from(text);
  const route = session.route(frame);
  if (route.to === 'symbol') {
    return session.read(frame, route, { scale: SCALE, receiveTimeUs: 5 });
  }
  session.readControl(frame);
  return [];
}

function kindOf(text: string): unknown {
  try {
    read(text);
  } catch (error) {
    if (error instanceof WireFormatError) return error.context['kind'];
    throw error;
  }
  return 'none';
}

describe('an image', () => {
  const BOOK = [
    { id: orderId(1), priceText: '3.15', size: 3 },
    { id: orderId(2), priceText: '3.14', size: 5 },
    { id: orderId(3), priceText: '3.14', size: 4 },
    { id: orderId(4), side: 'Sell', priceText: '3.2', size: 6 },
  ];

  it('is the whole book, in queue order', () => {
    expect(read(partialFrame(START, BOOK))).toEqual([
      {
        kind: 'image',
        snapshot: {
          level: 'L3',
          sequence: START,
          exchangeTimeUs: Date.parse(SANDBOX_TIME) * 1000 + 125,
          receiveTimeUs: 5,
          scale: SCALE,
          horizon: { bid: null, ask: null },
          bids: [
            { orderId: orderId(1), price: 315, size: 3 },
            { orderId: orderId(2), price: 314, size: 5 },
            { orderId: orderId(3), price: 314, size: 4 },
          ],
          asks: [{ orderId: orderId(4), price: 320, size: 6 }],
        },
      },
    ]);
    expect(read(partialFrame(START, []))).toMatchObject([{ snapshot: { bids: [], asks: [] } }]);
  });

  it('is rejected where it can be no book, or not the whole one', () => {
    const twice = [...BOOK, { id: orderId(1), priceText: '3.13' }];
    const crossed = [...BOOK, { id: orderId(5), side: 'Sell', priceText: '3.1' }];
    expect(kindOf(partialFrame(START, twice))).toBe('snapshot');
    expect(kindOf(partialFrame(START, [...BOOK].reverse()))).toBe('snapshot');
    expect(kindOf(partialFrame(START, crossed.slice(-1).concat(BOOK)))).not.toBe('none');
    expect(kindOf(partialFrame(START, BOOK, { whole: false }))).toBe('snapshot');
    expect(kindOf(partialFrame(START, [{ ...BOOK[0], symbol: 'ETHUSD' }, BOOK[1]!]))).toBe(
      'symbols',
    );
  });
});

it('heartbeats carry the sequence', () => {
  const fields = { sequence: START, trade_id: 4, timestamp: SANDBOX_TIME };
  const head = { table: 'orderBookL3', action: 'heartbeat', filter: { symbol: 'XBTUSD' } };
  expect(read(JSON.stringify({ ...head, ...fields }))).toMatchObject([
    { kind: 'heartbeat', lastSequence: START, lastTradeId: 4, receiveTimeUs: 5 },
  ]);
});

it(`damaged frames fail as what they are, or are read as they stand (SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  const frames = [
    changeFrame('insert', START + 1),
    changeFrame('match', START + 2, taker),
    changeFrame('delete', START + 3),
    partialFrame(START, [{ id: orderId(1) }, { id: orderId(2), side: 'Sell', priceText: '4' }]),
  ].map((frame) => Buffer.from(frame));
  let readable = 0;
  for (let i = 0; i < 4000; i++) {
    const frame = mutated(frames[i % frames.length]!, frames, random);
    try {
      const [message] = read(frame);
      if (message?.kind !== 'update') continue;
      readable++;
      const { sequence, data } = JSON.parse(frame.toString('utf8')) as Record<string, any>;
      expect(message.event.lastSequence).toBe(sequence);
      // A mutated price can be too large for a number.
      expect(inspect(message.event, { depth: 5 })).toContain(data[0].id);
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
    }
  }
  expect(readable).toBeGreaterThan(10);
});
