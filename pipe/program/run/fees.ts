/** The table of fees of a run. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describeError } from '../../../logger/errors.ts';
import { text } from '../../../manager-cli/arguments.ts';
import type { Arguments } from '../../../manager-cli/arguments.ts';
import { usageError } from '../../../manager-cli/exit-codes.ts';
import type { FeeTable } from '../../fees/fee-table.ts';
import type { StoredFeeTable } from '../../records/records.ts';

export interface RunFees {
  readonly fees: FeeTable;
  readonly feeTable: StoredFeeTable;
}

/** Of `--fees`. @throws the usage error that names the file. */
export async function feesOf(args: Arguments): Promise<RunFees> {
  const path = text(args, 'fees');
  const fees = path === undefined ? { exchanges: {} } : readTable(path);
  const id = createHash('sha256').update(JSON.stringify(fees)).digest('hex');
  return { fees, feeTable: { id, table: fees } };
}

function readTable(path: string): FeeTable {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as FeeTable;
  } catch (error) {
    throw usageError(`--fees: ${path}: ${describeError(error)}`);
  }
}
