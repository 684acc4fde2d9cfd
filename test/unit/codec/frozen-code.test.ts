/**
 * Pins the code of the frozen format versions. Comments, types and formatting may change; code may not: archives
 * hold records written with it. A change of the format is a new version (see `logger/codec/codec.ts`). Code that is only made
 * faster gets new hashes here, once it has been compared with the code before on random records and on forged ones.
 *
 * The hashes are of the JavaScript that the test runner's transformer makes of each file. If they all
 * change with a new version of that tool and no file in the folder has, replace them.
 */

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { transformWithOxc } from 'vite';

const CODECS = join(import.meta.dirname, '..', '..', '..', 'logger', 'codec');
const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'codec');

async function hashOf(folder: string, name: string): Promise<string> {
  const source = readFileSync(join(folder, name), 'utf8');
  const { code } = await transformWithOxc(source, name, { sourcemap: false });
  const bare = code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s+/gm, '');
  return createHash('sha256').update(bare).digest('hex').slice(0, 32);
}

test.each([1, 2])('the code of version %i is what it was when it was frozen', async (version) => {
  const folder = join(CODECS, `v${version}`);
  const names = readdirSync(folder).sort();
  const hashes = await Promise.all(names.map((name) => hashOf(folder, name)));
  const code = Object.fromEntries(names.map((name, i) => [name, hashes[i]]));
  expect(code).toEqual(JSON.parse(readFileSync(join(FIXTURES, `code-${version}.json`), 'utf8')));
});
