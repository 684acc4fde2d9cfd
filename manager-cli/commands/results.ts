/** Shared by add, remove, snapshot and reset: one result for each security. */

import type { CommandResult } from '../../logger/status/control.ts';
import { commandResults } from '../../logger/messages/statuses.ts';
import type { RequestOf } from '../client.ts';
import type { Session } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { UNKNOWN, known } from '../format.ts';
import { stateColour } from '../style.ts';
import { renderTable } from '../table.ts';
import { nothingRecorded } from './security-table.ts';

/** Securities that are named for one reason. */
const MAX_NAMED = 10;

type CommandMethod = 'Add' | 'Remove' | 'Snapshot' | 'Reset';

/** Makes the call and prints the results. Failures go to stderr, all on one line. */
export async function runChange<Method extends CommandMethod>(
  session: Session,
  method: Method,
  request: RequestOf<Method>,
): Promise<ExitCode> {
  const { out, paint } = session;
  const client = await session.client();
  const results = commandResults(await client.unary<CommandMethod>(method, request));
  const failed = results.filter((result) => !result.ok);
  if (out.isJson) {
    await out.json(results);
    return failed.length === 0 ? EXIT.done : EXIT.failed;
  }
  const done = results.filter((result) => result.ok);
  if (done.length > 0) {
    const rows = done.map((result) => [
      result.security,
      { text: result.state ?? UNKNOWN, colour: stateColour(result.state ?? '') },
      known(result.message),
    ]);
    const columns = [{ title: 'SECURITY' }, { title: 'STATE' }, { title: 'MESSAGE' }];
    for (const line of renderTable(columns, rows, paint)) await out.line(line);
  } else if (results.length === 0) {
    await out.line(nothingRecorded(session.program));
  }
  if (failed.length === 0) return EXIT.done;
  out.note(
    `orderbook-manager: ${reasonsOf(failed)
      .join('; ')
      .replaceAll(/\s*\n\s*/g, ' ')}`,
  );
  return EXIT.failed;
}

/** Why they failed, each reason once: hundreds of securities may share one. */
function reasonsOf(failed: readonly CommandResult[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { security, message, state } of failed) {
    const reason = message ?? `is ${state ?? 'unknown'}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), security]);
  }
  return [...byReason].map(([reason, securities]) => {
    const named = securities.slice(0, MAX_NAMED).join(', ');
    const more = securities.length - MAX_NAMED;
    return `${named}${more > 0 ? ` and ${more} more` : ''}: ${reason}`;
  });
}
