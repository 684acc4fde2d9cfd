/** Text for a page: everything that comes from records goes through `escaped`. */

import type { PostMortem } from '../report.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for attributes in quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const UNITS: readonly (readonly [us: number, name: string])[] = [
  [86_400_000_000, 'd'],
  [3_600_000_000, 'h'],
  [60_000_000, 'min'],
  [1_000_000, 's'],
  [1000, 'ms'],
];

/** For people: `1.25 s`; three digits, rounded towards zero. */
export function duration(us: number): string {
  const [unitUs, name] = UNITS.find(([unit]) => us >= unit) ?? [1, 'µs'];
  const value = us / unitUs;
  const decimals = unitUs === 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const power = 10 ** decimals;
  return `${Math.floor(value * power) / power} ${name}`;
}

export function notSearchedText({ name, security }: PostMortem['notSearched'][number]): string {
  return `Not searched for missed opportunities: ${name} (${security}), no decision about it is recorded`;
}
