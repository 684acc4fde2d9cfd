/** Corrupts Bybit's book frames. */

import { truncated } from '../../faults/frames.ts';
import type { Corruption } from '../../faults/frames.ts';

const FIRST_LEVEL = /\["([^"]*)","([^"]*)"\]/;
/** The last bid that is no delete. */
const LAST_BID = /,"([^"]*[1-9][^"]*)"\](?=\],"a":)/;

export function corruptDelta(corruption: Corruption, text: string): string {
  const [, price = '1', size = '1'] = FIRST_LEVEL.exec(text) ?? [];
  const withFirstLevel = (newPrice: string, newSize: string): string =>
    text.replace(FIRST_LEVEL, `["${newPrice}","${newSize}"]`);
  switch (corruption) {
    case 'truncated':
      return truncated(text);
    case 'not-a-number':
      return withFirstLevel('NaN', size);
    case 'long-number':
      return withFirstLevel('1'.repeat(400), size);
    case 'negative':
      return withFirstLevel(price, '-1');
    case 'exponent':
      return withFirstLevel('1e5', size);
    case 'missing-field':
      return text.replace(/,"u":\d+/, '');
    case 'wrong-type':
      return text.replace(/"b":\[.*\],"a":/, '"b":"none","a":');
    case 'unsafe-sequence':
      return text.replace(/"u":\d+/, '"u":99999999999999999999');
    case 'proto':
      return text.replace('{"topic"', '{"__proto__":{"polluted":true},"topic"');
    case 'false-size':
      return text.replace(LAST_BID, ',"9$1"]');
  }
}
