/** A warning about something that unauthenticated peers can cause at any rate: logged once, then counted. */

import type { Clock } from '../../runtime/clock.ts';
import type { Log, LogFields } from '../../runtime/log.ts';

const REPORT_EVERY_MS = 60_000;

/** @returns a function to call on each occurrence; it logs at most two lines a minute. */
export function rateLimitedWarning(
  deps: { readonly clock: Clock; readonly log: Log },
  message: string,
): (fields: LogFields) => void {
  let times = 0;
  return (fields) => {
    times++;
    if (times > 1) return;
    deps.log.warning(message, fields);
    deps.clock.schedule(REPORT_EVERY_MS, () => {
      if (times > 1) deps.log.warning(`${message}, again`, { times: times - 1 });
      times = 0;
    });
  };
}
