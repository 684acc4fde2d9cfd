/** Options and results of a copy between archives. */

import type { ArchiveReader } from '../archive.ts';
import type { RecordTarget } from '../target.ts';

/** The archive that records are copied to. */
export interface CopyTarget {
  readonly archive: ArchiveReader;
  readonly writer: RecordTarget;
  close(): Promise<void>;
}

export interface CopyProblem {
  readonly security: string;
  /** `block 3/1234`, `gap 3` (before the segment), `hole 3/1234` (a gap within it), `journal`. */
  readonly record: string;
  readonly problem: string;
}

export interface CopiedSecurity {
  readonly security: string;
  /** Records written, gaps included. */
  readonly copied: number;
  /** The bytes of their bodies. */
  readonly bytes: number;
  /** Records that the target already had. */
  readonly present: number;
  /** Journal parts, which stay in the source. */
  readonly left: number;
}

export interface CopyResult {
  readonly securities: readonly CopiedSecurity[];
  readonly problems: readonly CopyProblem[];
}

export interface CopyProgress {
  readonly security: string;
  /** Records copied, or already in the target. */
  readonly records: number;
  /** The source's count of this security's records. */
  readonly total: number;
  readonly bytes: number;
  readonly problems: number;
}

export interface CopyOptions {
  /** Only these; letter case does not matter. Default: all. */
  readonly securities?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}
