/** Keys and certificates of the manager port, as the configuration has read and checked them. */

export interface ManagerTls {
  /** PEM, followed by the intermediate certificates. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** PEM of the authority that signs client certificates (mutual TLS); null: clients need none. */
  readonly clientCa: Buffer | null;
}

export interface ManagerAccess {
  /** Each of them is accepted: the current key and, during a rotation, the next one. */
  readonly keys: readonly string[];
  /** null: plaintext. */
  readonly tls: ManagerTls | null;
  /** Lines for the log at every start and reload. */
  readonly warnings: readonly string[];
}
