/** What lets callers in: keys and certificates, as the configuration has read and checked them. */

export interface TlsMaterial {
  /** PEM, with the certificates between it and its authority behind it. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** PEM: who vouches for clients; null: clients need no certificate. */
  readonly clientCa: Buffer | null;
}

export interface Access {
  /** Any of them is let in. */
  readonly keys: readonly string[];
  /** null: in the clear. */
  readonly tls: TlsMaterial | null;
  /** Lines for the log. */
  readonly warnings: readonly string[];
}
