import { describe, expect, test } from 'vitest';
import type { Encoder } from '../../../logger/export/encoder.ts';
import { PartBuffer, encodeParts } from '../../../logger/export/parts.ts';
import type { DataItem, GapItem } from '../../../logger/queries/items.ts';
import type { ExportPart } from '../../../logger/queries/results.ts';

const GAP: GapItem = {
  type: 'gap',
  fromUs: 0,
  toUs: null,
  cause: 'sequence',
  firstMissing: 7,
  lastMissing: null,
  missing: 'sequence',
};

function trade(tradeId: number): DataItem {
  return {
    type: 'trade',
    tradeId,
    sequence: null,
    exchangeTimeUs: 1,
    receiveTimeUs: 2,
    price: 100,
    size: 5,
    side: 'buy',
    scale: { priceExponent: 2, sizeExponent: 0 },
  };
}

const encoder: Encoder = {
  header: () => Buffer.from('<'),
  encode: (item) => Buffer.from(item.type === 'trade' ? String(item.tradeId) : '?'),
  end: () => Buffer.from('>'),
};

async function encoded(...items: readonly (DataItem | GapItem)[]): Promise<string[]> {
  const stream = (async function* stream() {
    yield* items;
  })();
  const found: string[] = [];
  for await (const part of encodeParts(stream, encoder)) {
    if ('gap' in part) found.push(`gap ${part.gap.firstMissing}`);
    if ('scale' in part) found.push(`scale ${part.scale.priceExponent} ${part.scale.sizeExponent}`);
    if ('bytes' in part) found.push(Buffer.from(part.bytes).toString());
  }
  return found;
}

describe('encodeParts', () => {
  test('joins items, and ends a part at a gap', async () => {
    expect(await encoded(trade(1), trade(2), GAP, trade(3))).toEqual(['<12', 'gap 7', '3>']);
  });

  test('writes header and end of a file without items, and before a gap that comes first', async () => {
    expect(await encoded()).toEqual(['<>']);
    expect(await encoded(GAP)).toEqual(['<', 'gap 7', '>']);
  });

  test('tells the scale where it begins and changes, if that is asked for', async () => {
    const finer = { ...trade(2), scale: { priceExponent: 4, sizeExponent: 0 } };
    const stream = (async function* items() {
      yield* [trade(1), trade(1), finer];
    })();
    const found: unknown[] = [];
    for await (const part of encodeParts(stream, encoder, undefined, true)) {
      found.push('bytes' in part ? Buffer.from(part.bytes).toString() : part);
    }
    expect(found).toEqual(['<', { scale: trade(1).scale }, '11', { scale: finer.scale }, '2>']);
  });

  test('of a stream that fails before its first item writes no header', async () => {
    const failing = (async function* stream(): AsyncGenerator<DataItem> {
      yield await Promise.reject(new Error('unknown'));
    })();
    const found: ExportPart[] = [];
    const read = async (): Promise<void> => {
      for await (const part of encodeParts(failing, encoder)) found.push(part);
    };
    await expect(read()).rejects.toThrow('unknown');
    expect(found).toEqual([]);
  });
});

describe('PartBuffer', () => {
  test('joined, its parts are the bytes, whatever their lengths', () => {
    for (const max of [1, 2, 7, 64]) {
      const buffer = new PartBuffer(max);
      const lines = Array.from({ length: 50 }, (_, i) => `${'é'.repeat((i * 7) % 23)}\n`);
      const parts = [
        ...lines.flatMap((line) => [...buffer.add(Buffer.from(line))]),
        ...buffer.flush(),
      ];
      expect(Buffer.concat(parts.map(({ bytes }) => bytes)).toString()).toBe(lines.join(''));
      const lengths = parts.map(({ bytes }) => bytes.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(max);
      expect(Math.min(...lengths)).toBeGreaterThan(0);
    }
  });

  test('cuts an item of many lines where a line ends', () => {
    const buffer = new PartBuffer(10);
    const parts = [...buffer.add(Buffer.from('123\n456\n789\n12345678\n')), ...buffer.flush()];
    expect(parts.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
      '123\n456\n',
      '789\n',
      '12345678\n',
    ]);
  });
});
