/** The accounts of `--execute sandbox`: one on the exchange of each venue. */

import { usageError } from '../../../manager-cli/exit-codes.ts';
import type { Arguments } from '../../../manager-cli/arguments.ts';
import type { Io } from '../../../manager-cli/io.ts';
import type { SandboxLogin } from '../../execution/sandbox-connection.ts';
import { texts } from '../options.ts';

const EXAMPLE = 'sandbox@a=ws://username1@127.0.0.1:6789';
const PASSWORD = 'EXCHANGE_PASSWORD';

/**
 * By venue.
 * @throws the usage error for a malformed account, or one without a password.
 */
export function sandboxAccounts(
  args: Arguments,
  env: Io['env'],
): Readonly<Record<string, SandboxLogin>> {
  const accounts = texts(args, 'account').map((given): [string, SandboxLogin] => {
    const at = given.indexOf('=');
    const address = given.slice(at + 1);
    const url = URL.canParse(address) ? new URL(address) : null;
    if (at < 1 || url === null || !/^wss?:$/.test(url.protocol) || url.username === '') {
      throw usageError(`--account: not VENUE=ws://USER@HOST:PORT, like ${EXAMPLE}`);
    }
    const password = decodeURIComponent(url.password) || env[PASSWORD];
    const venue = given.slice(0, at);
    if (!password) throw usageError(`--account: ${venue} has no password: set ${PASSWORD}`);
    const username = decodeURIComponent(url.username);
    return [venue, { wsUrl: `${url.protocol}//${url.host}`, username, password }];
  });
  const names = accounts.map(([venue]) => venue);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw usageError(`--account: ${twice} is named twice`);
  return Object.fromEntries(accounts);
}
