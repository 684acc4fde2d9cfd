/** JSON whose numbers keep their text: held against JSON.parse, and digits against BigInt. */

import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { JsonNumber, parseExactJson } from '../../../../logger/exchange/wire/exact-json.ts';
import { fieldsOf, listOf } from '../../../../logger/exchange/wire/fields.ts';
import { scaleSides } from '../../../../logger/exchange/wire/scaled-levels.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

/** As JSON.parse would have it. */
function plain(value: unknown): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

function outcome(run: () => unknown): unknown {
  try {
    return { value: run() };
  } catch (error) {
    return error instanceof SyntaxError || error instanceof WireFormatError ? 'malformed' : error;
  }
}

const DOCUMENTS = [
  '[5150,[[90000,3,1.25],[89999,1,0.5],[90001,2,-0.75]],1,1790000000100]',
  '{"table":"orderBookL2","data":[{"id":17000002,"size":300,"price":90000.5,"x":null}]}',
  ' { "a" : [ ] , "b" : { } , "c" : "\\u00e9\\"\\\\" , "d" : true , "e" : false } ',
  '-1.5E+3',
  '"text"',
  'null',
  '{"__proto__":{"a":1},"constructor":2}',
  '{"a":1,"a":2}',
];

describe('the reader', () => {
  test.each(DOCUMENTS)('reads %s as JSON.parse does', (text) => {
    expect(JSON.stringify(plain(parseExactJson(text)))).toBe(JSON.stringify(JSON.parse(text)));
  });

  test.each(['', '[1,]', '{"a":}', '{a:1}', '[1 2]', '01', '1.', '.5', '+1', '-', '1e', 'NaN'])(
    'rejects %j',
    (text) => {
      expect(() => parseExactJson(text)).toThrow(WireFormatError);
    },
  );

  test('an object has no prototype to be reached through a name', () => {
    const fields = fieldsOf(parseExactJson('{"__proto__":{"a":1}}'), 'It');
    expect(fields['a']).toBeUndefined();
    expect(fields['toString']).toBeUndefined();
  });

  test('depth is limited', () => {
    expect(() => parseExactJson('['.repeat(10_000))).toThrow(WireFormatError);
  });

  test('agrees with JSON.parse on damaged documents', () => {
    const random = seededRandom();
    const splices = ['"', ',', '[', ']', '{', '}', ':', '-', 'e5', '0', '\\', ' ', 'true', '\n'];
    for (let i = 0; i < 5000; i++) {
      const text = random.pick(DOCUMENTS);
      const at = random.integer(0, text.length);
      const to = at + random.integer(0, 2);
      const damaged = text.slice(0, at) + random.pick(splices) + text.slice(to);
      const [mine, theirs] = [
        outcome(() => plain(parseExactJson(damaged))),
        outcome(() => JSON.parse(damaged)),
      ];
      expect(JSON.stringify(mine), `seed ${random.seed}: ${damaged}`).toBe(JSON.stringify(theirs));
    }
  });
});

describe('a number', () => {
  test.each([
    ['1.1e-7', '0.00000011'],
    ['1E3', '1000'],
    ['1.2345e2', '123.45'],
    ['-2.50e1', '-25'],
    ['0e5', '0'],
    ['0.1', '0.1'],
    ['12345678901234567890.123456789', '12345678901234567890.123456789'],
    ['1e-18', '0.000000000000000001'],
    ['10e-1', '1'],
  ])('%s is %s', (text, decimal) => {
    expect(new JsonNumber(text).decimal).toBe(decimal);
  });

  test('an exponent without end costs nothing', () => {
    expect(() => new JsonNumber('1e999999999').decimal).toThrow(WireFormatError);
  });

  test('knows its sign and whether it is a safe integer', () => {
    const negative = new JsonNumber('-0.75');
    expect([negative.isNegative, negative.magnitude.text]).toEqual([true, '0.75']);
    expect(new JsonNumber('5150').integer).toBe(5150);
    expect(new JsonNumber('-1726014321').integer).toBe(-1_726_014_321);
    expect(new JsonNumber('2290000000099999999').integer).toBeNull();
    expect(new JsonNumber('1.0').integer).toBeNull();
  });

  test('pairs of numbers become exact levels, at a finer scale where they need one', () => {
    const rows = listOf(fieldsOf(parseExactJson('{"b":[[90000.5,1.1e-7],[1,2]]}'), 'It'), 'b');
    expect(scaleSides(rows, [], { priceExponent: 1, sizeExponent: 2 })).toEqual({
      scale: { priceExponent: 1, sizeExponent: 8 },
      bids: [900_005, 11, 10, 200_000_000],
      asks: [],
    });
    expect(() =>
      scaleSides(listOf({ b: [[new JsonNumber('-1'), new JsonNumber('1')]] }, 'b'), [], {
        priceExponent: 1,
        sizeExponent: 2,
      }),
    ).toThrow(WireFormatError);
  });

  test('is no object with fields', () => {
    expect(() => fieldsOf(new JsonNumber('1'), 'It')).toThrow(WireFormatError);
  });
});
