/**
 * Stretches of time in which receive times are not the moments at which frames arrived. Books do
 * not depend on receive times; a study of latency does, and leaves these out. Pure.
 */

/**
 * `stall`: the process stood still, and frames that waited in its sockets were stamped when it went
 * on. `clock`: the machine's clock was set, and receive times jumped, or ran slowly until a clock
 * that had gone back had caught up with them.
 */
export type BadReceiveTimeCause = 'stall' | 'clock';

const CAUSES: readonly BadReceiveTimeCause[] = ['stall', 'clock'];

/** Both ends belong to it. Receive clock. Made in this order of fields: a checksum is over them. */
export interface BadReceiveTime {
  readonly fromUs: number;
  readonly toUs: number;
  readonly cause: BadReceiveTimeCause;
}

/** Whether what was read back is one. */
export function isBadReceiveTime({ fromUs, toUs, cause }: BadReceiveTime): boolean {
  return Number.isSafeInteger(fromUs) && Number.isSafeInteger(toUs) && CAUSES.includes(cause);
}

/**
 * Those of one cause that touch become one; in order of time.
 * @param max at least one for each cause. Where more are left, those that are nearest to one another
 *   are united over the time between them: more is left out than need be, never less.
 */
export function uniteBadReceiveTimes(
  stretches: readonly BadReceiveTime[],
  max = Number.POSITIVE_INFINITY,
): BadReceiveTime[] {
  const byCause = CAUSES.map((cause) =>
    unitedWhereTouching(stretches.filter((stretch) => stretch.cause === cause)),
  );
  while (byCause.reduce((sum, { length }) => sum + length, 0) > max) uniteNearest(byCause);
  return byCause.flat().sort((a, b) => a.fromUs - b.fromUs);
}

function unitedWhereTouching(stretches: readonly BadReceiveTime[]): BadReceiveTime[] {
  const united: BadReceiveTime[] = [];
  for (const stretch of [...stretches].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = united.at(-1);
    if (last !== undefined && stretch.fromUs <= last.toUs)
      united.splice(-1, 1, hull(last, stretch));
    else united.push(stretch);
  }
  return united;
}

function uniteNearest(byCause: readonly BadReceiveTime[][]): void {
  let nearestUs = Number.POSITIVE_INFINITY;
  let unite = (): void => undefined;
  for (const stretches of byCause) {
    for (const [index, next] of stretches.entries()) {
      const before = stretches[index - 1];
      if (before === undefined || next.fromUs - before.toUs >= nearestUs) continue;
      nearestUs = next.fromUs - before.toUs;
      unite = () => void stretches.splice(index - 1, 2, hull(before, next));
    }
  }
  unite();
}

/** @param first the one that begins first. */
function hull(first: BadReceiveTime, second: BadReceiveTime): BadReceiveTime {
  return {
    fromUs: first.fromUs,
    toUs: Math.max(first.toUs, second.toUs),
    cause: first.cause,
  };
}
