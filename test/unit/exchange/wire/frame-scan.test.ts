/** Texts found in a frame's bytes without parsing it: held against JSON.parse. */

import { describe, expect, test } from 'vitest';
import { TextMap, scanTextFields, textAt } from '../../../../logger/exchange/wire/frame-scan.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

function scan(text: string, ...names: string[]): readonly (string | undefined)[] {
  const frame = Buffer.from(text);
  return scanTextFields(frame, names).map((span) => textAt(frame, span));
}

describe('text fields of a frame', () => {
  test.each([
    ['{"type":"open","product_id":"BTC-USD"}', ['open', 'BTC-USD']],
    ['{ "product_id" : "BTC-USD" ,\n"x":[1,{"type":"no"}], "type" :"open" }', ['open', 'BTC-USD']],
    ['{"data":{"type":"no","product_id":"no"},"type":"open"}', ['open', undefined]],
    ['{"reason":"\\"type\\":\\"no\\"","type":"open"}', ['open', undefined]],
    ['{"a":"type","b":"x\\\\","type":"open"}', ['open', undefined]],
    ['{"type":7,"product_id":null}', [undefined, undefined]],
    ['{"type":"o\\u0070en","product_id":"A"}', ['open', 'A']],
    ['{"type":"\\u5e01\\/\\ud83d\\ude80","product_id":"A"}', ['币/🚀', 'A']],
    ['{"type":"\\u5x","product_id":"A"}', [undefined, 'A']],
    ['{"type":"first","type":"second"}', ['first', undefined]],
    ['{"type":"l2update","product_id":"BTC-USD","chang', ['l2update', 'BTC-USD']],
    ['{"type":"l2upd', [undefined, undefined]],
    ['[{"type":"open"}]', [undefined, undefined]],
    ['"type"', [undefined, undefined]],
    ['', [undefined, undefined]],
    ['{"typ":"a","types":"b"}', [undefined, undefined]],
    ['{"type":"ä"}', ['ä', undefined]],
  ])('%s', (text, expected) => {
    expect(scan(text, 'type', 'product_id')).toEqual(expected);
  });

  test('what stands behind the object is not read', () => {
    expect(scan('{"a":"1"}{"type":"open"}', 'type')).toEqual([undefined]);
  });

  test('agree with JSON.parse, whatever stands around them', () => {
    const random = seededRandom();
    const values = ['x', '币安', 'a"b', '{', '}', '[', ']', 'a\\', ',', ':', '', 'type'];
    const value = (depth: number): unknown => {
      const kind = random.integer(0, depth > 2 ? 2 : 4);
      if (kind === 0) return random.pick(values);
      if (kind === 1) return random.integer(-5, 5);
      if (kind === 2) return null;
      if (kind === 3) return [value(depth + 1), value(depth + 1)];
      return { type: value(depth + 1), other: value(depth + 1) };
    };
    for (let i = 0; i < 3000; i++) {
      const fields = { one: value(0), type: value(0), two: value(0), symbol: value(0) };
      const text = JSON.stringify(fields, null, random.integer(0, 1));
      const expected = [fields.symbol, fields.type].map((found) => {
        return typeof found === 'string' ? found : undefined;
      });
      expect(scan(text, 'symbol', 'type'), `seed ${random.seed}: ${text}`).toEqual(expected);
    }
  });
});

describe('a map by texts in frames', () => {
  test('finds what was set last, by bytes alone', () => {
    const map = new TextMap<number>();
    for (let i = 0; i < 1000; i++) map.set(`S${i}USDT`, i);
    map.set('S7USDT', -7);
    const find = (text: string): number | undefined =>
      map.get(Buffer.from(`"${text}"`), { start: 1, end: text.length + 1, hasEscape: false });
    for (let i = 8; i < 1000; i++) expect(find(`S${i}USDT`)).toBe(i);
    expect(find('S7USDT')).toBe(-7);
    expect(find('S1000USDT')).toBeUndefined();
    expect(find('S7USD')).toBeUndefined();
    expect(find('')).toBeUndefined();
  });

  test('tells texts of the same hash apart', () => {
    // Two that collide under 32-bit FNV-1a.
    const map = new TextMap<string>();
    for (const text of ['costarring', 'liquid']) map.set(text, text);
    for (const text of ['costarring', 'liquid']) {
      expect(map.get(Buffer.from(text), { start: 0, end: text.length, hasEscape: false })).toBe(
        text,
      );
    }
  });
});
