/**
 * `docs/format.md` against the frozen records: the reader in Python knows nothing but that page.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { installed, needs } from '../support/requirements.ts';

const READER = join(import.meta.dirname, 'read_records.py');
const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'codec');

const python = installed('python3', ['--version']);

/** Integers beyond 2^53 are text with a trailing n, in the fixtures as in the reader's output. */
function frozen(name: string): unknown {
  const lines = readFileSync(join(FOLDER, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const [head, ...events] = lines;
  return name.includes('image') ? head : { ...head, events };
}

describe('a reader written from the page', needs(python), () => {
  test.each(['block/2', 'image/2', 'orders/2', 'orders-image/2', 'mixed-orders/2'])(
    'reads %s',
    (encoding) => {
      const name = encoding.replace('/', '-');
      const file = join(FOLDER, `${name}.bin`);
      const output = execFileSync('python3', [READER, encoding, file], { encoding: 'utf8' });
      expect(JSON.parse(output)).toEqual(frozen(name));
    },
  );

  test.each(['block/2', 'image/2'])('reads the numbers of orders in %s', (encoding) => {
    const name = `${encoding.replace('/', '-')}-counts`;
    const file = join(FOLDER, `${name}.bin`);
    const output = execFileSync('python3', [READER, encoding, file], { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual(frozen(name));
  });

  test('rejects a damaged record', () => {
    const run = spawnSync('python3', [READER, 'image/2', join(FOLDER, 'image-1.bin')]);
    expect(run.status).not.toBe(0);
    expect(String(run.stderr)).toContain('Damaged: version');
  });
});
