import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { decodeBlock, decodeImage } from '../../../logger/codec/formats.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'codec');

interface Metadata {
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

const metadata = JSON.parse(readFileSync(join(FOLDER, 'metadata.json'), 'utf8')) as Metadata;

/** Integers beyond 2^53 stand as text with a trailing n. */
function parseFrozen(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );
}

describe('records that version 1 once wrote', () => {
  test.each(Object.entries(metadata.files))('%s is the file that was frozen', (name, file) => {
    const bytes = readFileSync(join(FOLDER, name));
    expect(bytes.length).toBe(file.bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
  });

  test('the block decodes to the same events for ever', () => {
    const lines = readFileSync(join(FOLDER, 'block-1.jsonl'), 'utf8').trimEnd().split('\n');
    const [head, ...events] = lines.map(parseFrozen);
    const decoded = decodeBlock('block/1', readFileSync(join(FOLDER, 'block-1.bin')));
    expect(decoded).toEqual({ ...(head as object), events });
  });

  test('the block of orders decodes to the same events for ever', () => {
    const lines = readFileSync(join(FOLDER, 'orders-1.jsonl'), 'utf8').trimEnd().split('\n');
    const [head, ...events] = lines.map(parseFrozen);
    const decoded = decodeBlock('orders/1', readFileSync(join(FOLDER, 'orders-1.bin')));
    expect(decoded).toEqual({ ...(head as object), events });
  });

  test('the image of orders decodes to the same queues for ever', () => {
    const image = parseFrozen(readFileSync(join(FOLDER, 'orders-image-1.jsonl'), 'utf8'));
    const bytes = readFileSync(join(FOLDER, 'orders-image-1.bin'));
    expect(decodeImage('orders-image/1', bytes)).toEqual(image);
  });

  test('the base image decodes to the same book for ever', () => {
    const image = parseFrozen(readFileSync(join(FOLDER, 'image-1.jsonl'), 'utf8'));
    expect(decodeImage('image/1', readFileSync(join(FOLDER, 'image-1.bin')))).toEqual({
      level: 'L2',
      ...(image as object),
    });
  });
});
