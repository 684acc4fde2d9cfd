/**
 * Frames as no exchange should send them. Each form is one that feeds have really been harmed by,
 * or that a hostile one would try.
 */

import type { ExtraFrame, HarmForm } from './fault-injector.ts';

/** Larger than any frame the exchange sends, small enough to be sent whole. */
const HUGE_FRAME_BYTES = 24 * 1024 * 1024;
/** Nesting that makes a careless recursive reader overflow its stack. */
const DEEP_NESTING = 100_000;

/** The level furthest from the best price: it keeps its size longest. */
const LAST_BID = /,"([^"]*[1-9][^"]*)"\](?=\],"a":)/;
const FIRST_LEVEL = /\[\["([^"]*)","([^"]*)"\]/;

/** A diff frame's text, harmed. */
export function harmFrame(form: HarmForm, text: string): string {
  const withFirstLevel = (price: string, size: string): string =>
    text.replace(FIRST_LEVEL, `[["${price}","${size}"]`);
  const [, price = '1', size = '1'] = FIRST_LEVEL.exec(text) ?? [];
  switch (form) {
    case 'truncated':
      return text.slice(0, Math.ceil(text.length / 2));
    case 'not-a-number':
      return withFirstLevel('NaN', size);
    case 'long-number':
      return withFirstLevel('1'.repeat(400), size);
    case 'negative':
      return withFirstLevel(price, '-1.00000000');
    case 'exponent':
      return withFirstLevel('1e5', size);
    case 'missing-field':
      return text.replace(/"U":\d+,/, '');
    case 'wrong-type':
      return text.replace(/"b":\[.*\],"a":/, '"b":"none","a":');
    case 'unsafe-sequence':
      return text.replace(/"u":\d+/, '"u":99999999999999999999');
    case 'proto':
      return text.replace('{"e":"depthUpdate"', '{"__proto__":{"polluted":true},"e":"depthUpdate"');
    case 'false-size':
      return text.replace(LAST_BID, ',"9$1"]');
  }
}

const FIRST_AMOUNT = /"(size|remaining_size|price)":"([^"]*)"/;
const FIRST_ROW = /\["(buy|sell)","([^"]*)","([^"]*)"\]/;

/** A message about an order, or of changed levels, harmed in one of the ways that suit it. */
export function harmOrder(form: HarmForm, text: string): string {
  const withAmount = (amount: string): string =>
    FIRST_AMOUNT.test(text)
      ? text.replace(FIRST_AMOUNT, `"$1":"${amount}"`)
      : text.replace(FIRST_ROW, `["$1","$2","${amount}"]`);
  switch (form) {
    case 'truncated':
      return text.slice(0, Math.ceil(text.length / 2));
    case 'not-a-number':
      return withAmount('NaN');
    case 'long-number':
      return withAmount('1'.repeat(400));
    case 'negative':
      return withAmount('-1');
    case 'exponent':
      return withAmount('1e5');
    case 'missing-field':
      return text.replace(/"side":"[a-z]*",/, '').replace(/"changes":/, '"nothing":');
    case 'wrong-type':
      return text.replace(/"product_id":"[^"]*"/, '"product_id":7');
    case 'unsafe-sequence':
      return text.replace(/"sequence":\d+/, '"sequence":99999999999999999999');
    case 'proto':
      return text.replace('{"type"', '{"__proto__":{"polluted":true},"type"');
    case 'false-size':
      return text.replace(/"remaining_size":"([^"]*)"/, '"remaining_size":"9$1"');
  }
}

/** A frame that belongs to no stream. */
export function extraFrame(form: ExtraFrame): string | Buffer {
  switch (form) {
    case 'malformed':
      return '{"stream":"btcusdt@depth","data":{"e":"depthUpdate",,}';
    case 'empty':
      return '';
    case 'huge':
      return `{"stream":"btcusdt@depth","data":"${'x'.repeat(HUGE_FRAME_BYTES)}"}`;
    case 'unknown-event':
      return '{"stream":"btcusdt@novelty","data":{"e":"novelty","E":1790000000123,"s":"BTCUSDT"}}';
    case 'binary':
      return Buffer.from([0, 255, 1, 254, 123, 34]);
    case 'deep':
      return '['.repeat(DEEP_NESTING) + ']'.repeat(DEEP_NESTING);
  }
}
