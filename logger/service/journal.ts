/** Detects that standard error goes to systemd's journal. */

import { fstatSync } from 'node:fs';

const STANDARD_ERROR = 2;

/**
 * systemd names the stream in JOURNAL_STREAM (`device:inode`). The variable alone is not enough: every
 * child of a service inherits it, even if its output goes elsewhere.
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
