import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeDiskBytes } from '../../../logger/service/disk.ts';

test('the free bytes of a disk, and null where there is none', () => {
  expect(freeDiskBytes(tmpdir())).toBeGreaterThan(0);
  expect(freeDiskBytes(join(tmpdir(), 'missing', 'directory'))).toBeNull();
});
