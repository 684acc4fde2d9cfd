/** `proto/generated/` is what `npm run proto` makes of the files beside it. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMITTED = 'proto/generated';

function files(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  );
}

test('the generated types are those of the proto files', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const fresh = mkdtempSync(join(tmpdir(), 'proto-'));
  try {
    const [command, ...args] = String(scripts.proto).replace(COMMITTED, fresh).split(' ');
    execFileSync(join(ROOT, 'node_modules/.bin', command!), args, { cwd: ROOT });
    expect(files(fresh)).toEqual(files(join(ROOT, COMMITTED)));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
});
