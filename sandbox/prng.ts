/**
 * Seeded randomness: the small fast counter generator "sfc32" (public domain, Chris Doty-Humphrey's
 * PractRand) and the distributions that the order flow draws from. The generator itself uses integers
 * only and is the same on every machine; `Math.log` and the like may differ in the last bit between
 * engines, which can change a run but not the exactness of its books.
 */

import type { Random } from '../logger/runtime/random.ts';

export function seededRandom(seed: number | string): Random {
  let [a, b, c] = hashSeed(String(seed));
  let counter = 1;
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // The first draws still correlate with the seed.
  for (let i = 0; i < 16; i++) draw();
  return { next: () => draw() / 4_294_967_296 };
}

/** Hashes a text into three 32-bit words: FNV-1a with three offsets. */
function hashSeed(text: string): [number, number, number] {
  const fold = (offset: number): number => {
    let hash = offset | 0;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
    return hash;
  };
  return [fold(0x811c9dc5), fold(0x9e3779b9), fold(0x85ebca6b)];
}

/** Uniform integer in [0, below). */
export function uniformInt(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}

/** Mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random.next());
}

/** Mean 0, variance 1 (Box and Muller's first coordinate). */
export function normal(random: Random): number {
  const radius = Math.sqrt(2 * exponential(random));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** At least 1, with P(X > x) = x^-shape: a smaller shape has heavier tails. */
export function pareto(random: Random, shape: number): number {
  return (1 - random.next()) ** (-1 / shape);
}

/** Uniform integer in [from, to]. */
export function integerIn(random: Random, from: number, to: number): number {
  return from + uniformInt(random, to - from + 1);
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[uniformInt(random, items.length)] as Item;
}
