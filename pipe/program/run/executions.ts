/** How orders are carried out, as `--execute` says. */

import { text } from '../../../manager-cli/arguments.ts';
import type { Arguments } from '../../../manager-cli/arguments.ts';
import { usageError } from '../../../manager-cli/exit-codes.ts';
import type { Venue } from '../../market/venue.ts';
import type { RunDeps } from './strategy-run.ts';

/** @throws the usage error for venues that it can't send orders to. */
export function executionOf(args: Arguments, _venues: readonly Venue[]): RunDeps['execution'] {
  const kind = text(args, 'execute') ?? 'paper';
  if (kind !== 'paper') throw usageError(`--execute: ${kind} is not offered yet`);
  return () => ({
    execute: (orders) =>
      Promise.resolve(
        orders.map((request) => ({
          request,
          atUs: 0,
          fills: [],
          fee: { coin: request.venue.quote, amount: '0' },
          orderId: null,
          error: 'no execution',
        })),
      ),
    close: () => undefined,
  });
}
