/**
 * Evidence that a logger does its work, for the service manager's watchdog. A working event loop shows
 * by the check itself; recorders and the archive's queue show by these counters. The exchanges are not
 * among them: a restart would not bring them back.
 */

export interface WorkCounters {
  /** Rounds of the recorders' regular work. */
  readonly ticks: number;
  /** Commits that ended, successfully or not. */
  readonly commits: number;
  readonly isCommitting: boolean;
}

/** Whether everything moved between two checks. An archive that rejects writes is not one that hangs. */
export function hasProgressed(before: WorkCounters, now: WorkCounters): boolean {
  const isQueueMoving = !now.isCommitting || now.commits > before.commits;
  return now.ticks > before.ticks && isQueueMoving;
}

/**
 * The period within which the service manager expects a keep-alive (sd_watchdog_enabled(3)).
 * @returns undefined if it expects none from this process.
 */
export function watchdogLimitMs(
  environment: Readonly<Record<string, string | undefined>>,
  processId: number,
): number | undefined {
  const { WATCHDOG_USEC: limit, WATCHDOG_PID: pid } = environment;
  if (pid && pid !== String(processId)) return undefined;
  return limit && /^[1-9]\d{0,14}$/.test(limit) ? Math.floor(Number(limit) / 1000) : undefined;
}
