/** An archive that the contract is run over. */

import type { Archive, ArchiveReader, SecurityState } from '../../logger/archive/archive.ts';
import type { PrunableArchive } from '../../logger/archive/retention.ts';

export interface ArchiveUnderTest {
  readonly archive: Archive;
  /** Another reader of the same archive, as another process would open one. Closed by `dispose`. */
  openReader(): Promise<ArchiveReader>;
  /** Closes the archive and opens it again. */
  reopen(): Promise<Archive>;
  /** A pass of retention over a security, until nothing is left to delete. */
  prune(state: SecurityState, beforeUs: number): Promise<void>;
  dispose(): Promise<void>;
}

export async function pruneAll(
  archive: Pick<PrunableArchive, 'prune'>,
  state: SecurityState,
  beforeUs: number,
): Promise<void> {
  while ((await archive.prune(state, beforeUs)) > 0);
}

/** The archive of the running test. */
export type CurrentArchive = () => ArchiveUnderTest;

export interface ContractOptions {
  /** Replicated records are no longer compared with what is committed: the store finds a conflict. */
  readonly forgets?: boolean;
  /** Look-ups only: a store without a spool has no journal. */
  readonly looksUp?: boolean;
}
