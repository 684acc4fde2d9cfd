import { describe, expect, test } from 'vitest';
import { Numbering } from '../../../../logger/exchange/bybit/numbering.ts';

/** `u` and `seq`, in turn. */
type Messages = readonly (readonly [u: number, seq: number])[];

function after(messages: Messages): Numbering {
  const numbering = new Numbering();
  for (const [u, seq] of messages) numbering.take({ u, seq });
  return numbering;
}

const USUAL: Messages = [
  [100, 1000],
  [101, 1010],
  [102, 1030],
];
const RESTARTED: Messages = [...USUAL, [1, 1040], [2, 1050]];

describe('the place of a message', () => {
  test.each([
    ['the first', [], [100, 1000], 'next'],
    ['the next', USUAL, [103, 1031], 'next'],
    ['one after a gap, which is for the sequence rule', USUAL, [109, 1031], 'next'],
    ['the last one again', USUAL, [102, 1030], 'old'],
    ['an older one again', USUAL, [100, 1000], 'old'],
    ['on in u, back in seq', USUAL, [103, 1029], 'contradiction'],
    ['u = 1', USUAL, [1, 1040], 'restart'],
    ['u = 1 of an engine that restarted too', USUAL, [1, 5], 'restart'],
    ['back in u and on in seq, as on a server that counts otherwise', USUAL, [50, 1040], 'restart'],
    ['the same u, and on in seq', USUAL, [102, 1040], 'restart'],
    ['after a restart: the next', RESTARTED, [3, 1060], 'next'],
    ['after a restart: its first message from another connection', RESTARTED, [1, 1040], 'old'],
    ['after a restart: another one', RESTARTED, [1, 1060], 'restart'],
    [
      'u = 1 as the very first, twice',
      [
        [1, 10],
        [2, 20],
      ],
      [1, 10],
      'old',
    ],
  ] as const)('%s', (_name, messages, [u, seq], expected) => {
    expect(after(messages).take({ u, seq })).toBe(expected);
  });
});

describe('a snapshot', () => {
  test.each([
    ['at the last message', USUAL, [102, 1030], 'same'],
    ['at an earlier one', USUAL, [100, 1000], 'same'],
    ['ahead', USUAL, [105, 1090], 'same'],
    ['before any message', [], [105, 1090], 'same'],
    ['at a known u, with another seq', USUAL, [101, 1011], 'foreign'],
    ['ahead in u only', USUAL, [105, 1030], 'foreign'],
    ['ahead in seq only', USUAL, [7, 2000], 'foreign'],
    ['of before the restart', RESTARTED, [102, 1030], 'foreign'],
    ['from before what is remembered', USUAL, [99, 990], 'unknown'],
  ] as const)('%s is %s', (_name, messages, [u, seq], expected) => {
    expect(after(messages).match({ u, seq })).toBe(expected);
  });

  test.each([
    ['the stream reaches it', [103, 1040], [105, 1090], 'next'],
    ['the stream passes it', [103, 1040], [109, 1099], 'next'],
    ['its u comes with another seq', [103, 1040], [105, 1091], 'foreign'],
    ['its seq comes with another u', [103, 1040], [104, 1090], 'foreign'],
    ['the stream passes it in seq alone', [103, 1040], [104, 1100], 'foreign'],
  ] as const)('ahead of the stream: %s', (_name, [u1, seq1], [u2, seq2], expected) => {
    const numbering = after(USUAL);
    expect(numbering.match({ u: 105, seq: 1090 })).toBe('same');
    expect(numbering.take({ u: u1, seq: seq1 })).toBe('next');
    expect(numbering.take({ u: u2, seq: seq2 })).toBe(expected);
    expect(numbering.take({ u: u2 + 1, seq: seq2 + 10 })).toBe('next');
  });

  test('only the last messages are remembered', () => {
    const numbering = new Numbering();
    for (let u = 1; u <= 1000; u++) numbering.take({ u, seq: 2 * u });
    expect(numbering.match({ u: 745, seq: 1490 })).toBe('same');
    expect(numbering.match({ u: 744, seq: 1488 })).toBe('unknown');
  });
});
