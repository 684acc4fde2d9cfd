/**
 * What every call has in common, apart from what it does: errors become statuses, a client that
 * leaves aborts the work, streams are counted, and calls that change something leave a line in the
 * log that says who did what and how it ended.
 */

import type { PeerCertificate } from 'node:tls';
import {
  Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type handleServerStreamingCall,
  type handleUnaryCall,
  status,
} from '@grpc/grpc-js';
import { ConflictError, LimitExceededError, LoggerError, describeError } from '../errors.ts';
import type { Definitions } from '../messages/definitions.ts';
import { noBookMessage } from '../messages/results.ts';
import type { NoBookResult } from '../queries/results.ts';
import type { Reader } from '../reader/reader.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { LoggerControl } from '../status/control.ts';
import type { ManagerLimits } from './limits.ts';
import { CallCancelledError, type PartWriter, partWriter } from './part-writer.ts';
import { type CallFailure, failureOf, headerText } from './status-map.ts';

/** Everything that the handlers work with. */
export interface ManagerContext {
  readonly control: LoggerControl;
  readonly reader: Reader;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ManagerLimits;
  readonly noBook: Definitions['noBook'];
  /** Aborts when the port is about to close. */
  readonly closing: AbortSignal;
}

/**
 * Lets the reader see everything heard so far. Where that fails (a full disk) the past that is
 * stored can still be told, and what is not stored is not claimed.
 */
export async function flushFor(context: ManagerContext, security: string): Promise<void> {
  try {
    await context.control.flush(security);
  } catch (error) {
    if (!(error instanceof LoggerError)) throw error;
    context.log.warning('Answering from what is stored, the rest could not be written', {
      security,
      error: describeError(error),
    });
  }
}

/** There is no book at the asked-for moment. Ends the call with OUT_OF_RANGE and the gap. */
export class NoBookError extends ConflictError {
  readonly answer: NoBookResult;

  constructor(answer: NoBookResult) {
    const { from, to, cause } = answer.gap;
    super(
      `${answer.security} was not recorded then: gap from ${from} to ${to ?? 'now'} (${cause})`,
    );
    this.answer = answer;
  }
}

/** The port closes while a call that never ends by itself is open. */
export class ClosingError extends ConflictError {}

interface Failure extends CallFailure {
  readonly metadata?: Metadata;
}

function failure(error: unknown, context: ManagerContext): Failure {
  if (error instanceof NoBookError) {
    const metadata = new Metadata();
    metadata.set('no-book-bin', context.noBook.serialize(noBookMessage(error.answer)));
    return { code: status.OUT_OF_RANGE, details: headerText(describeError(error)), metadata };
  }
  if (error instanceof ClosingError) {
    return { code: status.UNAVAILABLE, details: describeError(error) };
  }
  return failureOf(error);
}

/** Surprises go to the log; what a client did wrong is between it and us. */
function logSurprise(error: unknown, method: string, log: Log): void {
  if (error instanceof LoggerError && error.code !== 'invariant') return;
  log.error('A manager call failed unexpectedly', { method, error: describeError(error) });
}

/** Aborts when the client cancels, its deadline passes or the connection breaks. */
function cancellation(call: {
  on(event: 'cancelled', listener: () => void): unknown;
  readonly cancelled: boolean;
}): AbortController {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort());
  if (call.cancelled) controller.abort();
  return controller;
}

export interface UnaryCall {
  readonly signal: AbortSignal;
  /** The caller's deadline on the machine's clock, ms since 1970; Infinity: none. */
  readonly deadlineMs: number;
  readonly peer: string;
  /** Whose certificate the client has shown (its common name); undefined: none was asked for. */
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
    const facts: UnaryCall = {
      signal: cancellation(call).signal,
      deadlineMs: typeof deadline === 'number' ? deadline : deadline.getTime(),
      peer: call.getPeer(),
      certificate: commonName(call.getAuthContext().sslPeerCertificate),
    };
    void answer();

    async function answer(): Promise<void> {
      let response: Response;
      try {
        response = await run(call.request, facts);
      } catch (error) {
        logSurprise(error, method, context.log);
        callback(failure(error, context));
        return;
      }
      callback(null, response);
    }
  };
}

const AUDITED_SECURITIES = 10;

/** A unary call that changes something: as `unary`, and one line about it in the log. */
export function changing<Request, Response>(
  context: ManagerContext,
  method: string,
  subjects: (request: Request) => readonly string[],
  run: (request: Request, call: UnaryCall) => Promise<{ response: Response; outcome: string }>,
): handleUnaryCall<Request, Response> {
  return unary<Request, Response>(context, method, async (request, call) => {
    const named = subjects(request);
    const shown = named
      .slice(0, AUDITED_SECURITIES)
      .map((name) => headerText(name.slice(0, 80)))
      .join(',');
    const more = named.length > AUDITED_SECURITIES ? `,… (${named.length})` : '';
    const audit = (outcome: string): void =>
      context.log.notice(`Manager call ${method}`, {
        ...(named.length > 0 && { securities: shown + more }),
        peer: call.peer,
        ...(call.certificate !== undefined && { certificate: headerText(call.certificate) }),
        outcome,
      });
    try {
      const { response, outcome } = await run(request, call);
      audit(outcome);
      return response;
    } catch (error) {
      // Told here, handled by the caller: a refused change is part of the audit.
      audit(`failed: ${headerText(describeError(error))}`);
      throw error;
    }
  });
}

/** Counts streamed answers, all clients together. */
export class StreamSlots {
  #open = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get open(): number {
    return this.#open;
  }

  /** @throws LimitExceededError when all are taken. */
  take(): void {
    if (this.#open >= this.#max) {
      throw new LimitExceededError(`${this.#max} streams are open already; try again later`);
    }
    this.#open++;
  }

  release(): void {
    this.#open--;
  }
}

/** A streamed answer. `run` writes the parts and returns when all are written, or throws. */
export function streaming<Request, Part>(
  context: ManagerContext,
  method: string,
  slots: StreamSlots,
  run: (request: Request, writer: PartWriter<Part>) => Promise<void>,
): handleServerStreamingCall<Request, Part> {
  return (call: ServerWritableStream<Request, Part>) => {
    const { signal } = cancellation(call);
    void answer();

    async function answer(): Promise<void> {
      try {
        await takeSlotAndRun();
        call.end();
      } catch (error) {
        if (error instanceof CallCancelledError || signal.aborted) {
          call.end();
          return;
        }
        logSurprise(error, method, context.log);
        // grpc-js turns the error event of a streamed call into its status.
        call.emit('error', failure(error, context));
      }
    }

    async function takeSlotAndRun(): Promise<void> {
      slots.take();
      try {
        const writer = partWriter(call, {
          signal,
          clock: context.clock,
          readerPatienceMs: context.limits.readerPatienceMs,
        });
        await run(call.request, writer);
      } finally {
        slots.release();
      }
    }
  };
}
