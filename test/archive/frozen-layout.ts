/**
 * Scripted writes that reach every table and every collection, and a dump of what they leave behind. `frozen-layout.test.ts` compares the dumps with frozen ones.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { open } from 'lmdb';
import { BSON, MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import type { GapRecord, SecurityState, Write } from '../../logger/archive/archive.ts';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { MongoLocation } from '../../logger/archive/mongodb/location.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import {
  SECURITY,
  block,
  image,
  journalPart,
  sampleBlock,
  sampleGap,
  sampleImage,
} from './sample-records.ts';

export const ORDERS = 'coinbase:BTC-USD';
const NEW = 'binance:ETHUSDT';
/** More than one part: a body is cut at 8 MiB. */
const LARGE = Buffer.alloc(8 * 1024 * 1024 + 5, 'not a multiple of anything ');

const gap = (record: GapRecord): Write => ({ type: 'gap', record });

export const STATES: readonly SecurityState[] = [
  { security: SECURITY, wanted: true, feed: 'depth' },
  { security: ORDERS, wanted: false, feed: 'full' },
];

const orders = { security: ORDERS, level: 'L3', feed: 'full', proof: 'connection' } as const;

export const GAP = sampleGap();
export const GAP_WITHIN: GapRecord = {
  security: SECURITY,
  epoch: 2,
  fromUs: 210_001,
  toUs: 220_000,
  cause: 'corrupt',
  firstMissing: 211,
  lastMissing: null,
  after: 210,
};

export const RECORDS = {
  firstImage: sampleImage({ lastSequence: 100 }),
  firstBlock: sampleBlock({ previousSequence: 100, lastSequence: 110 }),
  image: sampleImage({ lastSequence: 110, reason: 'interval' }),
  block: sampleBlock({
    previousSequence: 110,
    lastSequence: 120,
    trades: 7,
    badReceiveTimes: [{ fromUs: 111_000, toUs: 112_500, cause: 'stall' }],
  }),
  secondSegment: sampleImage({ lastSequence: 200, epoch: 2, reason: 'gap' }, LARGE),
  secondBlock: sampleBlock({ previousSequence: 200, lastSequence: 210, epoch: 2 }),
  ordersImage: sampleImage({ ...orders, lastSequence: 5, encoding: 'orders-image/1' }),
  ordersBlock: sampleBlock({
    ...orders,
    previousSequence: 5,
    lastSequence: 9,
    encoding: 'orders/1',
  }),
} as const;

/** The writes of a logger that records, in commits as it makes them. */
const COMMITS: readonly (readonly Write[])[] = [
  STATES.map((state) => ({ type: 'security', state })),
  [image(RECORDS.firstImage), image(RECORDS.ordersImage)],
  [
    journalPart(0, sampleBlock({ previousSequence: 100, lastSequence: 105 })),
    { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 105_500 },
  ],
  [journalPart(1, sampleBlock({ previousSequence: 105, lastSequence: 110 }))],
  [block(RECORDS.firstBlock), image(RECORDS.image), block(RECORDS.ordersBlock)],
  [block(RECORDS.block), { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 120_000 }],
  [
    {
      type: 'open-gap',
      security: SECURITY,
      gap: { epoch: 1, fromUs: 120_000, cause: 'connection', firstMissing: 121 },
    },
  ],
  [image(RECORDS.secondSegment), gap(GAP)],
  [block(RECORDS.secondBlock), gap(GAP_WITHIN)],
  [
    {
      type: 'open-gap',
      security: ORDERS,
      gap: { epoch: 1, fromUs: 9_500, cause: 'restart', firstMissing: null },
    },
    { type: 'mark', security: ORDERS, epoch: 1, aliveUntilUs: 9_400 },
  ],
  [
    journalPart(0, sampleBlock({ previousSequence: 220, lastSequence: 221, epoch: 2 })),
    { type: 'mark', security: SECURITY, epoch: 2, aliveUntilUs: 221_000 },
  ],
];

/** @returns the archive's tables after each stage, and those of a second one that was seeded. */
export async function embeddedDump(directory: string): Promise<string> {
  const stages: string[] = [];
  const stage = async (
    title: string,
    change: (spool: Spool) => Promise<void>,
    name = 'archive',
  ): Promise<void> => {
    const path = join(directory, name);
    const spool = await openSpool({ directory: path });
    try {
      await change(spool);
    } finally {
      await spool.close();
    }
    stages.push(`# ${title}`, ...(await dumpTables(path)), '');
  };
  await stage('recorded', async (spool) => {
    for (const writes of COMMITS) await spool.commit(writes);
  });
  await stage('one round replicated', async (spool) => {
    await spool.release(await spool.pending(1, new Set([SECURITY])));
  });
  await stage('the oldest dropped', async (spool) => {
    await spool.dropOldest();
  });
  let seed: Parameters<Spool['seed']> | undefined;
  await stage('expired here and in the store', async (spool) => {
    await spool.prune({ security: SECURITY, wanted: true, feed: 'depth' }, 205_000);
    await spool.countDeleted(ORDERS, { images: 1, blocks: 0, gaps: 0, bytes: 100 });
    const state = { security: NEW, wanted: true, feed: 'depth' };
    seed = [state, await spool.tail(SECURITY), await spool.totals(SECURITY)];
  });
  await stage('another spool, seeded', (spool) => spool.seed(...seed!), 'seeded');
  return stages.join('\n');
}

const TABLES = [
  'layout',
  'image-headers',
  'image-bodies',
  'image-index',
  'block-headers',
  'block-bodies',
  'journal',
  'journal-batches',
  'gaps',
  'standings',
  'securities',
];

/** Values that are a digest and a text: the text is shown. */
const TEXTS = new Set(['image-headers', 'block-headers', 'gaps', 'standings', 'securities']);

async function dumpTables(directory: string): Promise<string[]> {
  const root = open<Uint8Array>({
    path: join(directory, 'archive.mdb'),
    encoding: 'binary',
    readOnly: true,
    maxDbs: 24,
  });
  try {
    const names = [...root.getKeys({})].map(String).sort();
    const lines = [`tables ${names.join(' ')}`];
    for (const name of TABLES) {
      const table = root.openDB<Uint8Array>({ name, encoding: 'binary' });
      for (const { key, value } of table.getRange({})) {
        const text = TEXTS.has(name) ? ` ${Buffer.from(value).subarray(8).toString()}` : '';
        lines.push(`${name} ${JSON.stringify(key)} ${value.byteLength} ${sha256(value)}${text}`);
      }
    }
    return lines;
  } finally {
    await root.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** @returns every document in canonical Extended JSON, which shows the type of each number. */
export async function mongoDump(location: MongoLocation): Promise<string> {
  const client = new MongoClient(location.uri, { promoteValues: false, promoteBuffers: false });
  try {
    const database = client.db(location.database);
    const lines: string[] = [];
    for (const name of ['base_images', 'blocks', 'gaps', 'securities', 'owners']) {
      const indexes = await database
        .collection(name)
        .indexes()
        .catch(() => []);
      const keys = indexes.map(({ key }) => JSON.stringify(plain(key))).sort();
      lines.push(...keys.map((key) => `${name} index ${key}`));
      for (const document of await database.collection(name).find().sort({ _id: 1 }).toArray()) {
        lines.push(`${name} ${BSON.EJSON.stringify(withHashedBody(document), { relaxed: false })}`);
      }
    }
    return `${lines.join('\n')}\n`;
  } finally {
    await client.close();
  }
}

function plain(key: Document): Document {
  return Object.fromEntries(Object.entries(key).map(([name, value]) => [name, Number(value)]));
}

function withHashedBody(document: Document): Document {
  const body: unknown = document['body'];
  if (!(body instanceof BSON.Binary)) return document;
  const bytes = body.value();
  return { ...document, body: `${body.sub_type}: ${bytes.byteLength} ${sha256(bytes)}` };
}
