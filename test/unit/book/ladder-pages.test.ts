/** The pages of a ladder against a plain map of places, from almost empty to full. */

import { expect, test } from 'vitest';
import {
  LadderPages,
  NO_PLACE,
  PAGES,
  PLACES_PER_PAGE,
} from '../../../logger/book/ladder-pages.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';

const OPERATIONS = 20_000;
const seed = testSeed();

function filled(pages: LadderPages): [number, number][] {
  const found: [number, number][] = [];
  pages.each((place, value) => found.push([place, value]) > 0);
  return found;
}

function sorted(model: ReadonlyMap<number, number>): [number, number][] {
  return [...model].sort(([a], [b]) => a - b);
}

function expectSame(pages: LadderPages, model: ReadonlyMap<number, number>): void {
  const expected = sorted(model);
  expect(filled(pages)).toEqual(expected);
  expect(pages.count).toBe(model.size);
  expect(pages.first()).toBe(expected[0]?.[0] ?? NO_PLACE);
}

test.each([
  ['a few places of each page', 0.1, 40],
  ['half of them', 0.5, 6],
  ['nearly all', 0.95, 3],
])(`%s are taken (seed ${seed})`, (_what, share, pagesInUse) => {
  const random = seededRandom(seed);
  // At both ends, and where a word of bits ends.
  const firstPlace = random.pick([0, 31 * PLACES_PER_PAGE, (PAGES - pagesInUse) * PLACES_PER_PAGE]);
  let pages = new LadderPages();
  const model = new Map<number, number>();
  for (let i = 1; i <= OPERATIONS; i++) {
    const place = firstPlace + random.integer(0, pagesInUse * PLACES_PER_PAGE - 1);
    if (random.chance(share)) {
      const value = random.chance(0.01) ? Number.POSITIVE_INFINITY : random.integer(1, 2 ** 50);
      pages.set(place, value);
      model.set(place, value);
    } else {
      if (pages.clear(place) !== model.delete(place)) throw new Error(`They differ at ${i}`);
    }
    if (pages.get(place) !== (model.get(place) ?? 0)) throw new Error(`They differ at ${i}`);
    if (i % 1000 !== 0) continue;
    expectSame(pages, model);
    const before = pages;
    pages = before.clone();
    before.set(firstPlace, 7);
    before.clear(firstPlace + 1);
  }
});

test('pages that move keep what is in them; emptied ones are empty', () => {
  const pages = new LadderPages();
  let model = new Map<number, number>();
  for (let i = 0; i < 200; i++) {
    const place = 100 * PLACES_PER_PAGE + i * 5;
    pages.set(place, i + 1);
    model.set(place, i + 1);
  }
  for (const by of [40, -900, 960, -100]) {
    pages.shift(by);
    model = new Map([...model].map(([place, value]) => [place - by * PLACES_PER_PAGE, value]));
    expectSame(pages, model);
  }
  pages.reset();
  expectSame(pages, new Map());
  pages.set(3, 1);
  expectSame(pages, new Map([[3, 1]]));
});
