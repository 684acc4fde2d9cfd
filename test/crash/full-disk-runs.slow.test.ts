/**
 * The real process on small disks of many sizes, which others fill and leave again all the time. It never
 * ends, every line of its log is one record, and nothing is missing once there is space for good.
 * `FULL_DISK_RUNS=200` is the long version, `SEED=…` repeats one. Needs root, for mounting.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import type { MongoLocation } from '../../logger/archive/mongodb/location.ts';
import { openMongoReader } from '../../logger/archive/mongodb/open.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { RawClient, bearer } from '../manager/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { freshDatabase, mongoUri, uriOf } from '../support/mongodb.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { NO_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import type { SmallDisk } from '../support/small-disk.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const RUNS = Number(process.env['FULL_DISK_RUNS'] ?? 4);
const AT_ONCE = 2;
const SEED = seededRandom().seed;
const SECURITIES = ['binance:BTCUSDT', 'binance:ETHUSDT'];
const MIN_DISK_KIB = 400;
const MAX_DISK_KIB = 8192;
const FILLED_TIMES = 8;
/** Left free at most: more than some transactions need. */
const MAX_LEFT_BYTES = 80_000;
const MAX_PAUSE_MS = 900;
/** Far more than it takes on an idle machine. */
const LIMIT_MS = 120_000;

test(
  `${RUNS} disks that are full again and again (seed ${SEED})`,
  { timeout: RUNS * 60_000 },
  async ({ skip }) => {
    const probe = mountSmallDisk(MIN_DISK_KIB);
    if (probe === undefined) return skip(NO_MOUNT);
    probe.remove();
    const failures: Error[] = [];
    let run = 0;
    const worker = async (): Promise<void> => {
      while (run < RUNS && failures.length === 0) {
        const one = run++;
        await recordOn(one).catch((cause: unknown) => {
          failures.push(new Error(`Run ${one}`, { cause }));
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (failures[0]) throw failures[0];
  },
);

/** With MongoDB in every other run, if there is one. */
async function recordOn(run: number): Promise<void> {
  const random = seededRandom(SEED + run);
  const kib = Math.floor(MIN_DISK_KIB * (MAX_DISK_KIB / MIN_DISK_KIB) ** random.next());
  const disk = mountSmallDisk(kib)!;
  const { directory } = disk;
  const store = mongoUri && run % 2 === 1 ? freshDatabase() : undefined;
  // One each: the exchange counts requests by address.
  const sandbox = await startSandbox({ seed: SEED, symbols: ['BTCUSDT', 'ETHUSDT'], pace: 2000 });
  const port = await freePort();
  const client = new RawClient(port);
  const one = startLogger(sandbox, { directory, port, store });
  try {
    await one.ready();
    await until(
      'live books',
      async () => (await sequences(client)).every((one) => one > 0),
      LIMIT_MS,
    );
    await fillAgainAndAgain(disk, random, { one, client });
    disk.enlarge();
    const isServing = async (): Promise<boolean> =>
      (await health(client)).status === 'STATUS_SERVING';
    await until('the archive', isServing, LIMIT_MS);
    const last = await sequences(client);
    expect(await one.end('SIGTERM')).toEqual({ code: 0 });
    for (const line of one.output().trim().split('\n')) JSON.parse(line);
    const lost = one.output().split('"The connection to the exchange ended"').length - 1;
    await expectWhole(directory, store, { last, lost });
  } catch (error) {
    throw new Error(`On a disk of ${kib} KiB: ${one.output()}`, { cause: error });
  } finally {
    client.close();
    if (one.child.exitCode === null && one.child.signalCode === null) await one.end('SIGKILL');
    await sandbox.close();
    disk.remove();
  }
}

function startLogger(
  sandbox: Sandbox,
  {
    directory,
    port,
    store,
  }: {
    readonly directory: string;
    readonly port: number;
    readonly store: MongoLocation | undefined;
  },
): LoggerProcess {
  return spawnLogger({
    BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
    BINANCE_REST_URL: sandbox.venues.binance.restUrl,
    ORDERBOOK_UPDATEFREQUENCY: '100',
    SECURITIES: SECURITIES.join(','),
    DATA_DIR: directory,
    LOG_FORMAT: 'json',
    MANAGER_PORT: String(port),
    MANAGER_AUTHKEY: TEST_KEY,
    ...(store && { MONGODB_ENDPOINT: uriOf(store) }),
  });
}

async function fillAgainAndAgain(
  disk: SmallDisk,
  random: SeededRandom,
  { one, client }: { readonly one: LoggerProcess; readonly client: RawClient },
): Promise<void> {
  for (let i = 0; i < FILLED_TIMES; i++) {
    disk.fill(random.integer(0, MAX_LEFT_BYTES));
    // Whole books need more room than what is recorded in a second. They may have to wait.
    const images = client.unary('Snapshot', { securities: SECURITIES }, bearer(TEST_KEY));
    await Promise.race([images.catch(() => undefined), wait(random.integer(0, MAX_PAUSE_MS))]);
    await wait(random.integer(0, MAX_PAUSE_MS));
    disk.clear();
    await wait(random.integer(0, MAX_PAUSE_MS / 2));
    expect(one.child.exitCode ?? one.child.signalCode, one.output()).toBeNull();
  }
}

async function health(client: RawClient): Promise<any> {
  return (await client.unary('Health', {}, bearer(TEST_KEY))).response;
}

/** 0 for a book that is not live. */
async function sequences(client: RawClient): Promise<number[]> {
  const rows: any[] = (await health(client)).securities;
  return SECURITIES.map((security) => {
    const row = rows.find((each) => each.security === security);
    return row?.state === 'RECORDING_STATE_LIVE' ? Number(row.sequence) : 0;
  });
}

/**
 * One interval up to the last sequence that was live, with no gap but the one that the stop opens, and at most one more
 * for each connection that was lost: a machine under load can keep the exchange from sending anything for long enough.
 */
async function expectWhole(
  directory: string,
  store: MongoLocation | undefined,
  { last, lost }: { readonly last: readonly number[]; readonly lost: number },
): Promise<void> {
  // The exchanges of other runs keep this process busy: MongoDB may seem not to answer.
  const open = () => openMongoReader(store!, createSystemClock()).catch(() => null);
  const archive = store
    ? await until('MongoDB', open, LIMIT_MS)
    : await openEmbeddedArchive({ directory, readOnly: true });
  try {
    const reader = createReader(archive);
    expect((await reader.verify()).problems).toEqual([]);
    for (const [i, security] of SECURITIES.entries()) {
      const { intervals, gaps } = await reader.coverage({ security });
      expect(intervals.length).toBeLessThanOrEqual(1 + lost);
      expect(gaps.map(({ to }) => to === null)).toEqual(
        intervals.map((_, at) => at === intervals.length - 1),
      );
      expect(Number(intervals.at(-1)?.lastSequence)).toBeGreaterThanOrEqual(last[i]!);
    }
  } finally {
    await archive.close();
  }
}
