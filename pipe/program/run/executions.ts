/** How orders are carried out, as `--execute` says. */

import { text } from '../../../manager-cli/arguments.ts';
import type { Arguments } from '../../../manager-cli/arguments.ts';
import { cliErrorOf, usageError } from '../../../manager-cli/exit-codes.ts';
import type { Io } from '../../../manager-cli/io.ts';
import { createNetwork } from '../../../logger/service/network.ts';
import { SandboxExecution } from '../../execution/sandbox.ts';
import type { SandboxLogin } from '../../execution/sandbox-connection.ts';
import type { Venue } from '../../market/venue.ts';
import { sandboxAccounts } from './sandbox-accounts.ts';
import type { RunDeps } from './strategy-run.ts';

/** How long a sandbox exchange may be away before the outcome of an order counts as unknown. */
const UNKNOWN_MS = 60_000;

/** @throws the usage error for venues that it can't send orders to. */
export function executionOf(
  args: Arguments,
  venues: readonly Venue[],
  env: Io['env'],
): RunDeps['execution'] {
  const kind = text(args, 'execute') ?? 'paper';
  if (kind === 'sandbox') return sandboxExecution(venues, sandboxAccounts(args, env));
  if (kind !== 'paper') throw usageError(`--execute: ${kind} is neither paper nor sandbox`);
  return null;
}

function sandboxExecution(
  venues: readonly Venue[],
  accounts: Readonly<Record<string, SandboxLogin>>,
): NonNullable<RunDeps['execution']> {
  return ({ clock, halt }) => {
    const transport = createNetwork(clock);
    try {
      return new SandboxExecution(venues, accounts, {
        clock,
        transport,
        halt,
        unknownMs: UNKNOWN_MS,
      });
    } catch (error) {
      throw cliErrorOf(error);
    }
  };
}
