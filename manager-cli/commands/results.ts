/** What add, remove, snapshot and reset have in common: one result for each security. */

import { parts, resultRow } from '../answers.ts';
import type { UnaryMethod } from '../client.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UNKNOWN, known } from '../format.ts';
import { stateColour } from '../style.ts';
import { renderTable } from '../table.ts';

/** Makes the call and prints the results. Those that are not ok are the error's one line. */
export async function runChange(
  session: Session,
  method: UnaryMethod,
  request: object,
): Promise<ExitCode> {
  const { out, paint } = session;
  const client = await session.client();
  const results = parts(await client.unary(method, request), 'results').map(resultRow);
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
    await out.line('Nothing is recorded; start with: orderbook-manager add binance:BTCUSDT');
  }
  if (failed.length === 0) return EXIT.done;
  const reasons = failed.map(
    (result) => `${result.security}: ${result.message ?? `is ${result.state ?? 'unknown'}`}`,
  );
  out.note(`orderbook-manager: ${reasons.join('; ').replaceAll(/\s*\n\s*/g, ' ')}`);
  return EXIT.failed;
}
