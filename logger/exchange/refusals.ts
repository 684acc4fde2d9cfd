/**
 * What came from an exchange and could not be used: counted per kind, logged once per kind. A feed
 * full of garbage must neither fill the log nor go by unseen.
 */

import { WireFormatError } from '../errors.ts';
import type { Log } from '../runtime/log.ts';

/** Kinds beyond this many are counted together: the set of kinds is ours, but a limit has a name. */
const KINDS_MAX = 64;

export class Refusals {
  readonly #log: Log;
  readonly #exchange: string;
  readonly #counts = new Map<string, number>();

  constructor(exchange: string, log: Log) {
    this.#exchange = exchange;
    this.#log = log;
  }

  note(kind: string, message: string): void {
    const known = this.#counts.get(kind);
    const key = known !== undefined || this.#counts.size < KINDS_MAX ? kind : 'other';
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count === 1) {
      this.#log.warning('Unusable message from the exchange; more of its kind are only counted', {
        exchange: this.#exchange,
        kind: key,
        reason: message,
      });
    }
  }

  /** Counts a `WireFormatError` and goes on; anything else is not the exchange's fault. */
  noteOrThrow(error: unknown): void {
    if (!(error instanceof WireFormatError)) throw error;
    const kind = error.context['kind'];
    this.note(typeof kind === 'string' ? kind : 'other', error.message);
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
