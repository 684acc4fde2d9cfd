/** The calls with one answer. */

import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { InvalidArgumentError } from '../errors.ts';
import { formatTimeUs } from '../market/time.ts';
import { type ManagerContext, type UnaryCall, changing, flushFor, unary } from './calls.ts';
import type { CommandResult } from '../status/control.ts';
import { checkSecurities, coverageQuery } from './requests.ts';
import {
  type AddRequest,
  type CoverageRequest,
  type ResetRequest,
  type SecuritiesRequest,
  commandResponse,
  coverageMessage,
  healthMessage,
  processMessage,
  securityMessage,
} from './wire.ts';

function answered(results: readonly CommandResult[]): { response: object; outcome: string } {
  const failed = results.filter((result) => !result.ok);
  const outcome =
    failed.length === 0
      ? 'ok'
      : `not ok: ${failed
          .slice(0, 10)
          .map((result) => result.security)
          .join(',')}`;
  return { response: commandResponse(results), outcome };
}

/**
 * A signal that aborts with the call, and shortly before the caller's deadline: then there is time
 * left to say how far things got, which "deadline exceeded" does not.
 */
function waitingSignal(
  context: ManagerContext,
  call: UnaryCall,
): { signal: AbortSignal; end: () => void } {
  if (!Number.isFinite(call.deadlineMs)) {
    return { signal: AbortSignal.any([call.signal, context.closing]), end: () => {} };
  }
  const nearly = new AbortController();
  const leftMs = call.deadlineMs - context.clock.nowUs() / 1000;
  const marginMs = Math.min(context.limits.waitMarginMs, leftMs / 4);
  const timer = context.clock.schedule(Math.max(0, leftMs - marginMs), () => nearly.abort());
  return {
    signal: AbortSignal.any([call.signal, context.closing, nearly.signal]),
    end: () => timer.cancel(),
  };
}

function add(context: ManagerContext): UntypedServiceImplementation[string] {
  const { control, limits } = context;
  return changing<AddRequest>(
    context,
    'add',
    (request) => request.securities,
    async (request, call) => {
      const securities = checkSecurities(request.securities, limits.maxSecuritiesPerCall);
      const { signal, end } = waitingSignal(context, call);
      try {
        return answered(await control.add(securities, request.wait, signal));
      } finally {
        end();
      }
    },
  );
}

function changes(context: ManagerContext): UntypedServiceImplementation {
  const { control, limits } = context;
  const securitiesOf = (request: SecuritiesRequest): readonly string[] => request.securities;
  return {
    add: add(context),
    remove: changing<SecuritiesRequest>(context, 'remove', securitiesOf, async (request) =>
      answered(
        await control.remove(checkSecurities(request.securities, limits.maxSecuritiesPerCall)),
      ),
    ),
    snapshot: changing<SecuritiesRequest>(context, 'snapshot', securitiesOf, async (request) => {
      const { securities } = request;
      const isAll = securities.length === 1 && securities[0] === 'all';
      return answered(
        await control.snapshot(
          isAll ? securities : checkSecurities(securities, limits.maxSecuritiesPerCall),
        ),
      );
    }),
    reset: changing<ResetRequest>(
      context,
      'reset',
      (request) => [request.exchange],
      async (request) => {
        if (!/^[a-z][a-z0-9]{0,31}$/.test(request.exchange)) {
          throw new InvalidArgumentError('exchange: the name of an exchange, or all');
        }
        return answered(await control.reset(request.exchange));
      },
    ),
    terminate: changing<object>(
      context,
      'terminate',
      () => [],
      async () => {
        // After the answer has gone out, or the client would see the connection break.
        context.clock.schedule(0, () => control.terminate());
        return { response: {}, outcome: 'ok' };
      },
    ),
  };
}

function questions(context: ManagerContext): UntypedServiceImplementation {
  const { control, clock } = context;
  return {
    list: unary(context, 'list', async () => ({
      securities: (await control.list()).map(securityMessage),
    })),
    health: unary(context, 'health', async () => healthMessage(await control.health())),
    coverage: unary<CoverageRequest>(context, 'coverage', async (request) => {
      const question = coverageQuery(request, control);
      await flushFor(context, question.security);
      return coverageMessage(await context.reader.coverage(question));
    }),
    ping: unary(context, 'ping', () => ({ version: context.version })),
    uptime: unary(context, 'uptime', () => ({
      since: formatTimeUs(control.startedUs),
      uptime: (clock.nowUs() - control.startedUs) / 1_000_000,
    })),
    stats: unary(context, 'stats', async () => ({
      process: processMessage((await control.health()).process),
    })),
  };
}

export function unaryHandlers(context: ManagerContext): UntypedServiceImplementation {
  return { ...changes(context), ...questions(context) };
}
