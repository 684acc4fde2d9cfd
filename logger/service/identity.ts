/** The identity of this logger among those that share a store. */

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';

const FILE = 'logger-id';

/** A random id that stays with the data directory, and a name that says where that directory is. */
export function readIdentity(directory: string): { readonly id: string; readonly name: string } {
  const path = join(directory, FILE);
  if (!existsSync(path)) writeFileSync(path, `${randomUUID()}\n`, { mode: 0o600 });
  return {
    id: readFileSync(path, 'utf8').trim(),
    name: `${hostname()}:${resolve(directory)}`,
  };
}
