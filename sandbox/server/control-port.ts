/**
 * The sandbox's own requests beside the exchange's: faults on demand and the true book, for
 * black-box tests and people who run it by itself.
 *
 *   POST /sandbox/misbehave   one switch of `faults.ts` as JSON
 *   GET  /sandbox/book?symbol=BTCUSDT[&sequence=N]
 *   GET  /sandbox/stats
 */

import { describeError, InvalidArgumentError } from '../../logger/errors.ts';
import type { RestResponse } from './protocol.ts';
import { parseSwitch } from '../faults/fault-injector.ts';
import type { Sandbox } from '../sandbox.ts';

const PREFIX = '/sandbox/';

/** @returns null for a request that is not the sandbox's own. */
export function controlPort(
  sandbox: Sandbox,
  method: string,
  url: string,
  body: string,
): RestResponse | null {
  const { pathname, searchParams } = new URL(url, 'http://sandbox');
  if (!pathname.startsWith(PREFIX)) return null;
  try {
    switch (`${method} ${pathname}`) {
      case 'POST /sandbox/misbehave':
        sandbox.misbehave(parseSwitch(JSON.parse(body)));
        return json(200, { ok: true });
      case 'GET /sandbox/stats':
        return json(200, sandbox.stats());
      case 'GET /sandbox/book':
        return book(sandbox, searchParams);
      default:
        return json(404, { error: `There is no ${method} ${pathname.slice(0, 60)} here` });
    }
  } catch (error) {
    // What the caller got wrong is told to the caller; anything else is a bug and crashes.
    if (!(error instanceof InvalidArgumentError || error instanceof SyntaxError)) throw error;
    return json(400, { error: describeError(error) });
  }
}

function book(sandbox: Sandbox, query: URLSearchParams): RestResponse {
  const symbol = query.get('symbol') ?? '';
  const sequence = query.get('sequence');
  if (sequence === null) return json(200, sandbox.book(symbol));
  if (!/^\d{1,16}$/.test(sequence)) throw new InvalidArgumentError('sequence: not a number');
  const found = sandbox.bookAtSequence(symbol, Number(sequence));
  return found ? json(200, found) : json(404, { error: 'That sequence is outside the window' });
}

function json(status: number, value: unknown): RestResponse {
  const body = `${JSON.stringify(value)}\n`;
  return { status, headers: { 'content-type': 'application/json' }, body, delayMs: 0 };
}
