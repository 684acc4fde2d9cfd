/**
 * What every archive has to do, whatever it is made of: a suite over a factory. Each test gets an
 * empty archive of its own.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  Archive,
  ArchiveReader,
  BlockRef,
  GapRecord,
  StoredRecord,
  Write,
} from '../../logger/archive/archive.ts';
import { checkRecord } from '../../logger/archive/record.ts';
import { DuplicateRecordError } from '../../logger/errors.ts';
import { SECURITY, sampleBlock, sampleImage } from './sample-records.ts';

export interface ArchiveUnderTest {
  readonly archive: Archive;
  /** Another reader of the same archive, as another process would open one. Closed by `dispose`. */
  openReader(): Promise<ArchiveReader>;
  /** Closes the archive and opens it again: what was committed is there. */
  reopen(): Promise<Archive>;
  dispose(): Promise<void>;
}

const image = (record: StoredRecord): Write => ({ type: 'image', record });
const block = (record: StoredRecord): Write => ({ type: 'block', record });
const piece = (part: number, record: StoredRecord): Write => ({ type: 'journal', part, record });
const keys = (refs: readonly BlockRef[]): string[] =>
  refs.map(({ header }) => `${header.epoch}/${header.firstSequence}-${header.lastSequence}`);

function gap(fields: Partial<GapRecord> = {}): GapRecord {
  return {
    security: SECURITY,
    epoch: 2,
    fromUs: 120_000,
    toUs: 200_000,
    cause: 'connection',
    firstMissing: 121,
    lastMissing: 199,
    ...fields,
  };
}

/**
 * @param options.forgets what was given away to a store is no longer compared with what is
 *   committed: a conflict is found there.
 * @param options.looksUp look-ups alone: a store without the spool in front of it, which has no
 *   journal.
 */
export function archiveContract(
  name: string,
  open: () => Promise<ArchiveUnderTest>,
  options: { readonly forgets?: boolean; readonly looksUp?: boolean } = {},
): void {
  const isWhole = !options.looksUp;
  const describeWhole = isWhole ? describe : () => undefined;
  const known = options.forgets ? test.skip : test;

  let under: ArchiveUnderTest;
  let archive: Archive;
  beforeEach(async () => {
    under = await open();
    archive = under.archive;
  });
  afterEach(() => under.dispose());

  test(`${name}: what a record says of its receive times comes back as it was, checksum and all`, async () => {
    const badReceiveTimes = [
      { fromUs: 1_723_161_314_764_630, toUs: 1_723_161_315_764_631, cause: 'stall' },
      { fromUs: 1_723_161_314_764_630, toUs: 1_723_168_000_000_001, cause: 'clock' },
    ] as const;
    const record = sampleImage({ lastSequence: 100, badReceiveTimes });
    const after = sampleBlock({ previousSequence: 100, lastSequence: 110, badReceiveTimes });
    const plain = sampleBlock({ previousSequence: 110, lastSequence: 120 });
    await archive.commit([image(record), block(after), block(plain)]);
    const again = await under.reopen();
    const refs = [
      await again.imageAt(SECURITY, { sequence: 100 }),
      ...(await again.blocks(SECURITY, 1, { afterSequence: 100 })),
    ];
    const headers = refs.map((ref) => ref?.header);
    expect(headers).toEqual([record.header, after.header, plain.header]);
    expect(headers[2]).not.toHaveProperty('badReceiveTimes');
    for (const ref of refs) checkRecord((await ref?.load())!);
  });

  describeWhole(`${name}: writing`, () => {
    test('what was committed comes back byte for byte, also after reopening', async () => {
      const record = sampleImage({ lastSequence: 100 }, Buffer.from([0, 255, 1, 254]));
      await archive.commit([image(record)]);
      const again = await under.reopen();
      const ref = await again.imageAt(SECURITY, { sequence: 100 });
      const loaded = await ref?.load();
      expect(loaded?.header).toEqual(record.header);
      expect(Buffer.from(loaded?.body ?? [])).toEqual(record.body);
    });

    test('a body of many megabytes comes back byte for byte, also after reopening', async () => {
      const body = Buffer.alloc(20_000_003, 'not a multiple of anything ');
      const record = sampleImage({ lastSequence: 100 }, body);
      await archive.commit([image(record)]);
      const again = await under.reopen();
      const loaded = await (await again.imageAt(SECURITY, { sequence: 100 }))?.load();
      expect(Buffer.compare(loaded?.body ?? Buffer.alloc(0), body)).toBe(0);
    });

    known('the same record twice changes nothing', async () => {
      const writes = [
        image(sampleImage({ lastSequence: 100 })),
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
      ];
      await archive.commit(writes);
      const totals = await archive.totals(SECURITY);
      await archive.commit([piece(0, sampleBlock({ previousSequence: 110, lastSequence: 111 }))]);
      await archive.commit(writes);
      expect(await archive.totals(SECURITY)).toEqual(totals);
      // The journal of the block that came after is not the repeated block's to remove.
      expect((await archive.tail(SECURITY)).journal).toHaveLength(1);
    });

    known.each<[string, Write, Write]>([
      [
        'image',
        image(sampleImage({ lastSequence: 100 })),
        image(sampleImage({ lastSequence: 100 }, Buffer.from('other'))),
      ],
      [
        'block',
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
        block(sampleBlock({ previousSequence: 100, lastSequence: 111 })),
      ],
      [
        'journal piece',
        piece(0, sampleBlock({ previousSequence: 100, lastSequence: 110 })),
        piece(0, sampleBlock({ previousSequence: 100, lastSequence: 111 })),
      ],
      ['gap', { type: 'gap', record: gap() }, { type: 'gap', record: gap({ cause: 'other' }) }],
    ])('another %s under the same key is refused', async (_kind, first, second) => {
      await archive.commit([first]);
      await expect(archive.commit([second])).rejects.toBeInstanceOf(DuplicateRecordError);
    });

    known('a commit that fails in the middle leaves nothing of itself', async () => {
      await archive.commit([image(sampleImage({ lastSequence: 100 }))]);
      const before = {
        tail: await archive.tail(SECURITY),
        totals: await archive.totals(SECURITY),
      };
      const failing = archive.commit([
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
        piece(0, sampleBlock({ previousSequence: 110, lastSequence: 111 })),
        { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 999_000 },
        { type: 'security', state: { security: SECURITY, wanted: true, feed: 'depth' } },
        image(sampleImage({ lastSequence: 110 })),
        image(sampleImage({ lastSequence: 100 }, Buffer.from('other'))),
      ]);
      await expect(failing).rejects.toBeInstanceOf(DuplicateRecordError);
      expect(await archive.tail(SECURITY)).toEqual(before.tail);
      expect(await archive.totals(SECURITY)).toEqual(before.totals);
      expect(await archive.securities()).toEqual([]);
      expect(await archive.blocks(SECURITY, 1, { afterSequence: 0 })).toEqual([]);
      expect((await archive.imageAt(SECURITY, { sequence: 200 }))?.header.lastSequence).toBe(100);
      // And the next one works as if nothing had been.
      await archive.commit([block(sampleBlock({ previousSequence: 100, lastSequence: 110 }))]);
      expect(keys(await archive.blocks(SECURITY, 1, { afterSequence: 100 }))).toEqual([
        '1/101-110',
      ]);
    });

    test('commits made at once all arrive, in order', async () => {
      await archive.commit([image(sampleImage({ lastSequence: 0, toUs: 1 }))]);
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          archive.commit([
            block(sampleBlock({ previousSequence: i * 10, lastSequence: i * 10 + 10 })),
          ]),
        ),
      );
      const refs = await archive.blocks(SECURITY, 1, { afterSequence: 0 });
      expect(refs.map(({ header }) => header.firstSequence)).toEqual(
        Array.from({ length: 50 }, (_, i) => i * 10 + 1),
      );
      expect((await archive.totals(SECURITY)).blocks).toBe(50);
    });
  });

  describeWhole(`${name}: the tail`, () => {
    test('of a security nobody has heard of is empty', async () => {
      expect(await archive.tail(SECURITY)).toEqual({
        epoch: 0,
        lastSequence: null,
        lastUs: null,
        aliveUntilUs: null,
        journal: [],
        openGap: null,
      });
      expect(await archive.imageAt(SECURITY, { sequence: 1 })).toBeNull();
      expect(await archive.segmentStart(SECURITY, 0)).toBeNull();
    });

    test('a sealed block takes the place of the journal in one step', async () => {
      await archive.commit([image(sampleImage({ lastSequence: 100 }))]);
      const pieces = [0, 1, 2].map((i) =>
        sampleBlock({ previousSequence: 100 + i, lastSequence: 101 + i }),
      );
      for (const [part, record] of pieces.entries()) await archive.commit([piece(part, record)]);
      expect((await archive.tail(SECURITY)).journal.map(({ header }) => header)).toEqual(
        pieces.map(({ header }) => header),
      );
      expect(keys(await archive.blocks(SECURITY, 1, { afterSequence: 101 }))).toEqual([
        '1/102-102',
        '1/103-103',
      ]);
      await archive.commit([block(sampleBlock({ previousSequence: 100, lastSequence: 103 }))]);
      expect((await archive.tail(SECURITY)).journal).toEqual([]);
      expect(keys(await archive.blocks(SECURITY, 1, { afterSequence: 101 }))).toEqual([
        '1/101-103',
      ]);
    });

    test('a block removes no journal but its own security’s', async () => {
      const other = `${SECURITY}2`;
      await archive.commit([
        piece(0, sampleBlock({ previousSequence: 100, lastSequence: 101, security: other })),
        piece(0, sampleBlock({ previousSequence: 100, lastSequence: 101 })),
      ]);
      await archive.commit([block(sampleBlock({ previousSequence: 100, lastSequence: 101 }))]);
      expect((await archive.tail(other)).journal).toHaveLength(1);
      expect((await archive.tail(SECURITY)).journal).toHaveLength(0);
    });

    test('ten pieces and more stay in order', async () => {
      const writes = Array.from({ length: 12 }, (_, i) =>
        piece(i, sampleBlock({ previousSequence: 100 + i, lastSequence: 101 + i })),
      );
      await archive.commit(writes);
      const { journal } = await archive.tail(SECURITY);
      expect(journal.map(({ header }) => header.lastSequence)).toEqual(
        Array.from({ length: 12 }, (_, i) => 101 + i),
      );
    });

    test('knows the last segment, its end, its mark and its open gap', async () => {
      await archive.commit([
        image(sampleImage({ lastSequence: 100 })),
        block(sampleBlock({ previousSequence: 100, lastSequence: 120 })),
        { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 130_000 },
      ]);
      const openGap = { epoch: 1, fromUs: 130_000, cause: 'sequence', firstMissing: 121 } as const;
      await archive.commit([{ type: 'open-gap', security: SECURITY, gap: openGap }]);
      expect(await archive.tail(SECURITY)).toEqual({
        epoch: 1,
        lastSequence: 120,
        lastUs: 130_000,
        aliveUntilUs: 130_000,
        journal: [],
        openGap,
      });
      await archive.commit([
        image(sampleImage({ lastSequence: 200, epoch: 2 })),
        { type: 'gap', record: gap() },
      ]);
      expect(await archive.tail(SECURITY)).toMatchObject({
        epoch: 2,
        lastSequence: 200,
        aliveUntilUs: null,
        openGap: null,
      });
      expect(await archive.gapBefore(SECURITY, 2)).toEqual(gap());
      expect(await archive.gapBefore(SECURITY, 1)).toBeNull();
    });

    test('a late mark of an earlier segment, or an earlier one of the same, changes nothing', async () => {
      await archive.commit([image(sampleImage({ lastSequence: 200, epoch: 2 }))]);
      await archive.commit([{ type: 'mark', security: SECURITY, epoch: 2, aliveUntilUs: 300_000 }]);
      await archive.commit([
        { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 900_000 },
        { type: 'mark', security: SECURITY, epoch: 2, aliveUntilUs: 250_000 },
      ]);
      expect((await archive.tail(SECURITY)).aliveUntilUs).toBe(300_000);
    });

    test('totals count records and bytes as they are committed', async () => {
      const records = [
        sampleImage({ lastSequence: 100 }),
        sampleBlock({ previousSequence: 100, lastSequence: 110 }, Buffer.alloc(5000)),
      ] as const;
      await archive.commit([image(records[0]), block(records[1])]);
      const totals = await archive.totals(SECURITY);
      expect(totals).toMatchObject({ images: 1, blocks: 1, gaps: 0, lastImageUs: 100_000 });
      expect(totals.storedBytes).toBeGreaterThanOrEqual(5000 + records[0].body.length);
      await archive.commit([
        image(sampleImage({ lastSequence: 200, epoch: 2 })),
        { type: 'gap', record: gap() },
      ]);
      expect(await archive.totals(SECURITY)).toMatchObject({
        images: 2,
        gaps: 1,
        lastImageUs: 200_000,
      });
      expect(await archive.totals('binance:NONE')).toMatchObject({ images: 0, storedBytes: 0 });
    });

    test('a removed security stays known', async () => {
      for (const wanted of [true, false]) {
        await archive.commit([
          { type: 'security', state: { security: SECURITY, wanted, feed: 'depth' } },
        ]);
        expect(await archive.securities()).toEqual([{ security: SECURITY, wanted, feed: 'depth' }]);
      }
    });
  });

  describe(`${name}: look-ups`, () => {
    test('an image is found by each clock and by sequence, at its moment and after, not before', async () => {
      await archive.commit([
        image(sampleImage({ lastSequence: 100 })),
        image(sampleImage({ lastSequence: 200, reason: 'interval' })),
      ]);
      const found = async (position: Parameters<Archive['imageAt']>[1]): Promise<number | null> =>
        (await archive.imageAt(SECURITY, position))?.header.lastSequence ?? null;
      expect(await found({ clock: 'receive', us: 99_999 })).toBeNull();
      expect(await found({ clock: 'receive', us: 100_000 })).toBe(100);
      expect(await found({ clock: 'receive', us: 199_999 })).toBe(100);
      expect(await found({ clock: 'receive', us: 200_000 })).toBe(200);
      expect(await found({ clock: 'exchange', us: 99_994 })).toBeNull();
      expect(await found({ clock: 'exchange', us: 99_995 })).toBe(100);
      expect(await found({ clock: 'exchange', us: 199_995 })).toBe(200);
      expect(await found({ sequence: 99 })).toBeNull();
      expect(await found({ sequence: 199 })).toBe(100);
      expect(await found({ sequence: Number.MAX_SAFE_INTEGER })).toBe(200);
    });

    test('of images at the same time the latest counts, of segments the later one', async () => {
      await archive.commit([
        image(sampleImage({ lastSequence: 100, toUs: 50_000, fromUs: 50_000 })),
        image(sampleImage({ lastSequence: 101, toUs: 50_000, fromUs: 50_000, reason: 'manual' })),
        image(sampleImage({ lastSequence: 90, epoch: 2, toUs: 50_000, fromUs: 50_000 })),
      ]);
      const found = await archive.imageAt(SECURITY, { clock: 'receive', us: 50_000 });
      expect(found?.header).toMatchObject({ epoch: 2, lastSequence: 90 });
    });

    test('a segment whose messages the exchange does not number is found by time alone', async () => {
      const unnumbered = { proof: 'connection', feed: 'level2_batch' } as const;
      await archive.commit([
        image(sampleImage({ epoch: 1, lastSequence: 1, toUs: 1000, ...unnumbered })),
        image(sampleImage({ epoch: 2, lastSequence: 5000, toUs: 2000 })),
        image(sampleImage({ epoch: 3, lastSequence: 7, toUs: 3000, ...unnumbered })),
        image(sampleImage({ epoch: 4, lastSequence: 9000, toUs: 4000 })),
      ]);
      const epochAt = async (position: Parameters<Archive['imageAt']>[1]): Promise<number | null> =>
        (await archive.imageAt(SECURITY, position))?.header.epoch ?? null;
      expect(await epochAt({ sequence: 4999 })).toBeNull();
      expect(await epochAt({ sequence: 5000 })).toBe(2);
      expect(await epochAt({ sequence: 8999 })).toBe(2);
      expect(await epochAt({ sequence: 9000 })).toBe(4);
      expect(await epochAt({ clock: 'receive', us: 1500 })).toBe(1);
      expect(await epochAt({ clock: 'receive', us: 3500 })).toBe(3);
    });

    test('a later segment counts though its exchange clock is a little behind', async () => {
      await archive.commit([
        image(sampleImage({ lastSequence: 100, exchangeToUs: 90_000 })),
        image(sampleImage({ lastSequence: 150, exchangeToUs: 149_000, reason: 'interval' })),
        image(sampleImage({ lastSequence: 160, epoch: 2, exchangeToUs: 148_000 })),
        image(sampleImage({ lastSequence: 170, epoch: 2, exchangeToUs: 170_000 })),
      ]);
      const at = async (us: number): Promise<number | undefined> =>
        (await archive.imageAt(SECURITY, { clock: 'exchange', us }))?.header.lastSequence;
      expect(await at(147_999)).toBe(100);
      expect(await at(148_500)).toBe(160);
      expect(await at(149_500)).toBe(160);
      expect(await at(170_000)).toBe(170);
    });

    test('an exchange that numbers anew does not hide its new books', async () => {
      await archive.commit([
        image(sampleImage({ lastSequence: 400, toUs: 1000 })),
        image(sampleImage({ lastSequence: 5, epoch: 2, toUs: 2000 })),
        image(sampleImage({ lastSequence: 300, epoch: 2, toUs: 3000 })),
      ]);
      const at = async (sequence: number) =>
        (await archive.imageAt(SECURITY, { sequence }))?.header;
      expect(await at(450)).toMatchObject({ epoch: 2, lastSequence: 300 });
      expect(await at(10)).toMatchObject({ epoch: 2, lastSequence: 5 });
    });

    test('securities with names like one another’s never mix', async () => {
      const names = ['binance:BTC', 'binance:BTCUSDT', 'binance:BTCUSDT2', 'binance:BT', 'a:BTC'];
      for (const [i, security] of names.entries()) {
        const from = i * 1000;
        await archive.commit([
          image(sampleImage({ lastSequence: from, security })),
          block(sampleBlock({ previousSequence: from, lastSequence: from + 10, security })),
          piece(0, sampleBlock({ previousSequence: from + 10, lastSequence: from + 11, security })),
        ]);
      }
      for (const [i, security] of names.entries()) {
        const from = i * 1000;
        const found = await archive.imageAt(security, { sequence: 999_999 });
        expect(found?.header).toMatchObject({ security, lastSequence: from });
        const refs = await archive.blocks(security, 1, { afterSequence: -1 });
        const open = isWhole ? [`1/${from + 11}-${from + 11}`] : [];
        expect(keys(refs)).toEqual([`1/${from + 1}-${from + 10}`, ...open]);
        expect(await archive.segmentStart(security, 1)).toBeNull();
        expect(keys(await archive.images(security, 1, 0))).toEqual([`1/${from}-${from}`]);
      }
    });

    test('keys come in the order of their numbers, far beyond 2^32 too', async () => {
      const sequences = [9, 10, 100, 4_294_967_295, 4_294_967_296, 9_007_199_254_740_000];
      await archive.commit(
        sequences.map((lastSequence) => image(sampleImage({ lastSequence, toUs: 5 }))),
      );
      const refs = await archive.images(SECURITY, 1, 10);
      expect(refs.map(({ header }) => header.lastSequence)).toEqual(sequences.slice(1));
      for (const [i, sequence] of sequences.entries()) {
        const before = await archive.imageAt(SECURITY, { sequence: sequence - 1 });
        expect(before?.header.lastSequence).toBe(i === 0 ? undefined : sequences[i - 1]);
      }
    });

    test('segments are found by their first image, one after the other', async () => {
      await archive.commit([
        image(sampleImage({ lastSequence: 100, epoch: 1 })),
        image(sampleImage({ lastSequence: 150, epoch: 1 })),
        image(sampleImage({ lastSequence: 200, epoch: 3 })),
      ]);
      expect((await archive.segmentStart(SECURITY, 0))?.header.lastSequence).toBe(100);
      expect((await archive.segmentStart(SECURITY, 1))?.header.epoch).toBe(3);
      expect((await archive.segmentStart(SECURITY, 2))?.header.epoch).toBe(3);
      expect(await archive.segmentStart(SECURITY, 3)).toBeNull();
    });

    test('segments are found by any record of theirs, one after the other', async () => {
      await archive.commit([
        image(sampleImage({ lastSequence: 100, epoch: 1 })),
        block(sampleBlock({ previousSequence: 100, lastSequence: 110, epoch: 1 })),
        // The image that this one followed is no longer there.
        block(sampleBlock({ previousSequence: 150, lastSequence: 160, epoch: 2 })),
        image(sampleImage({ lastSequence: 200, epoch: 4 })),
        image(sampleImage({ lastSequence: 300, epoch: 5, security: `${SECURITY}2` })),
      ]);
      const found: (number | null)[] = [];
      for (const after of [0, 1, 2, 3, 4]) found.push(await archive.segmentAfter(SECURITY, after));
      expect(found).toEqual([1, 2, 4, 4, null]);
      // A symbol may have a slash of its own, as ids have.
      const security = 'coinbase:A/B';
      await archive.commit([image(sampleImage({ lastSequence: 100, epoch: 6, security }))]);
      expect(await archive.segmentAfter(security, 0)).toBe(6);
    });

    test('blocks begin with the one that holds the sequence, and end where asked', async () => {
      await archive.commit([
        ...[100, 110, 120, 130].map((from) =>
          block(sampleBlock({ previousSequence: from, lastSequence: from + 10 })),
        ),
        piece(0, sampleBlock({ previousSequence: 140, lastSequence: 141 })),
        block(sampleBlock({ previousSequence: 500, lastSequence: 510, epoch: 2 })),
        piece(0, sampleBlock({ previousSequence: 140, lastSequence: 141 })),
      ]);
      const list = async (range: Parameters<Archive['blocks']>[2]): Promise<string[]> =>
        keys(await archive.blocks(SECURITY, 1, range)).map((key) => key.slice(2));
      const open = isWhole ? ['141-141'] : [];
      expect(await list({ afterSequence: 115 })).toEqual([
        '111-120',
        '121-130',
        '131-140',
        ...open,
      ]);
      expect(await list({ afterSequence: 120 })).toEqual(['121-130', '131-140', ...open]);
      expect(await list({ afterSequence: 140 })).toEqual(open);
      expect(await list({ afterSequence: 141 })).toEqual([]);
      expect(await list({ afterSequence: 105, untilUs: 120_999 })).toEqual(['101-110', '111-120']);
      expect(await list({ afterSequence: 110, untilUs: 121_000 })).toEqual(['111-120', '121-130']);
      expect(await list({ afterSequence: 110, untilUs: 120_995, clock: 'exchange' })).toEqual([
        '111-120',
        '121-130',
      ]);
      expect(await list({ afterSequence: 110, untilUs: 120_994, clock: 'exchange' })).toEqual([
        '111-120',
      ]);
      expect(await list({ afterSequence: 110, untilSequence: 120 })).toEqual(['111-120']);
      expect(await list({ afterSequence: 110, untilSequence: 121 })).toEqual([
        '111-120',
        '121-130',
      ]);
      expect(await list({ afterSequence: 110, untilSequence: 115, andNext: true })).toEqual([
        '111-120',
        '121-130',
      ]);
      expect(await list({ afterSequence: 100, limit: 2 })).toEqual(['101-110', '111-120']);
      expect(await list({ afterSequence: 120, limit: 2 })).toEqual(['121-130', '131-140']);
      expect(await list({ afterSequence: 120, limit: 3 })).toEqual(['121-130', '131-140', ...open]);
    });
  });

  describeWhole(`${name}: beside a writer`, () => {
    test('a reader sees each commit whole, and the next one soon', async () => {
      await archive.commit([image(sampleImage({ lastSequence: 100 }))]);
      const reader = await under.openReader();
      expect((await reader.totals(SECURITY)).blocks).toBe(0);
      await archive.commit([
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
        image(sampleImage({ lastSequence: 110, reason: 'interval' })),
      ]);
      expect(await reader.totals(SECURITY)).toMatchObject({ blocks: 1, images: 2 });
    });

    test('pieces that were listed can be read after their block was sealed', async () => {
      await archive.commit([
        image(sampleImage({ lastSequence: 100 })),
        piece(0, sampleBlock({ previousSequence: 100, lastSequence: 101 })),
      ]);
      const reader = await under.openReader();
      const [ref] = await reader.blocks(SECURITY, 1, { afterSequence: 100 });
      await archive.commit([block(sampleBlock({ previousSequence: 100, lastSequence: 102 }))]);
      expect(Buffer.from((await ref?.load())?.body ?? []).toString()).toBe('block 100 to 101');
    });

    test('a reader writes nothing', async () => {
      await archive.commit([image(sampleImage({ lastSequence: 100 }))]);
      const reader = await under.openReader();
      const write = (reader as Partial<Archive>).commit?.([
        image(sampleImage({ lastSequence: 101 })),
      ]);
      await expect(write ?? Promise.reject(new Error('no commit'))).rejects.toThrow();
    });
  });
}
