/** A security as people name it → the archive's own id, for whoever reads without a logger beside. */

import type { ArchiveReader } from '../archive/archive.ts';
import { UnknownSecurityError } from '../errors.ts';
import { parseSecurity } from '../market/security.ts';

/** Named in the error for one that is not there. */
const HINTS_MAX = 10;

/**
 * The archive's spelling of a security that is given in any case. There is no exchange to ask for its
 * own, but what was recorded was spelled by it.
 * @throws InvalidArgumentError, UnknownSecurityError
 */
export async function knownSecurity(archive: ArchiveReader, asked: string): Promise<string> {
  const { id } = parseSecurity(asked);
  const known = (await archive.securities()).map(({ security }) => security);
  if (known.includes(id)) return id;
  const found = known.find((candidate) => candidate.toLowerCase() === id.toLowerCase());
  if (found !== undefined) return found;
  const hint = known.length === 0 ? 'none' : known.slice(0, HINTS_MAX).join(', ');
  throw new UnknownSecurityError(`${id} was never recorded; this archive holds ${hint}`, {
    context: { security: id },
  });
}
