/** Exports as backtesters see them: hftbacktest plays the event array, nautilus_trader loads Tardis' CSV. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { cli } from '../manager/fixture.ts';
import { PYTHON, backtesters, pythonScript } from '../support/python.ts';
import { needs } from '../support/requirements.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { RandomHistory, SECURITY } from '../unit/reader/random-history.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_130);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'python-backtesters-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('exports', needs(backtesters), () => {
  test('are played by hftbacktest and loaded by nautilus_trader', async () => {
    const directory = join(folder, 'archive');
    const archive = await openEmbeddedArchive({ directory });
    await new RandomHistory(archive, seededRandom(SEED)).record(4, 8);
    await archive.close();
    const run = async (words: string, file: string): Promise<string> => {
      const line = `export ${SECURITY} --type ${words} --allow-gaps --archive ${directory}`;
      const done = await cli(`${line} ${file && `--out ${join(folder, file)}`}`.trim().split(' '));
      expect([done.code, done.code === 0 ? '' : done.stderr]).toEqual([0, '']);
      return done.stdout;
    };
    await run('incremental', 'incremental.npz');
    await run('snapshots --every 20ms --depth 3 --floats', 'snapshots.floats.parquet');
    await run('incremental --format tardis-csv', 'incremental.csv.gz');
    await run('trades --format tardis-csv', 'trades.csv.gz');
    const lines = await run('trades', '');
    writeFileSync(join(folder, 'trades.jsonl'), lines);
    const trades = lines.split('\n').filter((line) => line.includes('"tradeId":')).length;
    const read = execFileSync(PYTHON, [pythonScript('read_events.py'), folder], {
      encoding: 'utf8',
    });
    const counts = JSON.parse(read.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(counts, `seed ${SEED}`).toMatchObject({ trades, loadedTrades: trades });
    expect(counts['books'], `seed ${SEED}`).toBeGreaterThan(20);
    expect(counts['loadedDeltas'], `seed ${SEED}`).toBeGreaterThan(100);
  });
});
