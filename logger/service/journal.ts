/** Whether what this process says goes to the journal. */

import { fstatSync } from 'node:fs';

const STANDARD_ERROR = 2;

/**
 * systemd names its end of the stream in JOURNAL_STREAM (`device:inode`). The name alone is not
 * enough: whatever is started from a service inherits it, with its output going elsewhere.
 */
export function goesToJournal(environment: Readonly<Record<string, string | undefined>>): boolean {
  const stream = environment['JOURNAL_STREAM'];
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(STANDARD_ERROR);
    return stream === `${dev}:${ino}`;
  } catch {
    // Standard error is closed: there is nothing to format for.
    return false;
  }
}
