/**
 * `zstd-napi`, loaded when it is first used: it is an optional dependency, and what needs no zstd has to
 * compile and run without it.
 */

import { createRequire } from 'node:module';

interface Zstd {
  compress(bytes: Uint8Array, parameters: { readonly compressionLevel: number }): Buffer;
  decompress(bytes: Uint8Array): Buffer;
}

const require = createRequire(import.meta.url);
const library = (): Zstd => require('zstd-napi') as Zstd;

/** @throws Error if `zstd-napi` was not built. */
export const compress: Zstd['compress'] = (bytes, parameters) =>
  library().compress(bytes, parameters);

/** @throws Error if `zstd-napi` was not built. */
export const decompress: Zstd['decompress'] = (bytes) => library().decompress(bytes);
