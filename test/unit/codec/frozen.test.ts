import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { BlockContent } from '../../../logger/codec/codec.ts';
import {
  decodeBlock,
  decodeImage,
  newestBlock,
  newestImage,
} from '../../../logger/codec/formats.ts';
import { block1 } from '../../../logger/codec/v1/block.ts';
import { image1 } from '../../../logger/codec/v1/image.ts';
import { ordersImage1 } from '../../../logger/codec/v1/orders-image.ts';
import { orders1 } from '../../../logger/codec/v1/orders.ts';
import { block2 } from '../../../logger/codec/v2/block.ts';
import { image2 } from '../../../logger/codec/v2/image.ts';
import { ordersImage2 } from '../../../logger/codec/v2/orders-image.ts';
import { orders2 } from '../../../logger/codec/v2/orders.ts';
import { zstd } from '../../../logger/codec/zstd-library.ts';
import type { BookImage } from '../../../logger/market/events.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'codec');

/** WebAssembly's zstd finds other matches: then what is encoded has to come back, in whatever bytes. */
const isExact = zstd.name !== 'WebAssembly';

interface Metadata {
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

const metadata = JSON.parse(readFileSync(join(FOLDER, 'metadata.json'), 'utf8')) as Metadata;

/** Integers beyond 2^53 are written as text with a trailing n. */
function parseFrozen(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );
}

function frozenBlock(name: string): { readonly body: Buffer; readonly content: BlockContent } {
  const lines = readFileSync(join(FOLDER, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  const [head, ...events] = lines.map(parseFrozen);
  const content = { ...(head as object), events } as unknown as BlockContent;
  return { body: readFileSync(join(FOLDER, `${name}.bin`)), content };
}

describe('frozen records', () => {
  test.each(Object.entries(metadata.files))('%s is the file that was frozen', (name, file) => {
    const bytes = readFileSync(join(FOLDER, name));
    expect(bytes.length).toBe(file.bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
  });

  test.each([block1, orders1, block2, orders2])(
    'of $encoding decode to the same events, and they encode to the same bytes',
    (codec) => {
      const { body, content } = frozenBlock(codec.encoding.replace('/', '-'));
      expect(codec.decode(body)).toEqual(content);
      const encoded = codec.encode(content);
      if (isExact) expect(Buffer.from(encoded)).toEqual(body);
      else expect(codec.decode(encoded)).toEqual(content);
    },
  );

  test.each([image1, ordersImage1, image2, ordersImage2])(
    'of $encoding decode to the same book, and it encodes to the same bytes',
    ({ encoding, level, ...codec }) => {
      const name = encoding.replace('/', '-');
      const fields = parseFrozen(readFileSync(join(FOLDER, `${name}.jsonl`), 'utf8'));
      const image = { level, ...(fields as object) } as BookImage;
      const bytes = readFileSync(join(FOLDER, `${name}.bin`));
      expect(codec.decode(bytes)).toEqual(image);
      const encoded = codec.encode(image);
      if (isExact) expect(Buffer.from(encoded)).toEqual(bytes);
      else expect(codec.decode(encoded)).toEqual(image);
    },
  );

  test('are read by their encoding', () => {
    for (const encoding of ['block/1', 'orders/1', 'block/2', 'orders/2']) {
      const { body, content } = frozenBlock(encoding.replace('/', '-'));
      expect(decodeBlock(encoding, body).events.length).toBe(content.events.length);
    }
    for (const encoding of ['image/1', 'orders-image/1', 'image/2', 'orders-image/2']) {
      const bytes = readFileSync(join(FOLDER, `${encoding.replace('/', '-')}.bin`));
      expect(decodeImage(encoding, bytes).bids.length).toBeGreaterThan(0);
    }
  });

  test('are written in the newest version', () => {
    const levels = ['L2', 'L3'] as const;
    expect(levels.map((level) => newestBlock(level).encoding)).toEqual(['block/2', 'orders/2']);
    expect(levels.map((level) => newestImage(level).encoding)).toEqual([
      'image/2',
      'orders-image/2',
    ]);
  });
});
