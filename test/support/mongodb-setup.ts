/**
 * Before the first test and after the last: a MongoDB server for those that need one, named to them
 * by `MONGODB_TEST_URI` as if it had been named from outside. Where there is none, one line says so
 * for the whole run.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseMongo } from './mongodb-choice.ts';
import { mongoProcess, mongodOnPath } from './mongodb-process.ts';

/** No dependency of this package: whoever wants the download installs it beside it. */
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
    // Not installed: the choice says what to do.
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
    process.stderr.write(`\n*** NO MONGODB: its tests are skipped (${choice.reason}) ***\n\n`);
    return async () => undefined;
  }
  if (choice.kind === 'download') {
    const server = await (await downloader())?.MongoMemoryServer.create();
    process.env['MONGODB_TEST_URI'] = server?.getUri();
    return async () => void (await server?.stop());
  }
  if (!program) throw new Error('A mongod was chosen that is not there');
  const directory = await mkdtemp(join(tmpdir(), 'mongod-'));
  const server = await mongoProcess(program, directory);
  await server.start();
  process.env['MONGODB_TEST_URI'] = server.uri;
  return async () => {
    await server.end('SIGTERM');
    await rm(directory, { recursive: true, force: true });
  };
}
