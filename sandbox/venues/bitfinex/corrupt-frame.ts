/** Corrupts Bitfinex's rows: the content of a message, before its counter. */

import { truncated } from '../../faults/frames.ts';
import type { Corruption } from '../../faults/frames.ts';

export function corruptRow(corruption: Corruption, text: string): string {
  const [, head = '', first = '', second = '', amount = '', tail = ''] =
    /^(\[\d+,)\[([^,]+),([^,]+),([^\]]+)\](.*)$/.exec(text) ?? [];
  const withRow = (...row: readonly string[]): string => `${head}[${row.join(',')}]${tail}`;
  switch (corruption) {
    case 'truncated':
      return truncated(text);
    case 'not-a-number':
      return withRow(first, second, 'NaN');
    case 'long-number':
      return withRow('1'.repeat(400), second, amount);
    case 'negative':
      return withRow(`-${first}`, second, amount);
    case 'exponent':
      // Numbers may have one; this is beyond any.
      return withRow(first, second, '1e500');
    case 'missing-field':
      return withRow(first, second);
    case 'wrong-type':
      return withRow(first, `"${second}"`, amount);
    case 'unsafe-sequence':
      return text.replace(/,\d+,(\d+)\]$/, ',99999999999999999999,$1]');
    case 'proto':
      return `${text.slice(0, -1)},{"__proto__":{"polluted":true}}]`;
    case 'false-size':
      return withRow(first, second, amount.startsWith('-') ? `-9${amount.slice(1)}` : `9${amount}`);
  }
}
