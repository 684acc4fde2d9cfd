/** Corrupts Binance's diff frames. */

import { truncated } from '../../faults/frames.ts';
import type { Corruption } from '../../faults/frames.ts';

/** The level furthest from the best price: it keeps its size longest. */
const LAST_BID = /,"([^"]*[1-9][^"]*)"\](?=\],"a":)/;
const FIRST_LEVEL = /\[\["([^"]*)","([^"]*)"\]/;

export function corruptDiff(corruption: Corruption, text: string): string {
  const withFirstLevel = (price: string, size: string): string =>
    text.replace(FIRST_LEVEL, `[["${price}","${size}"]`);
  const [, price = '1', size = '1'] = FIRST_LEVEL.exec(text) ?? [];
  switch (corruption) {
    case 'truncated':
      return truncated(text);
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
