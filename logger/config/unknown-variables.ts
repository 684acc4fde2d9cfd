/** Warns of variables that look like settings but are not: a typo would otherwise be ignored silently. */

import { EXCHANGE_NAMES } from '../exchange/exchanges.ts';
import { OPTIONS } from './options.ts';
import type { Environment } from './secrets.ts';

const PREFIXES = [...EXCHANGE_NAMES, 'manager', 'metrics', 'mongodb'].map(
  (name) => `${name.toUpperCase()}_`,
);
/** Settings of the CLI, often set in the same shell. */
const CLI_SETTINGS = [
  'MANAGER_TLS_CA',
  'MANAGER_TLS_CLIENT_CERT',
  'MANAGER_TLS_CLIENT_KEY',
  'MANAGER_TLS_SERVER_NAME',
];
/** Of other programs, and named like ours. */
const OF_OTHERS = ['FTP_PROXY', 'ALL_PROXY'];
/** Set by Kubernetes and Docker for a linked service. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT)|_PORT(_\d+_(TCP|UDP).*)?$/;
/** Two names within this edit distance look like the same name. */
const MAX_TYPO_DISTANCE = 2;

/** @returns one line for each suspicious variable. */
export function warnOfUnknown(environment: Environment): string[] {
  const known: readonly string[] = [...OPTIONS.map(({ env }) => env), ...CLI_SETTINGS];
  return Object.keys(environment)
    .filter((name) => environment[name] && ![...known, ...OF_OTHERS].includes(name))
    .filter((name) => !SERVICE_LINK.test(name))
    .sort()
    .flatMap((name) => {
      const near = known.find((candidate) => distance(name, candidate) <= MAX_TYPO_DISTANCE);
      if (near === undefined && !PREFIXES.some((prefix) => name.startsWith(prefix))) return [];
      const advice = near === undefined ? 'it is ignored' : `did you mean ${near}?`;
      return [`${name} is set, but there is no such setting: ${advice}`];
    });
}

/** Edit distance with transpositions (Damerau–Levenshtein, optimal string alignment). */
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
