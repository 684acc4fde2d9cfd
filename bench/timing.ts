/**
 * Times several ways of doing the same work. Rounds are interleaved, so that a slowdown of the machine
 * affects all of them, and the median counts. On a shared machine only ratios are meaningful.
 */

const WARM_UP_ROUNDS = 2;
const ROUNDS = 9;

/**
 * @param before called before every round of every task, outside the measured time.
 * @returns median milliseconds by name.
 */
export function medianTimesMs<Name extends string>(
  tasks: Readonly<Record<Name, () => unknown>>,
  before?: () => void,
): Readonly<Record<Name, number>> {
  const names = Object.keys(tasks) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const name of names) {
      before?.();
      const start = performance.now();
      tasks[name]();
      const elapsed = performance.now() - start;
      if (round >= WARM_UP_ROUNDS) times.get(name)?.push(elapsed);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Readonly<
    Record<Name, number>
  >;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
