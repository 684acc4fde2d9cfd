/** The calls with one response. */

import { InvalidArgumentError } from '../errors.ts';
import { formatTimeUs } from '../market/time.ts';
import { coverageQuery } from '../messages/requests.ts';
import { coverageMessage } from '../messages/results.ts';
import {
  commandMessage,
  healthMessage,
  processMessage,
  securityMessage,
} from '../messages/statuses.ts';
import type { CommandResponse, ManagerHandlers } from '../messages/types.ts';
import type { CommandResult } from '../status/control.ts';
import { changing, unary } from './calls.ts';
import type { UnaryCall } from './calls.ts';
import { flushFor } from './context.ts';
import type { ManagerContext } from './context.ts';
import { canonical, checkSecurities } from './requests.ts';

const MAX_LOGGED_FAILURES = 10;

/** The response of a command, and its outcome for the log. */
function commandOutcome(results: readonly CommandResult[]): {
  response: CommandResponse;
  outcome: string;
} {
  const failed = results.filter((result) => !result.ok);
  const outcome =
    failed.length === 0
      ? 'ok'
      : `failed: ${failed
          .slice(0, MAX_LOGGED_FAILURES)
          .map((result) => result.security)
          .join(',')}`;
  return { response: commandMessage(results), outcome };
}

/**
 * A signal that aborts with the call, and shortly before the caller's deadline: that leaves time to
 * respond with the states so far instead of DEADLINE_EXCEEDED.
 */
function waitingSignal(
  context: ManagerContext,
  call: UnaryCall,
): { signal: AbortSignal; end: () => void } {
  if (!Number.isFinite(call.deadlineMs)) {
    return { signal: AbortSignal.any([call.signal, context.closing]), end: () => {} };
  }
  const almost = new AbortController();
  const leftMs = call.deadlineMs - context.clock.nowUs() / 1000;
  const marginMs = Math.min(context.limits.waitMarginMs, leftMs / 4);
  const timer = context.clock.schedule(Math.max(0, leftMs - marginMs), () => almost.abort());
  return {
    signal: AbortSignal.any([call.signal, context.closing, almost.signal]),
    end: () => timer.cancel(),
  };
}

function add(context: ManagerContext): ManagerHandlers['Add'] {
  const { control, limits } = context;
  return changing(
    context,
    'add',
    (request) => request.securities,
    async (request, call) => {
      const securities = checkSecurities(request.securities, limits.maxSecuritiesPerCall);
      const { signal, end } = waitingSignal(context, call);
      try {
        return commandOutcome(await control.add(securities, request.wait, signal));
      } finally {
        end();
      }
    },
  );
}

function commands(
  context: ManagerContext,
): Pick<ManagerHandlers, 'Add' | 'Remove' | 'Snapshot' | 'Reset' | 'Terminate'> {
  const { control, limits } = context;
  const securitiesOf = (request: { readonly securities: string[] }): string[] => request.securities;
  return {
    Add: add(context),
    Remove: changing(context, 'remove', securitiesOf, async (request) =>
      commandOutcome(
        await control.remove(checkSecurities(request.securities, limits.maxSecuritiesPerCall)),
      ),
    ),
    Snapshot: changing(context, 'snapshot', securitiesOf, async (request) => {
      const { securities } = request;
      const isAll = securities.length === 1 && securities[0] === 'all';
      return commandOutcome(
        await control.snapshot(
          isAll ? securities : checkSecurities(securities, limits.maxSecuritiesPerCall),
        ),
      );
    }),
    Reset: changing(
      context,
      'reset',
      (request) => [request.exchange],
      async (request) => {
        if (!/^[a-z][a-z0-9]{0,31}$/.test(request.exchange)) {
          throw new InvalidArgumentError('exchange: the name of an exchange, or all');
        }
        return commandOutcome(await control.reset(request.exchange));
      },
    ),
    Terminate: changing(
      context,
      'terminate',
      () => [],
      async () => {
        // After the response has gone out, or the client would see a broken connection.
        context.clock.schedule(0, () => control.terminate());
        return { response: {}, outcome: 'ok' };
      },
    ),
  };
}

function queries(
  context: ManagerContext,
): Pick<ManagerHandlers, 'List' | 'Health' | 'Coverage' | 'Ping' | 'Uptime' | 'Stats'> {
  const { control, clock } = context;
  return {
    List: unary(context, 'list', async () => ({
      securities: (await control.list()).map(securityMessage),
    })),
    Health: unary(context, 'health', async () => healthMessage(await control.health())),
    Coverage: unary(context, 'coverage', async (request) => {
      const query = canonical(coverageQuery(request), control);
      await flushFor(context, query.security);
      return coverageMessage(await context.reader.coverage(query));
    }),
    Ping: unary(context, 'ping', () => ({ version: context.version })),
    Uptime: unary(context, 'uptime', () => ({
      since: formatTimeUs(control.startedUs),
      uptime: (clock.nowUs() - control.startedUs) / 1_000_000,
    })),
    Stats: unary(context, 'stats', async () => ({
      process: processMessage((await control.health()).process),
    })),
  };
}

export function unaryHandlers(
  context: ManagerContext,
): ReturnType<typeof commands> & ReturnType<typeof queries> {
  return { ...commands(context), ...queries(context) };
}
