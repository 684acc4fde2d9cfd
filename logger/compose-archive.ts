/** The archive's part of the object graph. */

import { resolve } from 'node:path';
import type { Archive } from './archive/archive.ts';
import { assertWritable, makeDirectory } from './archive/embedded/directory.ts';
import { openSpool } from './archive/embedded/embedded-archive.ts';
import { mongoLocation } from './archive/mongodb/location.ts';
import { openMongoArchive } from './archive/mongodb/open.ts';
import type { MongoArchive } from './archive/mongodb/open.ts';
import type { Spool } from './archive/spool.ts';
import type { Config } from './config/load.ts';
import { ArchiveInUseError, ConfigError, InvalidArgumentError, describeError } from './errors.ts';
import { readIdentity } from './service/identity.ts';
import type { Log } from './runtime/log.ts';
import type { SystemClock } from './service/system-clock.ts';

/** @throws ConfigError where the directory can't be used, or is. */
export async function openDataDirectory(config: Config, log: Log): Promise<Spool> {
  try {
    makeDirectory(resolve(config.dataDirectory));
    assertWritable(resolve(config.dataDirectory));
  } catch (error) {
    throw new ConfigError(
      `DATA_DIR ${JSON.stringify(config.dataDirectory)} can't be used: ${describeError(error)}`,
      { cause: error },
    );
  }
  try {
    return await openSpool({ directory: config.dataDirectory, log });
  } catch (error) {
    if (!(error instanceof ArchiveInUseError)) throw error;
    throw new ConfigError(
      `DATA_DIR ${JSON.stringify(config.dataDirectory)} is in use by another logger: give each one a directory of its own`,
      { cause: error },
    );
  }
}

/** @throws ConfigError for an address that is none. */
export function openMongo(
  { endpoint, database }: NonNullable<Config['mongodb']>,
  directory: string,
  parts: Omit<Parameters<typeof openMongoArchive>[0], 'location' | 'owner'>,
): MongoArchive {
  try {
    const location = mongoLocation(endpoint, database);
    return openMongoArchive({ ...parts, location, owner: readIdentity(directory) });
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new ConfigError(`MONGODB_ENDPOINT is not valid: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/**
 * Segments of all loggers that share a store stand in the order of their beginnings, without anybody
 * having to ask the others for a number.
 */
export function epochByTime(lastEpoch: number, provenUs: number): number {
  return Math.max(lastEpoch + 1, Math.floor(provenUs / 1_000_000));
}

/** Receive times go on where the records end, even if the machine's clock was set back meanwhile. */
export async function startAfterRecords(
  clock: SystemClock,
  archive: Archive,
  log: Log,
): Promise<void> {
  let latestUs = 0;
  for (const { security } of await archive.securities()) {
    const { lastUs } = await archive.tail(security);
    latestUs = Math.max(latestUs, lastUs ?? 0);
  }
  const aheadUs = latestUs - clock.nowUs();
  if (aheadUs > 1_000_000) {
    log.warning('The archive ends after what this machine takes for now: its clock was set back', {
      seconds: Math.round(aheadUs / 1e6),
    });
  }
  clock.notBefore(latestUs + 1);
}
