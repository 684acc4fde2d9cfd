/** Events of a store and its spool that a recording logger has to act on. */

import type { DuplicateRecordError } from '../../errors.ts';

export interface StoreListener {
  /** The spool was full: the oldest records of this security were dropped, and the gap recorded. */
  onDropped(security: string): void;
  /** Nothing of this security can be rebuilt until its next base image. */
  onImageNeeded(security: string): void;
  /** The store holds a different record of this security, which is no longer replicated. */
  onConflict(security: string, error: DuplicateRecordError): void;
  /** Another logger holds the lease of this security. */
  onLeaseLost(security: string, holder: string): void;
  /** The spool has learned of securities that the store knows. */
  onSeeded(): void;
}

/** Forwards events to a listener that is created after the store. */
export class StoreEvents implements StoreListener {
  #listener: StoreListener | null = null;

  /** Must be called before the store starts. */
  listen(listener: StoreListener): void {
    this.#listener = listener;
  }

  onDropped(security: string): void {
    this.#listener?.onDropped(security);
  }

  onImageNeeded(security: string): void {
    this.#listener?.onImageNeeded(security);
  }

  onConflict(security: string, error: DuplicateRecordError): void {
    this.#listener?.onConflict(security, error);
  }

  onLeaseLost(security: string, holder: string): void {
    this.#listener?.onLeaseLost(security, holder);
  }

  onSeeded(): void {
    this.#listener?.onSeeded();
  }
}
