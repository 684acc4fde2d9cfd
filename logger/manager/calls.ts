/**
 * Wraps the handlers of all calls: errors become statuses, a client that leaves aborts the work, streams
 * are counted, and every change is logged with its caller and its outcome.
 */

import type { PeerCertificate } from 'node:tls';
import type {
  ServerUnaryCall,
  ServerWritableStream,
  handleServerStreamingCall,
  handleUnaryCall,
} from '@grpc/grpc-js';
import { LoggerError, describeError } from '../errors.ts';
import type { Log } from '../runtime/log.ts';
import type { ManagerContext } from './context.ts';
import { CallCancelledError, partWriter } from './part-writer.ts';
import type { PartWriter } from './part-writer.ts';
import { failureOf, headerText } from './status-map.ts';
import type { StreamSlots } from './stream-slots.ts';

/** Logs errors that are not the client's doing. */
function logUnexpected(error: unknown, method: string, log: Log): void {
  if (error instanceof LoggerError && error.code !== 'invariant') return;
  log.error('A manager call failed unexpectedly', { method, error: describeError(error) });
}

/** Aborts when the client cancels, its deadline passes or the connection breaks. */
function cancellation(call: {
  on(event: 'cancelled', listener: () => void): unknown;
  readonly cancelled: boolean;
}): AbortSignal {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort());
  if (call.cancelled) controller.abort();
  return controller.signal;
}

export interface UnaryCall {
  readonly signal: AbortSignal;
  /** The caller's deadline on the machine's clock, ms since 1970; Infinity: none. */
  readonly deadlineMs: number;
  readonly peer: string;
  /** Common name of the client's certificate; undefined: none was asked for. */
  readonly certificate: string | undefined;
}

function commonName(certificate: PeerCertificate | undefined): string | undefined {
  // Several of them come as a list.
  return certificate && String(certificate.subject.CN);
}

/** A unary call. `run` throws, or returns the response. */
export function unary<Request, Response>(
  context: ManagerContext,
  method: string,
  run: (request: Request, call: UnaryCall) => Promise<Response> | Response,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, callback) => {
    const deadline = call.getDeadline();
    const details: UnaryCall = {
      signal: cancellation(call),
      deadlineMs: typeof deadline === 'number' ? deadline : deadline.getTime(),
      peer: call.getPeer(),
      certificate: commonName(call.getAuthContext().sslPeerCertificate),
    };
    void respond();

    async function respond(): Promise<void> {
      let response: Response;
      try {
        response = await run(call.request, details);
      } catch (error) {
        logUnexpected(error, method, context.log);
        callback(failureOf(error, context.noBook));
        return;
      }
      callback(null, response);
    }
  };
}

const MAX_LOGGED_SECURITIES = 10;
const MAX_LOGGED_CHARACTERS = 80;

/** A unary call that changes something: as `unary`, and logged. @param subjects what it changes. */
export function changing<Request, Response>(
  context: ManagerContext,
  method: string,
  subjects: (request: Request) => readonly string[],
  run: (request: Request, call: UnaryCall) => Promise<{ response: Response; outcome: string }>,
): handleUnaryCall<Request, Response> {
  return unary<Request, Response>(context, method, async (request, call) => {
    const logOutcome = (outcome: string): void =>
      context.log.notice(`Manager call ${method}`, {
        ...subjectFields(subjects(request)),
        peer: call.peer,
        ...(call.certificate !== undefined && { certificate: headerText(call.certificate) }),
        outcome,
      });
    try {
      const { response, outcome } = await run(request, call);
      logOutcome(outcome);
      return response;
    } catch (error) {
      // Only logged here: a failed change is part of the audit trail.
      logOutcome(`failed: ${headerText(describeError(error))}`);
      throw error;
    }
  });
}

function subjectFields(subjects: readonly string[]): { readonly securities?: string } {
  if (subjects.length === 0) return {};
  const shown = subjects
    .slice(0, MAX_LOGGED_SECURITIES)
    .map((name) => headerText(name.slice(0, MAX_LOGGED_CHARACTERS)))
    .join(',');
  const more = subjects.length > MAX_LOGGED_SECURITIES ? `,… (${subjects.length})` : '';
  return { securities: shown + more };
}

/** A streamed call. `run` writes the parts and returns when all are written, or throws. */
export function streaming<Request, Part>(
  context: ManagerContext,
  method: string,
  slots: StreamSlots,
  run: (request: Request, writer: PartWriter<Part>) => Promise<void>,
): handleServerStreamingCall<Request, Part> {
  return (call: ServerWritableStream<Request, Part>) => {
    const signal = cancellation(call);
    void respond();

    async function respond(): Promise<void> {
      try {
        await takeSlotAndRun();
        call.end();
      } catch (error) {
        if (error instanceof CallCancelledError || signal.aborted) {
          call.end();
          return;
        }
        logUnexpected(error, method, context.log);
        // grpc-js turns the error event of a streamed call into its status.
        call.emit('error', failureOf(error, context.noBook));
      }
    }

    async function takeSlotAndRun(): Promise<void> {
      slots.take();
      try {
        const { clock, limits } = context;
        await run(
          call.request,
          partWriter(call, { signal, clock, partTimeoutMs: limits.partTimeoutMs }),
        );
      } finally {
        slots.release();
      }
    }
  };
}
