/**
 * The zstd libraries that a process may use. Those that can set the minimum match write the bytes of
 * the golden records; each reads what any other wrote, and rejects the same damage.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { BlockCodec, ImageCodec } from '../../../logger/codec/codec.ts';
import { nativeZstd, nodeZstd, wasmZstd, zstd } from '../../../logger/codec/zstd-library.ts';
import type { ZstdLibrary } from '../../../logger/codec/zstd-library.ts';
import type { RecordCorruptError } from '../../../logger/errors.ts';
import { needs, zstdNapi } from '../../support/requirements.ts';
import type { Requirement } from '../../support/requirements.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'codec');
const LIBRARY = '../../../logger/codec/zstd-library.ts';
const PARAMETERS = { level: 1, minMatch: 7 };

const inThisNode: Requirement = {
  isMet: 'zstdCompressSync' in zlib,
  reason: `no zstd in node:zlib of Node ${process.version}`,
};
const LIBRARIES = [
  { name: 'zstd-napi', load: nativeZstd, requirement: zstdNapi, isExact: true },
  { name: 'node:zlib', load: nodeZstd, requirement: inThisNode, isExact: true },
  {
    name: 'WebAssembly',
    load: wasmZstd,
    requirement: { isMet: true, reason: '' },
    isExact: false,
  },
];

const random = seededRandom();

function randomBytes(length: number, max: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(0, max));
}

const CONTENTS = [0, 1, 100, 5_000, 70_000, 131_072, 131_073, 400_000].flatMap((length) => [
  new Uint8Array(length),
  randomBytes(length, 5),
  randomBytes(length, 255),
]);

afterEach(() => {
  vi.doUnmock(LIBRARY);
  vi.resetModules();
});

/** The codecs of version 1 as they are in a process that uses this library. */
async function codecsWith(library: ZstdLibrary): Promise<{
  readonly blocks: readonly BlockCodec[];
  readonly images: readonly ImageCodec[];
  readonly Corrupt: typeof RecordCorruptError;
}> {
  vi.resetModules();
  vi.doMock(LIBRARY, () => ({ zstd: library }));
  const { block1 } = await import('../../../logger/codec/v1/block.ts');
  const { orders1 } = await import('../../../logger/codec/v1/orders.ts');
  const { image1 } = await import('../../../logger/codec/v1/image.ts');
  const { ordersImage1 } = await import('../../../logger/codec/v1/orders-image.ts');
  const { RecordCorruptError: Corrupt } = await import('../../../logger/errors.ts');
  return { blocks: [block1, orders1], images: [image1, ordersImage1], Corrupt };
}

const BLOCKS = ['block-1.bin', 'orders-1.bin'];
const IMAGES = ['image-1.bin', 'orders-image-1.bin'];

test('the binary is used where it was zstdNapi, else what is in Node, else WebAssembly', () => {
  const expected = LIBRARIES.find(({ requirement }) => requirement.isMet);
  expect(zstd.name).toBe(expected?.name);
});

describe.each(LIBRARIES)('$name', ({ name, load, requirement, isExact }) => {
  describe('where it is available', needs(requirement), () => {
    test('decodes the golden records of version 1, and encodes them', async () => {
      const { blocks, images } = await codecsWith(load());
      const check = <T>(
        codec: { decode: (body: Uint8Array) => T; encode: (content: T) => Uint8Array },
        file: string,
      ): void => {
        const golden = readFileSync(join(FOLDER, file));
        const content = codec.decode(golden);
        const encoded = codec.encode(content);
        if (isExact) expect(Buffer.from(encoded)).toEqual(golden);
        expect(codec.decode(encoded)).toEqual(content);
        expect(encoded.length).toBeLessThan(golden.length * 1.05);
      };
      for (const [i, codec] of blocks.entries()) check(codec, BLOCKS[i] as string);
      for (const [i, codec] of images.entries()) check(codec, IMAGES[i] as string);
    });

    test(`reads what every library wrote (SEED=${random.seed})`, () => {
      const reader = load();
      for (const writer of LIBRARIES.filter((other) => other.requirement.isMet)) {
        const { compress } = writer.load();
        for (const content of CONTENTS) {
          const target = new Uint8Array(content.length);
          expect(reader.decompress(target, compress(content, PARAMETERS))).toBe(content.length);
          expect(Buffer.compare(target, content)).toBe(0);
        }
      }
    });

    test('rejects damage as the others do', async () => {
      const library = load();
      const content = randomBytes(10_000, 5);
      const frame = library.compress(content, PARAMETERS);
      const { Corrupt } = await codecsWith(library);
      const { zstdDecompress } = await import('../../../logger/codec/v1/zstd.ts');
      const stored = frame.subarray(4);
      expect(Buffer.compare(zstdDecompress(stored, content.length), content)).toBe(0);
      const damaged: [string, Uint8Array, number][] = [
        ['too short a target', stored, content.length - 1],
        ['too long a target', stored, content.length + 1],
        ['no target', stored, 0],
        ['truncated', stored.subarray(0, -1), content.length],
        ['header alone', stored.subarray(0, 3), content.length],
        ['nothing', stored.subarray(0, 0), content.length],
        ['bytes after it', Buffer.concat([stored, Buffer.from('xx')]), content.length],
        ['no frame', Buffer.alloc(50, 0xff), content.length],
      ];
      for (const [what, bytes, length] of damaged) {
        expect(() => zstdDecompress(bytes, length), `${name}: ${what}`).toThrow(Corrupt);
      }
    });
  });
});
