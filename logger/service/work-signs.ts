/**
 * Signs that a logger does its work, for the watchdog of the service manager. The event loop shows
 * by the question being asked; recorders and the archive's queue show by these. The exchange is not
 * among them: a restart would not bring it back.
 */

export interface WorkSigns {
  /** Counts up with every round of the recorders' regular work. */
  readonly ticks: number;
  /** Counts up with every commit that ended, well or not. */
  readonly commits: number;
  readonly isCommitting: boolean;
}

/** Whether everything moved between two looks. An archive that refuses is not one that hangs. */
export function hasProgressed(before: WorkSigns, now: WorkSigns): boolean {
  const isQueueMoving = !now.isCommitting || now.commits > before.commits;
  return now.ticks > before.ticks && isQueueMoving;
}

/**
 * How long the service manager waits for a sign of life (sd_watchdog_enabled(3)).
 * @returns undefined where it does not wait for one of this process.
 */
export function watchdogLimitMs(
  environment: Readonly<Record<string, string | undefined>>,
  processId: number,
): number | undefined {
  const { WATCHDOG_USEC: limit, WATCHDOG_PID: pid } = environment;
  if (pid && pid !== String(processId)) return undefined;
  return limit && /^[1-9]\d{0,14}$/.test(limit) ? Math.floor(Number(limit) / 1000) : undefined;
}
