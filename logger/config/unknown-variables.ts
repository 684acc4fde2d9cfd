/**
 * Variables that look like settings of ours and are none: a typo would otherwise be a setting that
 * silently does not count, and the logger would record something else than it was told to.
 */

import { OPTIONS } from './options.ts';
import type { Environment } from './secrets.ts';

const PREFIXES = /^(BINANCE|COINBASE|MANAGER|METRICS|MONGODB)_/;
/** Of the CLI, which people set in the same shell. */
const OF_THE_CLI = [
  'MANAGER_TLS_CA',
  'MANAGER_TLS_CLIENT_CERT',
  'MANAGER_TLS_CLIENT_KEY',
  'MANAGER_TLS_SERVER_NAME',
];
/** Kubernetes and Docker put these there for a service of such a name. */
const OF_A_SERVICE = /_SERVICE_(HOST|PORT)|_PORT(_\d+_(TCP|UDP).*)?$/;
/** So many letters changed, missing, added or swapped still look like the same name. */
const TYPO_MAX = 2;

/** One line for each. */
export function warnOfUnknown(environment: Environment): string[] {
  const known: readonly string[] = [...OPTIONS.map(({ env }) => env), ...OF_THE_CLI];
  return Object.keys(environment)
    .filter((name) => environment[name] && !known.includes(name) && !OF_A_SERVICE.test(name))
    .sort()
    .flatMap((name) => {
      const near = known.find((candidate) => distance(name, candidate) <= TYPO_MAX);
      if (near === undefined && !PREFIXES.test(name)) return [];
      const advice = near === undefined ? 'it does not count' : `did you mean ${near}?`;
      return [`${name} is set, but there is no such setting: ${advice}`];
    });
}

/** How many letters to change, add, leave out or swap with their neighbour (Levenshtein). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const costs = [(last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1];
      costs.push((last[j - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) costs.push((beforeLast[j - 2] ?? 0) + 1);
      row.push(Math.min(...costs));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
