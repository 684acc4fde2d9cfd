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
import type { BookImage } from '../../../logger/market/events.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'codec');

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

describe('records of version 1', () => {
  test.each(Object.entries(metadata.files))('%s is the file that was frozen', (name, file) => {
    const bytes = readFileSync(join(FOLDER, name));
    expect(bytes.length).toBe(file.bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
  });

  test('the block decodes to the same events, and they encode to the same bytes', () => {
    const { body, content } = frozenBlock('block-1');
    expect(decodeBlock('block/1', body)).toEqual(content);
    expect(Buffer.from(newestBlock('L2').encode(content))).toEqual(body);
  });

  test('the block of orders decodes to the same events, and they encode to the same bytes', () => {
    const { body, content } = frozenBlock('orders-1');
    expect(decodeBlock('orders/1', body)).toEqual(content);
    expect(Buffer.from(newestBlock('L3').encode(content))).toEqual(body);
  });

  test('the image of orders decodes to the same queues, and they encode to the same bytes', () => {
    const image = parseFrozen(readFileSync(join(FOLDER, 'orders-image-1.jsonl'), 'utf8'));
    const bytes = readFileSync(join(FOLDER, 'orders-image-1.bin'));
    expect(decodeImage('orders-image/1', bytes)).toEqual(image);
    expect(Buffer.from(newestImage('L3').encode(image as BookImage))).toEqual(bytes);
  });

  test('the base image decodes to the same book, and it encodes to the same bytes', () => {
    const fields = parseFrozen(readFileSync(join(FOLDER, 'image-1.jsonl'), 'utf8'));
    const image = { level: 'L2', ...(fields as object) };
    const bytes = readFileSync(join(FOLDER, 'image-1.bin'));
    expect(decodeImage('image/1', bytes)).toEqual(image);
    expect(Buffer.from(newestImage('L2').encode(image as BookImage))).toEqual(bytes);
  });
});
