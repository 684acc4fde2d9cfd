/** Opens the archive that a logger records into. */

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

/** @throws ConfigError if the directory can't be used, or another logger uses it. */
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
    // A reader in another container leaves; another logger stays.
    if (!(error instanceof ArchiveInUseError) || 'pid' in error.context) throw error;
    throw new ConfigError(
      `DATA_DIR ${JSON.stringify(config.dataDirectory)} is in use by another logger: give each one a directory of its own`,
      { cause: error },
    );
  }
}

/** @returns null without `MONGODB_ENDPOINT`. @throws ConfigError for an endpoint that is not valid. */
export function openMongo(
  config: Config,
  deps: Omit<Parameters<typeof openMongoArchive>[0], 'location' | 'owner' | 'spoolMaxBytes'>,
): MongoArchive | null {
  if (config.mongodb === null) return null;
  const { endpoint, database } = config.mongodb;
  try {
    return openMongoArchive({
      ...deps,
      location: mongoLocation(endpoint, database),
      owner: readIdentity(config.dataDirectory),
      spoolMaxBytes: config.spoolMaxBytes,
    });
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new ConfigError(`MONGODB_ENDPOINT is not valid: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/** Continues receive time after the last record, even if the machine's clock was set back since. */
export async function startAfterRecords(
  clock: SystemClock,
  archive: Archive,
  log: Log,
): Promise<void> {
  let latestUs = 0;
  for (const { security } of await archive.securities()) {
    const { lastUs } = await archive.tail(security, false);
    latestUs = Math.max(latestUs, lastUs ?? 0);
  }
  const aheadUs = latestUs - clock.nowUs();
  if (aheadUs > 1_000_000) {
    log.warning("The archive's last record is in the future: the machine's clock was set back", {
      seconds: Math.round(aheadUs / 1e6),
    });
  }
  clock.notBefore(latestUs + 1);
}
