/**
 * Counts what came from an exchange and could not be used, per kind, and logs the first of each kind:
 * a feed full of garbage neither floods the log nor goes unseen.
 */

import { WireFormatError } from '../../errors.ts';
import type { Log } from '../../runtime/log.ts';

/** Kinds beyond this many share one counter. */
const MAX_KINDS = 64;

export class WireErrors {
  readonly #log: Log;
  readonly #exchange: string;
  readonly #counts = new Map<string, number>();

  constructor(exchange: string, log: Log) {
    this.#exchange = exchange;
    this.#log = log;
  }

  count(kind: string, message: string): void {
    const known = this.#counts.get(kind);
    const key = known !== undefined || this.#counts.size < MAX_KINDS ? kind : 'other';
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count === 1) {
      this.#log.warning(
        'Unusable message from the exchange; further ones of its kind are counted',
        {
          exchange: this.#exchange,
          kind: key,
          reason: message,
        },
      );
    }
  }

  /** Counts a `WireFormatError` and returns it; throws any other error on. */
  countOrThrow(error: unknown): WireFormatError {
    if (!(error instanceof WireFormatError)) throw error;
    const kind = error.context['kind'];
    this.count(typeof kind === 'string' ? kind : 'other', error.message);
    return error;
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
