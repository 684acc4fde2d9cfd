/** An archive that the contract is run over. */

import type { Archive, ArchiveReader } from '../../logger/archive/archive.ts';

export interface ArchiveUnderTest {
  readonly archive: Archive;
  /** Another reader of the same archive, as another process would open one. Closed by `dispose`. */
  openReader(): Promise<ArchiveReader>;
  /** Closes the archive and opens it again. */
  reopen(): Promise<Archive>;
  dispose(): Promise<void>;
}

/** The archive of the running test. */
export type CurrentArchive = () => ArchiveUnderTest;

export interface ContractOptions {
  /** Replicated records are no longer compared with what is committed: the store finds a conflict. */
  readonly forgets?: boolean;
  /** Look-ups only: a store without a spool has no journal. */
  readonly looksUp?: boolean;
  readonly keepsCandles?: boolean;
}
