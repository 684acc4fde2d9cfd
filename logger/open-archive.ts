/** Opens whatever an address names, for reading. */

import { createSystemClock } from './service/system-clock.ts';
import type { ArchiveReader } from './archive/archive.ts';
import { openEmbeddedArchive } from './archive/embedded-archive.ts';
import { isMongoUri, mongoLocation } from './archive/mongodb/location.ts';

/**
 * @param location a directory, or a `mongodb://` URI whose path names the database.
 * @throws InvalidArgumentError when there is nothing to read; ArchiveUnavailableError.
 */
export async function openArchiveReader(location: string): Promise<ArchiveReader> {
  if (!isMongoUri(location)) return openEmbeddedArchive({ directory: location, readOnly: true });
  // The driver takes its time to load, and most archives are directories.
  const { openMongoReader } = await import('./archive/mongodb/open.ts');
  return openMongoReader(mongoLocation(location), createSystemClock());
}
