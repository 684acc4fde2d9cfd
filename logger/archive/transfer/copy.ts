/**
 * Copies sealed records from one archive to another, in order, so that at any moment the target holds a
 * readable beginning of each segment. Headers of both sides are compared first, and only what is
 * missing is read and written: an interrupted copy continues where it stopped, and a repeated one
 * changes nothing.
 *
 * Not copied: journal parts, and whatever is sealed after the copy of its security has begun; the next
 * copy takes it. A damaged record of the source is reported and left out. A different record in the
 * target stops the copy of its security, because what follows belongs to another history.
 */

import { UnknownSecurityError } from '../../errors.ts';
import { isSameInAnyCase } from '../../market/security.ts';
import type { ArchiveReader, SecurityState } from '../archive.ts';
import type {
  CopiedSecurity,
  CopyOptions,
  CopyProblem,
  CopyResult,
  CopyTarget,
} from './copy-types.ts';
import { SecurityCopy } from './security-copy.ts';

export type * from './copy-types.ts';

/**
 * @throws UnknownSecurityError; and any error of reading and writing, after which it can be
 * repeated.
 */
export async function copyArchive(
  from: ArchiveReader,
  to: CopyTarget,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const known = await from.securities();
  const securities: CopiedSecurity[] = [];
  const problems: CopyProblem[] = [];
  for (const state of selected(known, options.securities)) {
    const copy = new SecurityCopy(from, to, state, options, problems);
    securities.push(await copy.run());
  }
  return { securities, problems };
}

function selected(
  known: readonly SecurityState[],
  names: readonly string[] | undefined,
): readonly SecurityState[] {
  if (names === undefined || names.length === 0) return known;
  const found = names.map((name) => {
    const state =
      known.find(({ security }) => security === name) ??
      known.find(({ security }) => isSameInAnyCase(security, name));
    if (state !== undefined) return state;
    const hint = known.map(({ security }) => security).slice(0, 10);
    throw new UnknownSecurityError(
      `${name} was never recorded; the source holds ${hint.join(', ') || 'none'}`,
    );
  });
  return [...new Set(found)];
}
