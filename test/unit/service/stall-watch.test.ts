import { describe, expect, test } from 'vitest';
import { CHECKS_PER_SECOND, StallWatch } from '../../../logger/service/stall-watch.ts';

function checks(watch: StallWatch, beat: number, times: number): boolean[] {
  return Array.from({ length: times }, () => watch.check(beat));
}

describe('the stall watch', () => {
  test('a loop that beats is alive, however long', () => {
    const watch = new StallWatch(1);
    for (let beat = 0; beat < 100; beat++) expect(watch.check(beat)).toBe(false);
  });

  test('so many checks without a beat are a stall, one less is none', () => {
    const watch = new StallWatch(2);
    expect(watch.check(7)).toBe(false);
    expect(checks(watch, 7, 2 * CHECKS_PER_SECOND - 1)).not.toContain(true);
    expect(watch.check(7)).toBe(true);
  });

  test('one beat in between starts the count again', () => {
    const watch = new StallWatch(1);
    checks(watch, 1, CHECKS_PER_SECOND);
    expect(checks(watch, 2, CHECKS_PER_SECOND)).not.toContain(true);
  });

  test('a heartbeat that never began counts from the first check', () => {
    const watch = new StallWatch(1);
    expect(checks(watch, 0, CHECKS_PER_SECOND + 1)).toEqual([
      ...Array<boolean>(CHECKS_PER_SECOND).fill(false),
      true,
    ]);
  });
});
