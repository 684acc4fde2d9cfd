/** The choice of a MongoDB server for the tests. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseMongo } from './mongodb-choice.ts';
import { killableServer, mongoProcess, mongodOnPath } from './mongodb-process.ts';

const NOTHING = { env: {}, hasMongod: false, hasDownloader: async () => false };

test('a server in MONGODB_TEST_URI comes before all others', async () => {
  const env = { MONGODB_TEST_URI: 'mongodb://there:1', MONGODB_TEST_DOWNLOAD: '1' };
  expect(await chooseMongo({ ...NOTHING, env, hasMongod: true })).toEqual({
    kind: 'given',
    uri: 'mongodb://there:1',
  });
});

test('a mongod on the PATH comes before a download', async () => {
  const inputs = { ...NOTHING, env: { MONGODB_TEST_DOWNLOAD: '1' }, hasMongod: true };
  expect(await chooseMongo(inputs)).toEqual({ kind: 'mongod' });
});

test('nothing is downloaded unless requested and possible', async () => {
  const hasDownloader = async (): Promise<boolean> => true;
  expect(await chooseMongo({ ...NOTHING, hasDownloader })).toMatchObject({ kind: 'none' });
  const env = { MONGODB_TEST_DOWNLOAD: '1' };
  expect(await chooseMongo({ ...NOTHING, env, hasDownloader })).toEqual({ kind: 'download' });
  const without = await chooseMongo({ ...NOTHING, env });
  expect(without).toMatchObject({ kind: 'none' });
  expect('reason' in without && without.reason).toContain('mongodb-memory-server-core');
});

test('a mongod on the PATH is found, started with a directory and port, and stopped', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mongod-on-path-'));
  try {
    const fake = join(directory, 'mongod');
    // A stand-in that only listens on its port.
    writeFileSync(
      fake,
      `#!${process.execPath}\nconst at = process.argv.indexOf('--port');\n` +
        `require('net').createServer().listen(Number(process.argv[at + 1]), '127.0.0.1');\n`,
    );
    expect(mongodOnPath({ PATH: directory })).toBeUndefined();
    chmodSync(fake, 0o755);
    const path = ['/nowhere', directory].join(delimiter);
    const program = killableServer({ PATH: path, MONGODB_TEST_SERVER: '/other' });
    expect(program?.path).toBe(fake);
    if (!program) return;
    const server = await mongoProcess(program, directory);
    await server.start();
    await server.end('SIGKILL');
    await server.start();
    await server.end('SIGTERM');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
