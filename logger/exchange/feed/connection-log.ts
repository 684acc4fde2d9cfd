/** The lines of the log about one lasting connection: what fails again and again is said once. */

import type { Log, LogFields } from '../../runtime/log.ts';
import { named } from '../../runtime/named.ts';

export class ConnectionLog {
  readonly #log: Log;
  readonly #fields: () => LogFields;
  /** Kinds of ends since a session last worked. */
  readonly #ends = new Set<string>();

  /** @param fields tell this connection from others of the exchange, which share an address. */
  constructor(log: Log, fields: () => LogFields) {
    this.#log = log;
    this.#fields = fields;
  }

  opened(): void {
    this.#log.info('Connected to the exchange', this.#fields());
  }

  /** The exchange has confirmed a symbol's streams. */
  confirmed(symbol: string): void {
    this.#log.debug('Streams confirmed', { ...this.#fields(), symbol });
  }

  rejected(symbol: string, reason: string): void {
    this.#log.debug('Streams rejected', { ...this.#fields(), symbol, reason });
  }

  /** A session brought data: its next end is news. */
  works(): void {
    this.#ends.clear();
  }

  replacing(reason: string): void {
    this.#log.info('Replacing the connection to the exchange', { ...this.#fields(), reason });
  }

  replaced(): void {
    this.#log.info('The connection to the exchange was replaced', this.#fields());
  }

  /** @param isKnown it has been logged elsewhere. */
  ended(reason: string, isKnown: boolean): void {
    const kind = reason.replaceAll(/\d+/g, '');
    const isNews = !isKnown && !this.#ends.has(kind);
    this.#ends.add(kind);
    this.#log[isNews ? 'warning' : 'debug']('The connection to the exchange ended', {
      ...this.#fields(),
      reason,
    });
  }

  /** A replacement that the exchange does not accept whole must not stay unnoticed. */
  incomplete(missing: readonly string[], reason: string): void {
    this.#log.warning('The new connection lacks symbols yet: the old one stays', {
      ...this.#fields(),
      missing: named(missing),
      reason,
    });
  }
}
