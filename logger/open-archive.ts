/** Opens an archive by its location: for reading, or as the target of a copy. */

import { createSystemClock } from './service/system-clock.ts';
import type { ArchiveReader } from './archive/archive.ts';
import type { CopyTarget } from './archive/transfer/copy.ts';
import { embeddedTarget } from './archive/transfer/embedded-target.ts';
import { openEmbeddedArchive } from './archive/embedded/embedded-archive.ts';
import { isMongoUri, mongoLocation } from './archive/mongodb/location.ts';

/**
 * @param location a directory, or a `mongodb://` URI whose path names the database.
 * @throws InvalidArgumentError if there is no archive; ArchiveUnavailableError.
 */
export async function openArchiveReader(location: string): Promise<ArchiveReader> {
  if (!isMongoUri(location)) return openEmbeddedArchive({ directory: location, readOnly: true });
  // Loaded on demand: the driver is slow to load, and most archives are directories.
  const { openMongoReader } = await import('./archive/mongodb/open.ts');
  return openMongoReader(mongoLocation(location), createSystemClock());
}

/**
 * @param location as above; a missing directory is created, and no other process may write there.
 * @throws ArchiveInUseError; ArchiveUnavailableError; ConfigError for a database name that the server
 *   rejects.
 */
export async function openCopyTarget(location: string): Promise<CopyTarget> {
  if (!isMongoUri(location)) {
    return embeddedTarget(await openEmbeddedArchive({ directory: location }));
  }
  const { openMongoTarget } = await import('./archive/mongodb/open.ts');
  return openMongoTarget(mongoLocation(location), createSystemClock());
}
