/** Certificates made by openssl when a test runs, so that none in the repository can expire or leak. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed } from './requirements.ts';

export const openssl = installed('openssl', ['version']);

export interface Pair {
  /** Paths of PEM files. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A certificate authority in its own directory. */
export class Authority {
  readonly directory = mkdtempSync(join(tmpdir(), 'orderbook-tls-'));
  readonly #pair: Pair;
  #issued = 0;

  constructor(name: string) {
    const [certFile, keyFile] = [this.#path('ca.pem'), this.#path('ca.key')];
    this.#openssl(
      'req',
      '-x509',
      ...this.#newKey(keyFile),
      '-subj',
      `/CN=${name}`,
      '-out',
      certFile,
    );
    this.#pair = this.#read(certFile, keyFile);
  }

  get caFile(): string {
    return this.#pair.certFile;
  }

  get ca(): Buffer {
    return this.#pair.cert;
  }

  /** `names` as in openssl: `IP:127.0.0.1,DNS:localhost`. Negative days make an expired one. */
  issue(name: string, options: { readonly names?: string; readonly days?: number } = {}): Pair {
    const base = `${this.#issued++}-${name}`;
    const [certFile, keyFile] = [this.#path(`${base}.pem`), this.#path(`${base}.key`)];
    const [request, extensions] = [this.#path(`${base}.csr`), this.#path(`${base}.ext`)];
    this.#openssl('req', ...this.#newKey(keyFile), '-subj', `/CN=${name}`, '-out', request);
    writeFileSync(extensions, options.names ? `subjectAltName=${options.names}\n` : '');
    const signed = ['x509', '-req', '-in', request, '-out', certFile, '-extfile', extensions];
    const by = ['-CA', this.#pair.certFile, '-CAkey', this.#pair.keyFile, '-CAcreateserial'];
    this.#openssl(...signed, ...by, '-days', String(options.days ?? 1));
    return this.#read(certFile, keyFile);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #newKey(keyFile: string): string[] {
    return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  }

  #path(name: string): string {
    return join(this.directory, name);
  }

  #read(certFile: string, keyFile: string): Pair {
    return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) };
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
