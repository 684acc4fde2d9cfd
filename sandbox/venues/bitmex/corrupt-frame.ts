/** Corrupts BitMEX's changes of `orderBookL2`. */

import { truncated } from '../../faults/frames.ts';
import type { Corruption } from '../../faults/frames.ts';

const FIRST_AMOUNT = /"(size|price)":[\d.]+/;

export function corruptChange(corruption: Corruption, text: string): string {
  const withAmount = (amount: string): string => text.replace(FIRST_AMOUNT, `"$1":${amount}`);
  switch (corruption) {
    case 'truncated':
      return truncated(text);
    case 'not-a-number':
      return withAmount('NaN');
    case 'long-number':
      return withAmount('1'.repeat(400));
    case 'negative':
      return withAmount('-1');
    case 'exponent':
      // Numbers may have one; this is beyond any.
      return withAmount('1e500');
    case 'missing-field':
      return text.replaceAll(/"side":"[A-Za-z]*",/g, '');
    case 'wrong-type':
      return text.replaceAll(/"symbol":"[^"]*"/g, '"symbol":7');
    case 'unsafe-sequence':
      return text.replaceAll(/"id":\d+/g, '"id":1.5');
    case 'proto':
      return text.replace('{"table"', '{"__proto__":{"polluted":true},"table"');
    case 'false-size':
      return text.replace(/"size":(\d+)/, '"size":9$1');
  }
}
