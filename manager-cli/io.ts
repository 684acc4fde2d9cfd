/** Everything external that a command uses, so that tests can replace it. */

import type { Readable, Writable } from 'node:stream';

export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export type InputStream = Readable & { readonly isTTY?: boolean };

export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** The installed key file: the fallback where no key is given. */
  readonly systemKeyFile: string;
}
