/** A warning about something that strangers can cause as often as they like: told once, then counted. */

import type { Clock } from '../../runtime/clock.ts';
import type { Log, LogFields } from '../../runtime/log.ts';

const REPORT_EVERY_MS = 60_000;

/** @returns to be called each time it happens; every minute in which it does has two lines at most. */
export function sparseWarning(
  parts: { readonly clock: Clock; readonly log: Log },
  message: string,
): (fields: LogFields) => void {
  let times = 0;
  return (fields) => {
    times++;
    if (times > 1) return;
    parts.log.warning(message, fields);
    parts.clock.schedule(REPORT_EVERY_MS, () => {
      if (times > 1) parts.log.warning(`${message}, again`, { times: times - 1 });
      times = 0;
    });
  };
}
