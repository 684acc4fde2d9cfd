/**
 * Times of several ways to do the same work. Rounds are interleaved, so that a machine that slows
 * down slows all of them, and the median of the rounds counts. Only ratios mean anything on a shared
 * machine.
 */

const WARM_UP_ROUNDS = 2;
const ROUNDS = 9;

/**
 * @param before is called before every round of every task, outside the time that counts.
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
