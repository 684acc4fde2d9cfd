/** Finds the archive's id of a security, for reading without a running logger. */

import type { ArchiveReader } from '../archive/archive.ts';
import { UnknownSecurityError } from '../errors.ts';
import { isSameInAnyCase, parseSecurity } from '../market/security.ts';

/** Securities named in the error for an unknown one. */
const MAX_HINTS = 10;

/**
 * The archive's spelling of a security given in any case: what was recorded has the exchange's spelling.
 * @throws InvalidArgumentError, UnknownSecurityError
 */
export async function knownSecurity(archive: ArchiveReader, asked: string): Promise<string> {
  const { id } = parseSecurity(asked);
  const known = (await archive.securities()).map(({ security }) => security);
  if (known.includes(id)) return id;
  const found = known.find((candidate) => isSameInAnyCase(candidate, id));
  if (found !== undefined) return found;
  const hint = known.length === 0 ? 'none' : known.slice(0, MAX_HINTS).join(', ');
  throw new UnknownSecurityError(`${id} was never recorded; this archive holds ${hint}`, {
    context: { security: id },
  });
}
