/**
 * A recording in MongoDB: the size of its documents as BSON per level change, and the queries that
 * a past book costs. Needs a server at `MONGODB_TEST_URI`; the database is deleted afterwards.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON, MongoClient } from 'mongodb';
import { copyArchive } from '../logger/archive/transfer/copy.ts';
import { openEmbeddedArchive } from '../logger/archive/embedded/embedded-archive.ts';
import { MongoConnection } from '../logger/archive/mongodb/connection.ts';
import { mongoLocation } from '../logger/archive/mongodb/location.ts';
import type { MongoLocation } from '../logger/archive/mongodb/location.ts';
import { MongoReader } from '../logger/archive/mongodb/mongo-reader.ts';
import { MongoWriter } from '../logger/archive/mongodb/mongo-writer.ts';
import { createReader } from '../logger/reader/create-reader.ts';
import { createSystemClock } from '../logger/service/system-clock.ts';
import type { Figure, Section } from './figures.ts';
import { record } from './record.ts';
import { RecordingTransport } from './recording-transport.ts';

const MOMENTS = 20;
const COLLECTIONS = ['blocks', 'base_images', 'gaps', 'securities'] as const;

export async function mongoSections(): Promise<Section[]> {
  const uri = process.env['MONGODB_TEST_URI'];
  if (!uri) return [];
  const location = mongoLocation(uri, `orderbook_bench_${process.pid}`);
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
  const client = new MongoClient(location.uri);
  try {
    return [await mongoSection(location, directory, client)];
  } finally {
    await client.db(location.database).dropDatabase();
    await client.close();
    rmSync(directory, { recursive: true });
  }
}

async function mongoSection(
  location: MongoLocation,
  directory: string,
  client: MongoClient,
): Promise<Section> {
  const transport = new RecordingTransport();
  const source = await openEmbeddedArchive({ directory });
  await record(source, transport);
  const refs = await source.blocks(transport.security, 1, { afterSequence: 0 });
  const levelChanges = refs.reduce((sum, { header }) => sum + header.levelChanges, 0);

  let finds = 0;
  const connection = new MongoConnection(location, createSystemClock(), {
    onCommand: (name) => {
      if (name === 'find' || name === 'getMore') finds++;
    },
  });
  const archive = new MongoReader(connection);
  const writer = new MongoWriter(connection);
  await writer.prepare();
  const { problems } = await copyArchive(source, { archive, writer, close: () => archive.close() });
  if (problems.length > 0) throw new Error(`Not copied: ${JSON.stringify(problems)}`);
  await source.close();

  const sizes: Figure[] = [];
  let bytes = 0;
  for (const name of COLLECTIONS) {
    const documents = await client.db(location.database).collection(name).find().toArray();
    const size = documents.reduce((sum, each) => sum + BSON.calculateObjectSize(each), 0);
    bytes += size;
    const unit = `bytes per level change (${documents.length} documents)`;
    sizes.push({ name, value: size / levelChanges, unit });
  }
  const perBook = await findsPerBook(archive, transport, () => finds);
  await archive.close();
  return {
    title: 'In MongoDB (BSON sizes of the documents, before the server compresses them)',
    figures: [
      ...sizes,
      { name: 'all in', value: bytes / levelChanges, unit: 'bytes per level change' },
      { name: 'a past book, median', value: perBook.at(MOMENTS >> 1) ?? 0, unit: 'finds' },
      { name: 'a past book, worst', value: perBook.at(-1) ?? 0, unit: 'finds' },
    ],
  };
}

/** Finds per book without a cache, in ascending order. */
async function findsPerBook(
  archive: MongoReader,
  { messages, security }: RecordingTransport,
  finds: () => number,
): Promise<number[]> {
  const firstUs = (messages[0]?.receiveTimeUs ?? 0) + 1_000_000;
  const lastUs = messages.at(-1)?.receiveTimeUs ?? 0;
  const counts: number[] = [];
  for (let i = 0; i < MOMENTS; i++) {
    const us = firstUs + Math.floor((i + 0.37) * ((lastUs - firstUs) / MOMENTS));
    const before = finds();
    const position = { clock: 'receive', us } as const;
    const answer = await createReader(archive).bookAt({ security, position });
    if (answer.state !== 'proven') throw new Error(`No book at ${us}`);
    counts.push(finds() - before);
  }
  return counts.sort((a, b) => a - b);
}
