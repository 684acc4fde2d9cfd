/**
 * Pins the code of format version 1. Comments, types and formatting may change; code may not: archives
 * hold records written with it. A change of the format is a new version (see `logger/codec/codec.ts`).
 *
 * The hashes are of the JavaScript that the test runner's transformer makes of each file. If they all
 * change with a new version of that tool and no file in the folder has, replace them.
 */

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { transformWithOxc } from 'vite';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'logger', 'codec', 'v1');
const PINNED = join(import.meta.dirname, '..', '..', 'fixtures', 'codec', 'code-1.json');

async function hashOf(name: string): Promise<string> {
  const source = readFileSync(join(FOLDER, name), 'utf8');
  const { code } = await transformWithOxc(source, name, { sourcemap: false });
  const bare = code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s+/gm, '');
  return createHash('sha256').update(bare).digest('hex').slice(0, 32);
}

test('the code of format version 1 is what it was when it was frozen', async () => {
  const names = readdirSync(FOLDER).sort();
  const hashes = await Promise.all(names.map(hashOf));
  const code = Object.fromEntries(names.map((name, i) => [name, hashes[i]]));
  expect(code).toEqual(JSON.parse(readFileSync(PINNED, 'utf8')));
});
