import { fstatSync } from 'node:fs';
import { expect, test } from 'vitest';
import { goesToJournal } from '../../../logger/service/journal.ts';

test('the journal is where JOURNAL_STREAM names this very stream', () => {
  const { dev, ino } = fstatSync(2);
  expect(goesToJournal({ JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
  expect(goesToJournal({ JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false);
  expect(goesToJournal({})).toBe(false);
});
