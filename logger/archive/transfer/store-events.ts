/** News from a store and its spool that a recording logger has to act on. */

import type { DuplicateRecordError } from '../../errors.ts';

export interface StoreListener {
  /** The spool is full and its oldest records of this security were given up: a declared gap. */
  onDropped(security: string): void;
  /** Nothing of this security can be rebuilt until the next base image. */
  onImageNeeded(security: string): void;
  /** The store holds another record under one of this security's keys; replication of it has ended. */
  onConflict(security: string, error: DuplicateRecordError): void;
  /** Another logger holds the lease of this security now. */
  onLeaseLost(security: string, holder: string): void;
  /** Securities that only the store knew are in the spool now. */
  onSeeded(): void;
}

/** Passes news on to the one listener, which comes into being after the store. */
export class StoreEvents implements StoreListener {
  #listener: StoreListener | null = null;

  /** To be called before anything starts. */
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
