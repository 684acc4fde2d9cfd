/** The records of a busy security's year, with headers as they are and bodies of one byte. */

import type { Archive, RecordHeader, Write } from '../../logger/archive/archive.ts';
import { sealRecord } from '../../logger/archive/record.ts';
import { SECURITY } from './history.ts';

export const YEAR_US = 365 * 86_400_000_000;
const BLOCK_US = 60_000_000;
const WRITES_PER_COMMIT = 20_000;

/** @param sample an archive with a stretch of a history, whose records come again and again. */
export async function buildYear(archive: Archive, sample: Archive): Promise<void> {
  const images = await sample.images(SECURITY, 1, 0);
  const blocks = await sample.blocks(SECURITY, 1, { afterSequence: 0 });
  const headers = [...images, ...blocks].map(({ header }) => header);
  headers.sort((a, b) => a.lastSequence - b.lastSequence || (a.kind === 'image' ? 1 : -1));
  const sealed = headers.filter(({ bytes }) => bytes > 0);
  const [first, last] = [sealed[0] as RecordHeader, sealed.at(-1) as RecordHeader];
  const span = { us: last.toUs - first.toUs + BLOCK_US / 600, sequences: 0 };
  span.sequences = last.lastSequence - first.lastSequence;
  let writes: Write[] = [];
  for (let round = 0; round * span.us < YEAR_US; round++) {
    for (const header of sealed) {
      if (round > 0 && header === first) continue;
      writes.push(shifted(header, round * span.us, round * span.sequences));
      if (writes.length < WRITES_PER_COMMIT) continue;
      await archive.commit(writes);
      writes = [];
    }
  }
  await archive.commit(writes);
}

function shifted(header: RecordHeader, us: number, sequences: number): Write {
  const { bytes: _bytes, checksum: _checksum, ...fields } = header;
  const record = sealRecord(
    {
      ...fields,
      fromUs: fields.fromUs + us,
      toUs: fields.toUs + us,
      exchangeFromUs: fields.exchangeFromUs + us,
      exchangeToUs: fields.exchangeToUs + us,
      previousSequence: fields.previousSequence + sequences,
      firstSequence: fields.firstSequence + sequences,
      lastSequence: fields.lastSequence + sequences,
    },
    Uint8Array.of(0),
  );
  return fields.kind === 'image' ? { type: 'image', record } : { type: 'block', record };
}
