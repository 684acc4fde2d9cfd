import { describe, expect, test } from 'vitest';

import { RankedSide } from '../../../logger/codec/v2/ranked-side.ts';
import { RecentSizes } from '../../../logger/codec/v2/recent-sizes.ts';
import { seededRandom } from '../../support/seeded-random.ts';

describe('a ranked side', () => {
  test.each([
    { name: 'few levels', seed: 1, keys: 30, operations: 1000 },
    { name: 'many levels', seed: 2, keys: 300, operations: 3000 },
    { name: 'keys beyond 32 bits', seed: 3, keys: 100, operations: 1000, factor: 2 ** 37 },
  ])('is a sorted list: $name', ({ seed, keys, operations, factor = 1 }) => {
    const random = seededRandom(seed);
    const side = new RankedSide();
    const plain: number[] = [];
    const notes = new Map<number, number>();
    for (let i = 0; i < operations; i++) {
      const key = (random.integer(0, keys) - keys / 2) * factor;
      if (side.count === 0 || side.isEnd || key <= side.key || random.chance(0.2)) side.restart();
      if (side.rank > 0 && side.keyBefore >= key) side.restart();
      const rank = plain.filter((known) => known < key).length;
      const start = side.rank;
      if (random.chance(0.5)) expect(side.seek(key)).toBe(rank - start);
      else side.skip(rank - start);
      expect(side.rank).toBe(rank);
      expect(side.isEnd).toBe(rank === plain.length);
      if (rank > 0) expect(side.keyBefore).toBe(plain[rank - 1]);
      const isKnown = plain[rank] === key;
      if (!side.isEnd) expect(side.key).toBe(plain[rank]);
      // Sides that grow and sides that empty themselves.
      const shrinks = i % (operations / 2) > operations / 4;
      if (isKnown) {
        expect(side.sizes[side.slot]).toBe(notes.get(key));
        if (random.chance(shrinks ? 0.9 : 0.3)) {
          side.remove();
          plain.splice(rank, 1);
          expect(side.rank).toBe(rank);
        } else {
          side.pass();
          expect(side.rank).toBe(rank + 1);
        }
      } else if (random.chance(shrinks ? 0.1 : 0.8)) {
        side.sizes[side.insert(key)] = i;
        notes.set(key, i);
        plain.splice(rank, 0, key);
        expect(side.rank).toBe(rank + 1);
      }
      expect(side.count).toBe(plain.length);
    }
  });
});

describe('recent sizes', () => {
  test.each([
    { name: 'few sizes', seed: 1, most: 100, twice: 0 },
    { name: 'many sizes', seed: 2, most: 400, twice: 0 },
    { name: 'sizes that are in it twice', seed: 3, most: 100, twice: 0.2 },
  ])('are a list: $name', ({ seed, most, twice }) => {
    const random = seededRandom(seed);
    const recent = new RecentSizes();
    const plain: number[] = [];
    let added = 0;
    const addNew = (size: number): void => {
      recent.addNew(size);
      plain.unshift(size);
      added++;
      if (plain.length > 128) plain.pop();
    };
    const use = (index: number): void => {
      expect(recent.use(index)).toBe(plain[index]);
      plain.unshift(...plain.splice(index, 1));
    };
    for (let i = 0; i < 4000; i++) {
      const size = Math.floor(most * random.next() ** 2) * random.pick([1, 1, 1, 2 ** 40]);
      const index = recent.find(size);
      expect(index).toBe(plain.indexOf(size));
      const isTwice = random.chance(twice);
      if (isTwice || (index < 0 && random.chance(0.5))) {
        addNew(size);
      } else if (index < 0) {
        recent.add(size);
        plain.unshift(size);
        added++;
        if (plain.length > 128) plain.pop();
      } else if (random.chance(0.3)) {
        recent.add(size);
        plain.unshift(...plain.splice(index, 1));
      } else if (random.chance(0.5)) {
        use(index);
      } else if (plain.length > 0) {
        use(random.integer(0, plain.length - 1));
      }
    }
    expect(recent.added).toBe(added);
    expect(() => recent.use(plain.length)).toThrow(/recent size/);
  });
});
