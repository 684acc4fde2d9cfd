/**
 * Keeps LMDB's id of the newest transaction from going back. The lock file holds a copy of it, from which
 * the next transaction starts. A process that opens the archive writes there what it read in the data
 * file a moment before (`mdb_env_open2` in lmdb 3.5.6). If a commit came in between, readers don't see
 * it, and the writer's next transaction would start without it: what was acknowledged would be lost.
 * The writer is the only one that commits, so it knows the newest id from the data file.
 */

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { ArchiveUnavailableError } from '../../errors.ts';

/** In the lock file, in bytes: behind a magic number and the format, 4 bytes each. */
const TRANSACTION_AT = 8;
/** Each needs a process that opens the archive within the microseconds since the last attempt. */
const MAX_ATTEMPTS = 100;

/** A root of lmdb, for writing. */
export interface Transactions {
  transactionSync(action: () => void, flags: number): void;
  getWriteTxnId(): number;
}

export class TransactionId {
  readonly #file: number;
  readonly #bytes = Buffer.alloc(8);

  /** @throws the file system's error. */
  constructor(lockFile: string) {
    this.#file = openSync(lockFile, 'r+');
  }

  /** After LMDB has closed its own descriptor: this releases every lock of the process on that file. */
  close(): void {
    closeSync(this.#file);
  }

  /** Between transactions only. @param newest the id of the last commit. */
  restore(newest: number): void {
    readSync(this.#file, this.#bytes, 0, 8, TRANSACTION_AT);
    if (this.#bytes.readBigUInt64LE() === BigInt(newest)) return;
    this.#bytes.writeBigUInt64LE(BigInt(newest));
    writeSync(this.#file, this.#bytes, 0, 8, TRANSACTION_AT);
  }

  /**
   * Runs `change` in a transaction that follows the last commit.
   * @throws as `root.transactionSync`; ArchiveUnavailableError if others keep setting the id back.
   */
  transact(root: Transactions, newest: number, change: () => void, flags: number): void {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      this.restore(newest);
      try {
        root.transactionSync(() => {
          // The id was taken when the transaction began: what others write from now on doesn't matter.
          if (root.getWriteTxnId() !== newest + 1) throw SET_BACK;
          change();
        }, flags);
        return;
      } catch (error) {
        if (error !== SET_BACK) throw error;
      }
    }
    throw new ArchiveUnavailableError(
      'Processes that open the archive prevent writing: too many open it at once',
      { retryable: true },
    );
  }
}

const SET_BACK = new Error('another process set the transaction id back');
