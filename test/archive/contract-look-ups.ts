/** The part of the contract about look-ups. */

import { describe, expect, test } from 'vitest';
import type { Archive, BlockRef } from '../../logger/archive/archive.ts';
import type { ContractOptions, CurrentArchive } from './archive-under-test.ts';
import { SECURITY, block, image, journalPart, sampleBlock, sampleImage } from './sample-records.ts';

const keys = (refs: readonly BlockRef[]): string[] =>
  refs.map(({ header }) => `${header.epoch}/${header.firstSequence}-${header.lastSequence}`);

export function lookUpContract(
  name: string,
  current: CurrentArchive,
  options: ContractOptions,
): void {
  const hasJournal = !options.looksUp;

  describe(`${name}: look-ups`, () => {
    test('an image is found by each clock and by sequence, at its own time and later, not earlier', async () => {
      await current().archive.commit([
        image(sampleImage({ lastSequence: 100 })),
        image(sampleImage({ lastSequence: 200, reason: 'interval' })),
      ]);
      const found = async (position: Parameters<Archive['imageAt']>[1]): Promise<number | null> =>
        (await current().archive.imageAt(SECURITY, position))?.header.lastSequence ?? null;
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

    test('records are counted by their keys, and images are listed up to a number', async () => {
      const { archive } = current();
      await archive.commit([
        image(sampleImage({ lastSequence: 100 })),
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
        image(sampleImage({ lastSequence: 110, reason: 'interval' })),
        block(sampleBlock({ previousSequence: 110, lastSequence: 120 })),
        image(sampleImage({ lastSequence: 120, reason: 'interval' })),
        image(sampleImage({ lastSequence: 5, epoch: 2 })),
        ...(hasJournal
          ? [journalPart(0, sampleBlock({ previousSequence: 5, lastSequence: 9, epoch: 2 }))]
          : []),
      ]);
      const count = (kind: 'image' | 'block', from: number, to: number, epoch = 1) =>
        archive.count({ kind, security: SECURITY, epoch, from, to });
      expect(await count('image', 100, 120)).toBe(3);
      expect(await count('image', 101, 119)).toBe(1);
      expect(await count('image', 121, 900)).toBe(0);
      expect(await count('block', 101, 111)).toBe(2);
      expect(await count('block', 102, 900)).toBe(1);
      expect(await count('block', 0, 900, 2)).toBe(0);
      const images = await archive.images(SECURITY, 1, 101, 1);
      expect(images.map(({ header }) => header.lastSequence)).toEqual([110]);
    });

    test('of images at the same time the last one counts, of segments the later one', async () => {
      await current().archive.commit([
        image(sampleImage({ lastSequence: 100, toUs: 50_000, fromUs: 50_000 })),
        image(sampleImage({ lastSequence: 101, toUs: 50_000, fromUs: 50_000, reason: 'manual' })),
        image(sampleImage({ lastSequence: 90, epoch: 2, toUs: 50_000, fromUs: 50_000 })),
      ]);
      const found = await current().archive.imageAt(SECURITY, { clock: 'receive', us: 50_000 });
      expect(found?.header).toMatchObject({ epoch: 2, lastSequence: 90 });
    });

    test('a segment without sequences is found by time only', async () => {
      const unnumbered = { proof: 'connection', feed: 'level2_batch' } as const;
      await current().archive.commit([
        image(sampleImage({ epoch: 1, lastSequence: 1, toUs: 1000, ...unnumbered })),
        image(sampleImage({ epoch: 2, lastSequence: 5000, toUs: 2000 })),
        image(sampleImage({ epoch: 3, lastSequence: 7, toUs: 3000, ...unnumbered })),
        image(sampleImage({ epoch: 4, lastSequence: 9000, toUs: 4000 })),
      ]);
      const epochAt = async (position: Parameters<Archive['imageAt']>[1]): Promise<number | null> =>
        (await current().archive.imageAt(SECURITY, position))?.header.epoch ?? null;
      expect(await epochAt({ sequence: 4999 })).toBeNull();
      expect(await epochAt({ sequence: 5000 })).toBe(2);
      expect(await epochAt({ sequence: 8999 })).toBe(2);
      expect(await epochAt({ sequence: 9000 })).toBe(4);
      expect(await epochAt({ clock: 'receive', us: 1500 })).toBe(1);
      expect(await epochAt({ clock: 'receive', us: 3500 })).toBe(3);
    });

    test('a later segment counts, though its exchange clock is slightly behind', async () => {
      await current().archive.commit([
        image(sampleImage({ lastSequence: 100, exchangeToUs: 90_000 })),
        image(sampleImage({ lastSequence: 150, exchangeToUs: 149_000, reason: 'interval' })),
        image(sampleImage({ lastSequence: 160, epoch: 2, exchangeToUs: 148_000 })),
        image(sampleImage({ lastSequence: 170, epoch: 2, exchangeToUs: 170_000 })),
      ]);
      const at = async (us: number): Promise<number | undefined> =>
        (await current().archive.imageAt(SECURITY, { clock: 'exchange', us }))?.header.lastSequence;
      expect(await at(147_999)).toBe(100);
      expect(await at(148_500)).toBe(160);
      expect(await at(149_500)).toBe(160);
      expect(await at(170_000)).toBe(170);
    });

    test('an exchange that restarts its sequences does not hide its new books', async () => {
      await current().archive.commit([
        image(sampleImage({ lastSequence: 400, toUs: 1000 })),
        image(sampleImage({ lastSequence: 5, epoch: 2, toUs: 2000 })),
        image(sampleImage({ lastSequence: 300, epoch: 2, toUs: 3000 })),
      ]);
      const at = async (sequence: number) =>
        (await current().archive.imageAt(SECURITY, { sequence }))?.header;
      expect(await at(450)).toMatchObject({ epoch: 2, lastSequence: 300 });
      expect(await at(10)).toMatchObject({ epoch: 2, lastSequence: 5 });
    });

    test('securities with similar names do not mix', async () => {
      const names = ['binance:BTC', 'binance:BTCUSDT', 'binance:BTCUSDT2', 'binance:BT', 'a:BTC'];
      for (const [i, security] of names.entries()) {
        const from = i * 1000;
        await current().archive.commit([
          image(sampleImage({ lastSequence: from, security })),
          block(sampleBlock({ previousSequence: from, lastSequence: from + 10, security })),
          journalPart(
            0,
            sampleBlock({ previousSequence: from + 10, lastSequence: from + 11, security }),
          ),
        ]);
      }
      for (const [i, security] of names.entries()) {
        const from = i * 1000;
        const found = await current().archive.imageAt(security, { sequence: 999_999 });
        expect(found?.header).toMatchObject({ security, lastSequence: from });
        const refs = await current().archive.blocks(security, 1, { afterSequence: -1 });
        const open = hasJournal ? [`1/${from + 11}-${from + 11}`] : [];
        expect(keys(refs)).toEqual([`1/${from + 1}-${from + 10}`, ...open]);
        expect(await current().archive.segmentStart(security, 1)).toBeNull();
        expect(keys(await current().archive.images(security, 1, 0))).toEqual([`1/${from}-${from}`]);
      }
    });

    test('keys sort by number, also far beyond 2^32', async () => {
      const sequences = [9, 10, 100, 4_294_967_295, 4_294_967_296, 9_007_199_254_740_000];
      await current().archive.commit(
        sequences.map((lastSequence) => image(sampleImage({ lastSequence, toUs: 5 }))),
      );
      const refs = await current().archive.images(SECURITY, 1, 10);
      expect(refs.map(({ header }) => header.lastSequence)).toEqual(sequences.slice(1));
      for (const [i, sequence] of sequences.entries()) {
        const before = await current().archive.imageAt(SECURITY, { sequence: sequence - 1 });
        expect(before?.header.lastSequence).toBe(i === 0 ? undefined : sequences[i - 1]);
      }
    });

    test('segments are found by their first image, one after another', async () => {
      await current().archive.commit([
        image(sampleImage({ lastSequence: 100, epoch: 1 })),
        image(sampleImage({ lastSequence: 150, epoch: 1 })),
        image(sampleImage({ lastSequence: 200, epoch: 3 })),
      ]);
      expect((await current().archive.segmentStart(SECURITY, 0))?.header.lastSequence).toBe(100);
      expect((await current().archive.segmentStart(SECURITY, 1))?.header.epoch).toBe(3);
      expect((await current().archive.segmentStart(SECURITY, 2))?.header.epoch).toBe(3);
      expect(await current().archive.segmentStart(SECURITY, 3)).toBeNull();
    });

    test('segments are found by any of their records, one after another', async () => {
      await current().archive.commit([
        image(sampleImage({ lastSequence: 100, epoch: 1 })),
        block(sampleBlock({ previousSequence: 100, lastSequence: 110, epoch: 1 })),
        // The image that this one followed is no longer there.
        block(sampleBlock({ previousSequence: 150, lastSequence: 160, epoch: 2 })),
        image(sampleImage({ lastSequence: 200, epoch: 4 })),
        image(sampleImage({ lastSequence: 300, epoch: 5, security: `${SECURITY}2` })),
      ]);
      const found: (number | null)[] = [];
      for (const after of [0, 1, 2, 3, 4])
        found.push(await current().archive.segmentAfter(SECURITY, after));
      expect(found).toEqual([1, 2, 4, 4, null]);
      // A symbol may have a slash of its own, as ids have.
      const security = 'coinbase:A/B';
      await current().archive.commit([
        image(sampleImage({ lastSequence: 100, epoch: 6, security })),
      ]);
      expect(await current().archive.segmentAfter(security, 0)).toBe(6);
    });

    test('blocks start with the one that contains the sequence, and end as requested', async () => {
      await current().archive.commit([
        ...[100, 110, 120, 130].map((from) =>
          block(sampleBlock({ previousSequence: from, lastSequence: from + 10 })),
        ),
        journalPart(0, sampleBlock({ previousSequence: 140, lastSequence: 141 })),
        block(sampleBlock({ previousSequence: 500, lastSequence: 510, epoch: 2 })),
        journalPart(0, sampleBlock({ previousSequence: 140, lastSequence: 141 })),
      ]);
      const list = async (range: Parameters<Archive['blocks']>[2]): Promise<string[]> =>
        keys(await current().archive.blocks(SECURITY, 1, range)).map((key) => key.slice(2));
      const open = hasJournal ? ['141-141'] : [];
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
}

export function concurrencyContract(name: string, current: CurrentArchive): void {
  describe(`${name}: beside a writer`, () => {
    test('a reader sees each commit as a whole, and the next one soon', async () => {
      await current().archive.commit([image(sampleImage({ lastSequence: 100 }))]);
      const reader = await current().openReader();
      expect((await reader.totals(SECURITY)).blocks).toBe(0);
      await current().archive.commit([
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
        image(sampleImage({ lastSequence: 110, reason: 'interval' })),
      ]);
      expect(await reader.totals(SECURITY)).toMatchObject({ blocks: 1, images: 2 });
    });

    test('listed journal parts can be read after their block was sealed', async () => {
      await current().archive.commit([
        image(sampleImage({ lastSequence: 100 })),
        journalPart(0, sampleBlock({ previousSequence: 100, lastSequence: 101 })),
      ]);
      const reader = await current().openReader();
      const [ref] = await reader.blocks(SECURITY, 1, { afterSequence: 100 });
      await current().archive.commit([
        block(sampleBlock({ previousSequence: 100, lastSequence: 102 })),
      ]);
      expect(Buffer.from((await ref?.load())?.body ?? []).toString()).toBe('block 100 to 101');
    });

    test('a reader cannot write', async () => {
      await current().archive.commit([image(sampleImage({ lastSequence: 100 }))]);
      const reader = await current().openReader();
      const write = (reader as Partial<Archive>).commit?.([
        image(sampleImage({ lastSequence: 101 })),
      ]);
      await expect(write ?? Promise.reject(new Error('no commit'))).rejects.toThrow();
    });
  });
}
