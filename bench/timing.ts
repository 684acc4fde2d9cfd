/**
 * Times several ways of doing the same work. Rounds are interleaved, so that a slowdown of the machine
 * affects all of them, every other round in reverse order; ratios are taken within each round, and
 * their median counts. On a shared machine only ratios are meaningful.
 */

const WARM_UP_ROUNDS = 4;
const ROUNDS = 9;
/** A task that has taken this long in all is measured no more often than it must be. */
const BUDGET_MS = 4000;
const MIN_ROUNDS = 3;

export interface Ratio {
  readonly value: number;
  readonly spread: readonly [lowest: number, highest: number];
}

/** Milliseconds of each round by name. */
export type Rounds<Name extends string> = ReadonlyMap<Name, readonly number[]>;

export interface RoundOptions {
  readonly rounds?: number;
  readonly warmUpRounds?: number;
  /** Called before every task of every round, outside the measured time. */
  readonly before?: () => void;
}

export async function timeRounds<Name extends string>(
  tasks: Readonly<Record<Name, () => unknown>>,
  { rounds = ROUNDS, warmUpRounds = WARM_UP_ROUNDS, before }: RoundOptions = {},
): Promise<Rounds<Name>> {
  const names = Object.keys(tasks) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  const spentMs = new Map<Name, number>();
  const isOver = (name: Name): boolean =>
    (spentMs.get(name) ?? 0) > BUDGET_MS && (times.get(name)?.length ?? 0) >= MIN_ROUNDS;
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      if (isOver(name)) continue;
      before?.();
      const start = performance.now();
      const done = tasks[name]();
      if (done instanceof Promise) await done;
      const elapsed = performance.now() - start;
      spentMs.set(name, (spentMs.get(name) ?? 0) + elapsed);
      if (round >= warmUpRounds) times.get(name)?.push(elapsed);
    }
  }
  return times;
}

/**
 * How often the time of `base` goes into that of `name`: median and spread of the rounds that both were
 * measured in.
 */
export function ratioOf<Name extends string>(rounds: Rounds<Name>, name: Name, base: Name): Ratio {
  const [times, others] = [rounds.get(name) ?? [], rounds.get(base) ?? []];
  const shared = Math.min(times.length, others.length);
  return summary(times.slice(0, shared).map((time, i) => time / (others[i] ?? Number.NaN)));
}

export function summary(values: readonly number[]): Ratio {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    value: sorted[sorted.length >> 1] ?? Number.NaN,
    spread: [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN],
  };
}
