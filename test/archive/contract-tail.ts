/** The part of the contract about the end of a security’s records, and its totals. */

import { describe, expect, test } from 'vitest';
import type { BlockRef } from '../../logger/archive/archive.ts';
import type { CurrentArchive } from './archive-under-test.ts';
import {
  SECURITY,
  block,
  image,
  journalPart,
  sampleBlock,
  sampleGap,
  sampleImage,
} from './sample-records.ts';

const keys = (refs: readonly BlockRef[]): string[] =>
  refs.map(({ header }) => `${header.epoch}/${header.firstSequence}-${header.lastSequence}`);

export function tailContract(name: string, current: CurrentArchive): void {
  describe(`${name}: the tail`, () => {
    test('of an unknown security is empty', async () => {
      expect(await current().archive.tail(SECURITY)).toEqual({
        epoch: 0,
        lastSequence: null,
        lastUs: null,
        aliveUntilUs: null,
        journal: [],
        openGap: null,
      });
      expect(await current().archive.imageAt(SECURITY, { sequence: 1 })).toBeNull();
      expect(await current().archive.segmentStart(SECURITY, 0)).toBeNull();
    });

    test('a sealed block replaces the journal atomically', async () => {
      await current().archive.commit([image(sampleImage({ lastSequence: 100 }))]);
      const pieces = [0, 1, 2].map((i) =>
        sampleBlock({ previousSequence: 100 + i, lastSequence: 101 + i }),
      );
      for (const [part, record] of pieces.entries())
        await current().archive.commit([journalPart(part, record)]);
      expect((await current().archive.tail(SECURITY)).journal.map(({ header }) => header)).toEqual(
        pieces.map(({ header }) => header),
      );
      expect(keys(await current().archive.blocks(SECURITY, 1, { afterSequence: 101 }))).toEqual([
        '1/102-102',
        '1/103-103',
      ]);
      await current().archive.commit([
        block(sampleBlock({ previousSequence: 100, lastSequence: 103 })),
      ]);
      expect((await current().archive.tail(SECURITY)).journal).toEqual([]);
      expect(keys(await current().archive.blocks(SECURITY, 1, { afterSequence: 101 }))).toEqual([
        '1/101-103',
      ]);
    });

    test('a block removes only its own security’s journal', async () => {
      const other = `${SECURITY}2`;
      await current().archive.commit([
        journalPart(0, sampleBlock({ previousSequence: 100, lastSequence: 101, security: other })),
        journalPart(0, sampleBlock({ previousSequence: 100, lastSequence: 101 })),
      ]);
      await current().archive.commit([
        block(sampleBlock({ previousSequence: 100, lastSequence: 101 })),
      ]);
      expect((await current().archive.tail(other)).journal).toHaveLength(1);
      expect((await current().archive.tail(SECURITY)).journal).toHaveLength(0);
    });

    test('ten or more parts stay in order', async () => {
      const writes = Array.from({ length: 12 }, (_, i) =>
        journalPart(i, sampleBlock({ previousSequence: 100 + i, lastSequence: 101 + i })),
      );
      await current().archive.commit(writes);
      const { journal } = await current().archive.tail(SECURITY);
      expect(journal.map(({ header }) => header.lastSequence)).toEqual(
        Array.from({ length: 12 }, (_, i) => 101 + i),
      );
    });

    test('has the last segment, its end, its mark and its open gap', async () => {
      await current().archive.commit([
        image(sampleImage({ lastSequence: 100 })),
        block(sampleBlock({ previousSequence: 100, lastSequence: 120 })),
        { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 130_000 },
      ]);
      const openGap = { epoch: 1, fromUs: 130_000, cause: 'sequence', firstMissing: 121 } as const;
      await current().archive.commit([{ type: 'open-gap', security: SECURITY, gap: openGap }]);
      expect(await current().archive.tail(SECURITY)).toEqual({
        epoch: 1,
        lastSequence: 120,
        lastUs: 130_000,
        aliveUntilUs: 130_000,
        journal: [],
        openGap,
      });
      await current().archive.commit([
        image(sampleImage({ lastSequence: 200, epoch: 2 })),
        { type: 'gap', record: sampleGap() },
      ]);
      expect(await current().archive.tail(SECURITY)).toMatchObject({
        epoch: 2,
        lastSequence: 200,
        aliveUntilUs: null,
        openGap: null,
      });
      expect(await current().archive.gapBefore(SECURITY, 2)).toEqual(sampleGap());
      expect(await current().archive.gapBefore(SECURITY, 1)).toBeNull();
    });

    test('a late mark of an earlier segment, or an earlier one of the same, changes nothing', async () => {
      await current().archive.commit([image(sampleImage({ lastSequence: 200, epoch: 2 }))]);
      await current().archive.commit([
        { type: 'mark', security: SECURITY, epoch: 2, aliveUntilUs: 300_000 },
      ]);
      await current().archive.commit([
        { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 900_000 },
        { type: 'mark', security: SECURITY, epoch: 2, aliveUntilUs: 250_000 },
      ]);
      expect((await current().archive.tail(SECURITY)).aliveUntilUs).toBe(300_000);
    });

    test('totals count records and bytes as they are committed', async () => {
      const records = [
        sampleImage({ lastSequence: 100 }),
        sampleBlock({ previousSequence: 100, lastSequence: 110 }, Buffer.alloc(5000)),
      ] as const;
      await current().archive.commit([image(records[0]), block(records[1])]);
      const totals = await current().archive.totals(SECURITY);
      expect(totals).toMatchObject({ images: 1, blocks: 1, gaps: 0, lastImageUs: 100_000 });
      expect(totals.storedBytes).toBeGreaterThanOrEqual(5000 + records[0].body.length);
      await current().archive.commit([
        image(sampleImage({ lastSequence: 200, epoch: 2 })),
        { type: 'gap', record: sampleGap() },
      ]);
      expect(await current().archive.totals(SECURITY)).toMatchObject({
        images: 2,
        gaps: 1,
        lastImageUs: 200_000,
      });
      expect(await current().archive.totals('binance:NONE')).toMatchObject({
        images: 0,
        storedBytes: 0,
      });
    });

    test('a removed security is still listed', async () => {
      for (const wanted of [true, false]) {
        await current().archive.commit([
          { type: 'security', state: { security: SECURITY, wanted, feed: 'depth' } },
        ]);
        expect(await current().archive.securities()).toEqual([
          { security: SECURITY, wanted, feed: 'depth' },
        ]);
      }
    });
  });
}
