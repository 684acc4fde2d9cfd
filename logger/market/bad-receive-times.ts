/**
 * Receive-time defects: periods in which receive times are not the times at which frames arrived.
 * Books do not depend on receive times; studies of latency do, and must leave these periods out.
 * Pure.
 */

/**
 * `stall`: the process was blocked, and frames waiting in its sockets were stamped late. `clock`: the
 * machine's clock was set, and receive times jumped, or ran slowly until a clock that had been set back
 * caught up with them.
 */
export type BadReceiveTimeCause = 'stall' | 'clock';

const CAUSES: readonly BadReceiveTimeCause[] = ['stall', 'clock'];

/** Both ends are inclusive, in receive time. The order of fields matters: a checksum covers them. */
export interface BadReceiveTime {
  readonly fromUs: number;
  readonly toUs: number;
  readonly cause: BadReceiveTimeCause;
}

/** Validates a stored defect. */
export function isBadReceiveTime({ fromUs, toUs, cause }: BadReceiveTime): boolean {
  return Number.isSafeInteger(fromUs) && Number.isSafeInteger(toUs) && CAUSES.includes(cause);
}

/**
 * Merges overlapping periods of the same cause, and sorts by time.
 * @param max at least one per cause. While there are more, the two nearest ones of a cause are merged,
 *   including the time between them: the result may cover too much, never too little.
 */
export function mergeBadReceiveTimes(
  defects: readonly BadReceiveTime[],
  max = Number.POSITIVE_INFINITY,
): BadReceiveTime[] {
  const byCause = CAUSES.map((cause) =>
    mergeTouching(defects.filter((defect) => defect.cause === cause)),
  );
  while (byCause.reduce((sum, { length }) => sum + length, 0) > max) mergeNearest(byCause);
  return byCause.flat().sort((a, b) => a.fromUs - b.fromUs);
}

function mergeTouching(defects: readonly BadReceiveTime[]): BadReceiveTime[] {
  const merged: BadReceiveTime[] = [];
  for (const defect of [...defects].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = merged.at(-1);
    if (last !== undefined && defect.fromUs <= last.toUs) merged.splice(-1, 1, hull(last, defect));
    else merged.push(defect);
  }
  return merged;
}

function mergeNearest(byCause: readonly BadReceiveTime[][]): void {
  let nearestUs = Number.POSITIVE_INFINITY;
  let merge = (): void => undefined;
  for (const defects of byCause) {
    for (const [index, next] of defects.entries()) {
      const before = defects[index - 1];
      if (before === undefined || next.fromUs - before.toUs >= nearestUs) continue;
      nearestUs = next.fromUs - before.toUs;
      merge = () => void defects.splice(index - 1, 2, hull(before, next));
    }
  }
  merge();
}

/** @param first the one that begins earlier. */
function hull(first: BadReceiveTime, second: BadReceiveTime): BadReceiveTime {
  return {
    fromUs: first.fromUs,
    toUs: Math.max(first.toUs, second.toUs),
    cause: first.cause,
  };
}
