/** Corrupts Coinbase's messages of the `full` and `level2_batch` channels. */

import { truncated } from '../../faults/frames.ts';
import type { Corruption } from '../../faults/frames.ts';

const FIRST_AMOUNT = /"(size|remaining_size|price)":"([^"]*)"/;
const FIRST_ROW = /\["(buy|sell)","([^"]*)","([^"]*)"\]/;

export function corruptMessage(corruption: Corruption, text: string): string {
  const withAmount = (amount: string): string =>
    FIRST_AMOUNT.test(text)
      ? text.replace(FIRST_AMOUNT, `"$1":"${amount}"`)
      : text.replace(FIRST_ROW, `["$1","$2","${amount}"]`);
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
