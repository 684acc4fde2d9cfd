/** The port to an archive that takes over another one's records. */

import type { DuplicateRecordError } from '../errors.ts';
import type { OpenGap, SecurityState, SecurityTotals } from './archive.ts';
import type { InstrumentStore } from './instrument-store.ts';
import type { RecordBatch } from './batch.ts';

/** A security's own record, beside images, blocks and gaps. */
export interface SecurityDocument {
  readonly state: SecurityState;
  readonly totals: SecurityTotals;
  /**
   * The end of the last segment. null leaves the stored one unchanged: while received messages are not
   * yet among the records, a mark would cover what cannot be read.
   */
  readonly end: {
    readonly mark: { readonly epoch: number; readonly us: number } | null;
    readonly openGap: OpenGap | null;
  } | null;
}

export interface RecordTarget {
  /** undefined: it keeps none. */
  readonly instruments?: Pick<InstrumentStore, 'put'> | undefined;
  /**
   * Writes batches in order. Writing the same record again changes nothing.
   * @returns the securities for which a different record is already stored, with the error each; nothing
   *   that follows that record was written for them.
   * @throws LoggerError when nothing is acknowledged: any part may be stored; write it again.
   */
  write(batches: readonly RecordBatch[]): Promise<ReadonlyMap<string, DuplicateRecordError>>;
  writeSecurities(documents: readonly SecurityDocument[]): Promise<void>;
}
