/** Exports with columns as readers in Python see them: values, types and times are those of JSON lines. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { cli } from '../manager/fixture.ts';
import { PYTHON, fileReaders, pythonScript } from '../support/python.ts';
import { needs } from '../support/requirements.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { RandomHistory, SECURITY } from '../unit/reader/random-history.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_130);

const TYPES = [
  'trades',
  'quotes',
  'incremental',
  'snapshots --every 50ms --depth 3',
  'candles --timeframe 1m',
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'python-files-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('files with columns', needs(fileReaders), () => {
  test('are read by pyarrow, pandas, polars, DuckDB and numpy', async () => {
    const directory = join(folder, 'archive');
    const archive = await openEmbeddedArchive({ directory });
    await new RandomHistory(archive, seededRandom(SEED), { hasCounts: true }).record(4, 6);
    await archive.close();
    const run = async (type: string, file: string): Promise<string> => {
      const line = `export ${SECURITY} --type ${type} --allow-gaps --archive ${directory} ${file}`;
      const done = await cli(line.trim().split(' '));
      expect([done.code, done.code === 0 ? '' : done.stderr]).toEqual([0, '']);
      return done.stdout;
    };
    for (const type of TYPES) {
      const path = join(folder, type.split(' ')[0] ?? '');
      writeFileSync(`${path}.jsonl`, await run(type, ''));
      await run(type, `--out ${path}.parquet`);
      await run(type, `--out ${path}.feather`);
      await run(type, `--out ${path}.floats.parquet --floats`);
      await run(type, `--out ${path}.parquet --rows-per-file 100`);
      if (type !== 'incremental') await run(type, `--out ${path}.npz`);
    }
    const read = execFileSync(PYTHON, [pythonScript('read_files.py'), folder], {
      encoding: 'utf8',
    });
    const rows = JSON.parse(read) as Record<string, number>;
    expect(rows['snapshots'], `seed ${SEED}`).toBeGreaterThan(10);
    expect(rows['incremental'], `seed ${SEED}`).toBeGreaterThan(100);
  });
});
