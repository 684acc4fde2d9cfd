/** Whether the recordings lie beside the checkout; says so once, loudly, where they don't. */

import { recordingsPath } from '../../bench/recordings.ts';

export function recordingsAvailable(): boolean {
  const isThere = recordingsPath() !== undefined;
  if (!isThere) {
    process.stderr.write('SKIPPED: no ../shared/recordings, so nothing is held against them\n');
  }
  return isThere;
}
