/** Who this logger is, for others that share a store with it. */

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';

const FILE = 'logger-id';

/** The id stays with the data directory; the name says where that is. */
export function readIdentity(directory: string): { readonly id: string; readonly name: string } {
  const path = join(directory, FILE);
  if (!existsSync(path)) writeFileSync(path, `${randomUUID()}\n`, { mode: 0o600 });
  return {
    id: readFileSync(path, 'utf8').trim(),
    name: `${hostname()}:${resolve(directory)}`,
  };
}
