/**
 * Starts a MongoDB server for the run, unless `MONGODB_TEST_URI` names one, and sets that variable for
 * the tests. Without a server it sets `MONGODB_TEST_MISSING` to the reason why tests are skipped.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseMongo } from './mongodb-choice.ts';
import { mongoProcess, mongodOnPath } from './mongodb-process.ts';

/** Not a dependency of this package: install it beside the package to use it. */
const DOWNLOADER: string = 'mongodb-memory-server-core';

interface Downloader {
  readonly MongoMemoryServer: {
    create(): Promise<{ getUri(): string; stop(): Promise<unknown> }>;
  };
}

async function downloader(): Promise<Downloader | null> {
  try {
    return (await import(DOWNLOADER)) as Downloader;
  } catch {
    // Not installed: `chooseMongo` reports how to get it.
    return null;
  }
}

export async function setup(): Promise<() => Promise<void>> {
  const program = mongodOnPath(process.env);
  const choice = await chooseMongo({
    env: process.env,
    hasMongod: program !== undefined,
    hasDownloader: async () => (await downloader()) !== null,
  });
  if (choice.kind === 'given') return async () => undefined;
  if (choice.kind === 'none') {
    process.env['MONGODB_TEST_MISSING'] = choice.reason;
    return async () => undefined;
  }
  if (choice.kind === 'download') {
    const server = await (await downloader())?.MongoMemoryServer.create();
    process.env['MONGODB_TEST_URI'] = server?.getUri();
    return async () => void (await server?.stop());
  }
  if (!program) throw new Error('No mongod on the PATH');
  const directory = await mkdtemp(join(tmpdir(), 'mongod-'));
  const server = await mongoProcess(program, directory);
  await server.start();
  process.env['MONGODB_TEST_URI'] = server.uri;
  return async () => {
    await server.end('SIGTERM');
    await rm(directory, { recursive: true, force: true });
  };
}
