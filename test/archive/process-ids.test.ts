/**
 * Two processes with the same id, in different containers, that share an archive: whoever comes second
 * is refused and told why, and the first is not disturbed.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { installed, needs } from '../support/requirements.ts';
import { AS_PROCESS_1, compileHolder, startHolder } from './holder-process.ts';
import type { Holder } from './holder-process.ts';

const [unshare = '', ...flags] = AS_PROCESS_1;
const processIds = installed(unshare, [...flags, 'true'], 'or this is not root');
const started: Holder[] = [];

let directory: string;
beforeAll(compileHolder);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'orderbook-ids-'));
  await (await openEmbeddedArchive({ directory })).close();
});
afterEach(async () => {
  for (const holder of started.splice(0)) await holder.kill();
  await rm(directory, { recursive: true });
});

function start(access: 'write' | 'read'): Holder {
  const holder = startHolder(directory, access, AS_PROCESS_1);
  started.push(holder);
  return holder;
}

test.for([
  ['read', 'write'],
  ['write', 'read'],
  ['read', 'read'],
  ['write', 'write'],
] as const)(
  '%s beside %s with the same process id',
  { ...needs(processIds) },
  async ([second, first]) => {
    const holder = start(first);
    expect(await holder.line()).toBe('open');
    expect(await start(second).line()).toBe('archive-in-use');
    if (first === 'write') {
      holder.tell('commit 1');
      expect(await holder.line()).toBe('committed 0');
    }
    holder.tell('close');
    expect(await holder.line()).toBe('closed');
    expect(await start(second).line()).toBe('open');
  },
);
