import { describe, expect, test } from 'vitest';
import { LOOKS_PER_SECOND, StallWatch } from '../../../logger/service/stall-watch.ts';

function looks(watch: StallWatch, beat: number, times: number): boolean[] {
  return Array.from({ length: times }, () => watch.look(beat));
}

describe('the stall watch', () => {
  test('a loop that beats is alive, however long', () => {
    const watch = new StallWatch(1);
    for (let beat = 0; beat < 100; beat++) expect(watch.look(beat)).toBe(false);
  });

  test('so many looks without a beat are a stall, one less is none', () => {
    const watch = new StallWatch(2);
    expect(watch.look(7)).toBe(false);
    expect(looks(watch, 7, 2 * LOOKS_PER_SECOND - 1)).not.toContain(true);
    expect(watch.look(7)).toBe(true);
  });

  test('one beat in between starts the count afresh', () => {
    const watch = new StallWatch(1);
    looks(watch, 1, LOOKS_PER_SECOND);
    expect(looks(watch, 2, LOOKS_PER_SECOND)).not.toContain(true);
  });

  test('a heartbeat that never began counts from the first look', () => {
    const watch = new StallWatch(1);
    expect(looks(watch, 0, LOOKS_PER_SECOND + 1)).toEqual([
      ...Array<boolean>(LOOKS_PER_SECOND).fill(false),
      true,
    ]);
  });
});
