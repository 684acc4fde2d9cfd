/** What the cursor yields, item by item, from headers and from whole records. */

import { describe, expect, test } from 'vitest';
import type { Position, Write } from '../../../logger/archive/archive.ts';
import { SegmentCursor, headersOf, recordsOf } from '../../../logger/reader/cursor.ts';
import type { CursorItem } from '../../../logger/reader/cursor.ts';
import { RecordLoader } from '../../../logger/reader/record-loader.ts';
import { Segment } from '../../../logger/reader/segment.ts';
import { flipByte } from './damage.ts';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, image, us, writeAll } from './script.ts';

const kit = useReaderKit();
const yieldToEventLoop = async (): Promise<void> => {};

interface HasHeader {
  readonly header: { readonly firstSequence: number; readonly lastSequence: number };
}

function shown(item: CursorItem<HasHeader, HasHeader>): string {
  const ms = (time: number | null): string => (time === null ? '' : String((time - us(0)) / 1000));
  switch (item.type) {
    case 'image':
      return `image ${item.image.header.lastSequence}`;
    case 'block':
      return `block ${item.block.header.firstSequence}-${item.block.header.lastSequence}`;
    case 'deeper':
      return `deeper ${item.image.header.lastSequence}`;
    case 'unreachable':
      return `unreachable ${item.ref.header.firstSequence}`;
    case 'end':
      return `end ${item.lastSequence} at ${ms(item.toUs)} ${item.broken?.kind ?? 'complete'}`;
    case 'gap':
      return `gap ${ms(item.gap.fromUs)}-${ms(item.gap.toUs)} ${item.gap.cause}`;
    case 'block-run':
      return `run of ${item.blockRun.blocks}`;
    case 'beyond':
      return 'beyond';
  }
}

async function items(
  kind: 'headers' | 'records',
  options: { readonly epoch?: number; readonly until?: Position; readonly from?: Position } = {},
): Promise<string[]> {
  const { epoch = 1, until, from } = options;
  const deps = { archive: kit.archive, yieldToEventLoop };
  const segment = await Segment.read(deps, { security: SECURITY, epoch });
  const ref = from === undefined ? undefined : await kit.archive.imageAt(SECURITY, from);
  const loader = new RecordLoader(0, yieldToEventLoop);
  const found: string[] = [];
  const cursor: { items(): AsyncIterable<CursorItem<HasHeader, HasHeader>> } =
    kind === 'headers'
      ? { items: () => new SegmentCursor(deps, segment, headersOf, until).items(ref ?? undefined) }
      : {
          items: () =>
            new SegmentCursor(deps, segment, recordsOf(loader), until).items(ref ?? undefined),
        };
  for await (const item of cursor.items()) found.push(shown(item));
  return found;
}

async function damage(write: Write, part: 'header' | 'body'): Promise<void> {
  if (write.type !== 'block' && write.type !== 'image') throw new Error('No record');
  await kit.archive.close();
  await flipByte(kit.directory, write.record.header, part, 0.9);
  await kit.reopen();
}

describe.each(['headers', 'records'] as const)('from %s', (kind) => {
  test('a whole segment is one run, and images on the way are skipped', async () => {
    await writeAll(
      kit.archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10)]),
      image(1, 101, 10),
      block(1, 101, [diff(102, 20)]),
    );
    const run = ['image 100', 'block 101-101', 'block 102-102', 'end 102 at 20 complete'];
    expect(await items(kind)).toEqual(run);
  });

  test('the gap before the next segment follows the end', async () => {
    await kit.twoSegments();
    expect((await items(kind)).slice(-2)).toEqual([
      'end 103 at 60 complete',
      'gap 60-90 connection',
    ]);
  });

  test('after a missing block it continues from the next image', async () => {
    await writeAll(
      kit.archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10)]),
      block(1, 102, [diff(103, 30)]),
      image(1, 103, 30),
      block(1, 103, [diff(104, 40)]),
    );
    expect(await items(kind)).toEqual([
      'image 100',
      'block 101-101',
      'end 101 at 10 missing-before',
      'gap 10-30 corrupt',
      'image 103',
      'block 104-104',
      'end 104 at 40 complete',
    ]);
  });

  test('two damaged blocks before an image are one gap', async () => {
    const [first, second] = [block(1, 100, [diff(101, 10)]), block(1, 101, [diff(102, 20)])];
    await writeAll(kit.archive, image(1, 100, 0), first, second, image(1, 102, 20));
    await writeAll(kit.archive, block(1, 102, [diff(103, 30)]));
    await damage(first, 'header');
    await damage(second, 'header');
    const unreachable = kind === 'headers' ? ['unreachable 102'] : [];
    expect(await items(kind)).toEqual([
      'image 100',
      'end 100 at 0 damaged',
      'gap 0-20 corrupt',
      'image 102',
      ...unreachable,
      'block 103-103',
      'end 103 at 30 complete',
    ]);
  });

  test('a missing last block is known from the gap after it', async () => {
    await writeAll(kit.archive, image(1, 100, 0), block(1, 100, [diff(101, 10)]));
    const openGap = { epoch: 1, fromUs: us(50), cause: 'connection', firstMissing: 120 } as const;
    const gap = { ...openGap, security: SECURITY, epoch: 2, toUs: us(90), lastMissing: 299 };
    await writeAll(kit.archive, { type: 'open-gap', security: SECURITY, gap: openGap });
    await writeAll(kit.archive, image(2, 300, 90), { type: 'gap', record: gap });
    expect((await items(kind)).slice(-2)).toEqual([
      'end 101 at 10 missing-end',
      'gap 10-90 corrupt',
    ]);
  });

  test('until a position it reads no block that lies wholly behind it', async () => {
    await writeAll(
      kit.archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10)]),
      block(1, 101, [diff(102, 20)]),
      block(1, 102, [diff(103, 30)]),
    );
    const until = { clock: 'receive', us: us(15) } as const;
    expect(await items(kind, { until })).toEqual(['image 100', 'block 101-101', 'beyond']);
    expect((await items(kind, { until: { sequence: 102 } })).slice(-2)).toEqual([
      'block 102-102',
      'beyond',
    ]);
  });
});

test('from a damaged image it starts at an earlier one, else at the next', async () => {
  const [first, second] = [image(1, 100, 0), image(1, 101, 10)];
  await writeAll(kit.archive, first, block(1, 100, [diff(101, 10)]), second);
  await writeAll(kit.archive, block(1, 101, [diff(102, 20)]), image(1, 102, 20));
  await damage(second, 'body');
  const from = { clock: 'receive', us: us(15) } as const;
  expect((await items('records', { from }))[0]).toBe('image 100');
  await damage(first, 'body');
  expect(await items('records', { from })).toEqual([
    'gap 0-20 corrupt',
    'image 102',
    'end 102 at 20 complete',
  ]);
});
