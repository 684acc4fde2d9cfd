/** A table that is made when something is first stored in it: an archive that never needs it looks as before. */

import type { Table } from './table.ts';

export type LaterRows = Table<(string | number)[]>;

export interface LaterTableOptions {
  readonly isWriter: boolean;
  /** When the archive was opened. */
  readonly isThere: boolean;
}

export class LaterTable {
  readonly #open: () => LaterRows | undefined;
  readonly #isWriter: boolean;
  #table: LaterRows | undefined;

  /** @param open opens the table; for a writer also makes it, in a transaction. */
  constructor(open: () => LaterRows | undefined, { isWriter, isThere }: LaterTableOptions) {
    this.#open = open;
    this.#isWriter = isWriter;
    if (isThere) this.#table = open();
  }

  /** undefined: nothing was ever stored. */
  get table(): LaterRows | undefined {
    // A writer may have made it since.
    if (!this.#isWriter) this.#table ??= this.#open();
    return this.#table;
  }

  /** For a writer. It is valid afterwards only if the transaction is committed: see `keep`. */
  made(): LaterRows | undefined {
    return this.#table ?? this.#open();
  }

  keep(table: LaterRows): void {
    this.#table = table;
  }
}
