/**
 * The zstd library that this process uses: `zstd-napi` where its binary was built, else the one in
 * Node (22.15 or later), else WebAssembly. npm can be set to run no install scripts, and npm 12 runs none of
 * dependencies, so the binary may be missing.
 *
 * The first two are zstd 1.5.7 and write the same bytes. The WebAssembly build can't set the minimum
 * match: its frames are 1 % larger, and other bytes. That is sound, as the format of a record says what
 * its columns hold and not how zstd found its matches; checksums are of what was stored. Every frame is
 * read by all three.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';

import { assertInvariant } from '../errors.ts';

export interface ZstdParameters {
  readonly level: number;
  readonly minMatch: number;
}

export interface ZstdLibrary {
  readonly name: string;
  /** One frame that states the length of its content. */
  readonly compress: (bytes: Uint8Array, parameters: ZstdParameters) => Uint8Array;
  /**
   * Writes the content of a frame into `target` and returns its length.
   * @throws Error (of any kind, but an InvariantError is a bug) if the frame is damaged or its content
   * larger than the target.
   */
  readonly decompress: (target: Uint8Array, frame: Uint8Array) => number;
}

const require = createRequire(import.meta.url);

/** Of `zstd-napi/binding.js`, as far as it is used: where it was not built, its types are missing, too. */
interface Binding {
  readonly CParameter: { readonly compressionLevel: number; readonly minMatch: number };
  readonly CCtx: new () => {
    setParameter(parameter: number, value: number): void;
    compress2(target: Uint8Array, bytes: Uint8Array): number;
  };
  readonly DCtx: new () => { decompress(target: Uint8Array, frame: Uint8Array): number };
  readonly compressBound: (bytes: number) => number;
}

/** @throws Error if `zstd-napi` has no binary for this machine. */
export function nativeZstd(): ZstdLibrary {
  const binding = require('zstd-napi/binding.js') as Binding;
  const compressor = new binding.CCtx();
  const decompressor = new binding.DCtx();
  return {
    name: 'zstd-napi',
    compress(bytes, { level, minMatch }) {
      compressor.setParameter(binding.CParameter.compressionLevel, level);
      compressor.setParameter(binding.CParameter.minMatch, minMatch);
      const target = new Uint8Array(binding.compressBound(bytes.length));
      return target.subarray(0, compressor.compress2(target, bytes));
    },
    decompress: (target, frame) => decompressor.decompress(target, frame),
  };
}

/** What `node:zlib` has from 22.15 on; the types are those of the oldest Node that is supported. */
interface ZlibWithZstd {
  readonly constants: { ZSTD_c_compressionLevel: number; ZSTD_c_minMatch: number };
  readonly zstdCompressSync: (bytes: Uint8Array, options: object) => Buffer;
  readonly zstdDecompressSync: (
    frame: Uint8Array,
    options: object,
  ) => { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
}

const MIN_CHUNK_BYTES = 64;

/** @throws Error if this Node has no zstd. */
export function nodeZstd(): ZstdLibrary {
  if (!('zstdCompressSync' in zlib)) throw new Error('no zstd in this Node');
  const { constants, zstdCompressSync, zstdDecompressSync } = zlib as unknown as ZlibWithZstd;
  return {
    name: 'node:zlib',
    compress(bytes, { level, minMatch }) {
      const params = {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_minMatch]: minMatch,
      };
      const chunkSize = bytes.length + MIN_CHUNK_BYTES;
      return zstdCompressSync(bytes, { params, chunkSize, pledgedSrcSize: bytes.length });
    },
    decompress(target, frame) {
      const { buffer, engine } = zstdDecompressSync(frame, {
        // Node rejects 0.
        maxOutputLength: Math.max(1, target.length),
        chunkSize: target.length + MIN_CHUNK_BYTES,
        info: true,
      });
      // Node ignores what follows a frame.
      if (engine.bytesWritten !== frame.length) throw new Error('bytes follow the frame');
      target.set(buffer);
      return buffer.length;
    },
  };
}

/** What Emscripten makes of the C functions: a number is an address, a length, or -1 for an error. */
interface WasmZstd {
  readonly HEAPU8: Uint8Array;
  readonly _malloc: (length: number) => number;
  readonly _free: (address: number) => void;
  readonly _compressBound: (length: number) => number;
  readonly _compress: (
    ...args: [to: number, room: number, from: number, length: number, level: number]
  ) => number;
  readonly _decompress: (to: number, room: number, from: number, length: number) => number;
}

/** As far as it is used: the types of Node 20 leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

export function wasmZstd(): ZstdLibrary {
  const wasm = loadWasm();
  return {
    name: 'WebAssembly',
    compress: (bytes, { level }) =>
      throughMemory(wasm, bytes, wasm._compressBound(bytes.length), (to, room, from, length) =>
        wasm._compress(to, room, from, length, level),
      ),
    decompress(target, frame) {
      const content = throughMemory(wasm, frame, target.length, wasm._decompress);
      target.set(content);
      return content.length;
    },
  };
}

/**
 * The package's own entry loads in the background. A codec that has to be waited for would keep the
 * library from being loaded with `require`, so this does what that entry does, at once.
 */
function loadWasm(): WasmZstd {
  const code = readFileSync(require.resolve('@foxglove/wasm-zstd/dist/wasm-zstd.wasm'));
  const options = {
    instantiateWasm(imports: object, receive: (instance: object) => void): object {
      const instance = new WebAssembly.Instance(new WebAssembly.Module(code), imports);
      receive(instance);
      return instance.exports;
    },
  };
  const load = require('@foxglove/wasm-zstd/dist/wasm-zstd.js') as (module: object) => unknown;
  load(options);
  // Emscripten adds the functions to the object that it is given.
  return options as unknown as WasmZstd;
}

function throughMemory(
  wasm: WasmZstd,
  bytes: Uint8Array,
  room: number,
  run: (to: number, room: number, from: number, length: number) => number,
): Uint8Array {
  // An allocation of no bytes may have no address.
  const from = wasm._malloc(bytes.length + 1);
  const to = wasm._malloc(room + 1);
  try {
    assertInvariant(from !== 0 && to !== 0, 'WebAssembly has no memory left');
    wasm.HEAPU8.set(bytes, from);
    const written = run(to, room, from, bytes.length);
    if (written < 0) throw new Error('the frame is damaged or larger than declared');
    return wasm.HEAPU8.slice(to, to + written);
  } finally {
    wasm._free(from);
    wasm._free(to);
  }
}

function firstAvailable(): ZstdLibrary {
  for (const load of [nativeZstd, nodeZstd]) {
    try {
      return load();
    } catch {
      // Not built for this machine, or not in this Node: the next one.
    }
  }
  return wasmZstd();
}

export const zstd: ZstdLibrary = firstAvailable();
