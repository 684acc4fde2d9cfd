/** Records of both format versions in one security: what an archive holds that outlived an upgrade. */

import { expect, test } from 'vitest';

import type { StoredRecord, Write } from '../../../logger/archive/archive.ts';
import { sealRecord } from '../../../logger/archive/record.ts';
import { decodeBlock, decodeImage } from '../../../logger/codec/formats.ts';
import { block1 } from '../../../logger/codec/v1/block.ts';
import { image1 } from '../../../logger/codec/v1/image.ts';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, gap, image, trade, us, writeAll } from './script.ts';

const kit = useReaderKit();

/** The record as a logger of the time of version 1 wrote it. */
function inVersion1({ header, body }: StoredRecord): StoredRecord {
  const { bytes: _, checksum: __, ...description } = header;
  return header.kind === 'image'
    ? sealRecord(
        { ...description, encoding: image1.encoding },
        image1.encode(decodeImage(header.encoding, body)),
      )
    : sealRecord(
        { ...description, encoding: block1.encoding },
        block1.encode(decodeBlock(header.encoding, body)),
      );
}

const asVersion1 = (write: Write): Write =>
  write.type === 'image' || write.type === 'block'
    ? { ...write, record: inVersion1(write.record) }
    : write;

const HISTORY: readonly Write[] = [
  image(1, 100, 0),
  block(1, 100, [trade(1, 5), diff(101, 10, [10_000, 0, 9900, 500]), diff(102, 20, [9900, 0])]),
  block(1, 102, [diff(103, 30, [9800, 5]), trade(2, 31), diff(104, 40, [], [10_100, 7])]),
  image(1, 104, 40, [9800, 5], [10_100, 7], us(38), { reason: 'interval' }),
  block(1, 104, [diff(105, 50, [9700, 3])]),
  image(2, 200, 90, [9800, 100]),
  gap(2, 60, 90),
  block(2, 200, [diff(201, 100, [9850, 7]), trade(5, 101), diff(202, 110)]),
];

/** Everything that a reader says about the history. */
async function answers(): Promise<unknown> {
  const books = [];
  for (let ms = 0; ms <= 110; ms += 5) {
    books.push(
      await kit.reader.bookAt({
        security: SECURITY,
        position: { clock: 'receive', us: us(ms) },
      }),
    );
  }
  const lines = [];
  for (const type of ['quotes', 'trades', 'incremental'] as const) {
    lines.push(await kit.lines({ type, format: 'jsonl' }));
  }
  return { books, lines };
}

test('an archive with both is read, verified and exported like one with the newest alone', async () => {
  await writeAll(kit.archive, ...HISTORY);
  const expected = await answers();
  await kit.close();
  await kit.open();
  // The upgrade comes in the middle of a segment.
  await writeAll(kit.archive, ...HISTORY.slice(0, 3).map(asVersion1), ...HISTORY.slice(3));
  const blocks = await kit.archive.blocks(SECURITY, 1, { afterSequence: 100 });
  expect(blocks.map(({ header }) => header.encoding)).toEqual(['block/1', 'block/1', 'block/2']);
  expect(await answers()).toEqual(expected);
  expect(await kit.reader.verify({ security: SECURITY })).toEqual({ records: 8, problems: [] });
});
