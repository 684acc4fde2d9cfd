/** Flips a byte of a stored record, in the file of a closed embedded archive. */

import { join } from 'node:path';
import { open } from 'lmdb';
import type { RecordHeader } from '../../../logger/archive/archive.ts';
import { keySequence } from '../../../logger/archive/record.ts';

export async function flipByte(
  directory: string,
  header: RecordHeader,
  part: 'header' | 'body',
  where: number,
): Promise<void> {
  const root = open<Uint8Array>({
    path: join(directory, 'archive.mdb'),
    encoding: 'binary',
    maxDbs: 24,
  });
  try {
    const table = root.openDB<Uint8Array>({
      name: `${header.kind}-${part === 'header' ? 'headers' : 'bodies'}`,
      encoding: 'binary',
    });
    const key = [header.security, header.epoch, keySequence(header)];
    const bytes = Buffer.from(table.get(key) as Uint8Array);
    const at = Math.floor(where * bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(where * 8));
    await table.put(key, bytes);
  } finally {
    await root.close();
  }
}
