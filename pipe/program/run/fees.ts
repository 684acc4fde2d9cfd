/** The table of fees of a run. */

import { text } from '../../../manager-cli/arguments.ts';
import type { Arguments } from '../../../manager-cli/arguments.ts';
import type { FeeTable } from '../../fees/fee-table.ts';
import { loadFees } from '../../fees/load-fees.ts';
import type { StoredFeeTable } from '../../records/records.ts';

export interface RunFees {
  readonly fees: FeeTable;
  readonly feeTable: StoredFeeTable;
}

/** The defaults, with the figures of `--fees`. @throws InvalidArgumentError that names the file. */
export function feesOf(args: Arguments): RunFees {
  const { table, id } = loadFees(text(args, 'fees'));
  return { fees: table, feeTable: { id, table } };
}
