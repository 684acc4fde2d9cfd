/**
 * The sandbox's own requests beside those of the exchange, for black-box tests and for people:
 *
 *   POST /sandbox/misbehave   injects a fault of `faults.ts`, as JSON
 *   GET  /sandbox/book?symbol=BTCUSDT[&sequence=N]   a true book
 *   GET  /sandbox/stats
 *
 * A symbol belongs to the venue on whose port the request came, if it is listed there.
 */

import { describeError, InvalidArgumentError } from '../../logger/errors.ts';
import { parseFault } from '../faults/faults.ts';
import type { SimulatedExchange } from '../simulated-exchange.ts';
import type { RunningVenue } from '../venues/running-venue.ts';
import type { RestResponse } from '../venues/session.ts';

const PREFIX = '/sandbox/';

/** @returns null for a request that is not the sandbox's own. */
export function controlPort(
  exchange: SimulatedExchange,
  venue: RunningVenue,
  method: string,
  url: string,
  body: string,
): RestResponse | null {
  const { pathname, searchParams } = new URL(url, 'http://sandbox');
  if (!pathname.startsWith(PREFIX)) return null;
  try {
    switch (`${method} ${pathname}`) {
      case 'POST /sandbox/misbehave':
        exchange.inject(parseFault(JSON.parse(body)), venue);
        return json(200, { ok: true });
      case 'GET /sandbox/stats':
        return json(200, exchange.stats());
      case 'GET /sandbox/book':
        return book(exchange, venue, searchParams);
      default:
        return json(404, { error: `There is no ${method} ${pathname.slice(0, 60)} here` });
    }
  } catch (error) {
    // The caller's mistakes are reported to the caller; anything else is a bug and crashes.
    if (!(error instanceof InvalidArgumentError || error instanceof SyntaxError)) throw error;
    return json(400, { error: describeError(error) });
  }
}

function book(
  exchange: SimulatedExchange,
  venue: RunningVenue,
  query: URLSearchParams,
): RestResponse {
  const symbol = query.get('symbol') ?? '';
  const sequence = query.get('sequence');
  if (sequence === null) return json(200, exchange.book(symbol, venue));
  if (!/^\d{1,16}$/.test(sequence)) throw new InvalidArgumentError('sequence: not a number');
  const found = exchange.bookAtSequence(symbol, Number(sequence), venue);
  return found ? json(200, found) : json(404, { error: 'No book is kept for that sequence' });
}

function json(status: number, value: unknown): RestResponse {
  const body = `${JSON.stringify(value)}\n`;
  return { status, headers: { 'content-type': 'application/json' }, body, delayMs: 0 };
}
