/** `npm run soak` as a user runs it, for a fraction of a minute; with MongoDB if there is a server. */

import { describe, expect, test } from 'vitest';
import type { SoakReport } from '../../bench/soak/report.ts';
import { mongoUri } from '../support/mongodb.ts';
import { built, needs } from '../support/requirements.ts';
import { SOAK, run } from './soak-run.ts';

const MINUTES = 0.4;

describe('the soak', needs(built(SOAK)), () => {
  test(`${MINUTES} minutes are complete, print their figures and end with 0`, async () => {
    const { code, stdout, stderr } = await run([
      '--minutes',
      String(MINUTES),
      '--seed',
      '1',
      '--json',
    ]);
    expect(stderr).toContain(mongoUri ? 'everything is live' : 'NO MONGODB');
    const report = JSON.parse(stdout) as SoakReport;
    expect(report.loggers.flatMap(({ problems }) => problems)).toEqual([]);
    expect(report).toMatchObject({ isOk: true, seed: '1', minutes: MINUTES });
    expect(code).toBe(0);
    const names = report.loggers.map(({ name }) => name);
    expect(names).toEqual(mongoUri ? ['embedded', 'mongodb'] : ['embedded']);
    for (const { figures, books, audit, faults, stop, lives } of report.loggers) {
      expect(lives).toBe(1);
      expect(stop.code).toBe(0);
      expect(stop.seconds).toBeLessThan(10);
      expect(books.mismatches).toBe(0);
      expect(Object.keys(faults).length).toBeGreaterThan(0);
      expect(figures.heapInUse?.max).toBeGreaterThan(0);
      expect(figures.rss).toMatchObject({
        first: expect.any(Number),
        last: expect.any(Number),
        max: expect.any(Number),
        growth: null,
      });
      const isLinux = process.platform === 'linux';
      for (const figure of [figures.rssAnon, figures.rssAnonInUse, figures.files])
        expect(figure !== null).toBe(isLinux);
      const counts = [figures.samples, figures.messages, figures.handles?.max, books.asked];
      counts.push(books.compared, audit?.intervals, audit?.pastBooks, audit?.records);
      for (const count of counts) expect(count).toBeGreaterThan(0);
    }
  }, 120_000);
});
