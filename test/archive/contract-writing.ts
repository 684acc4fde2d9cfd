/** The part of the contract about commits. */

import { describe, expect, test } from 'vitest';
import type { BlockRef, Write } from '../../logger/archive/archive.ts';
import { DuplicateRecordError } from '../../logger/errors.ts';
import { MAX_SYMBOL_CHARACTERS, parseSecurity } from '../../logger/market/security.ts';
import { needs } from '../support/requirements.ts';
import type { ContractOptions, CurrentArchive } from './archive-under-test.ts';
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

export function writingContract(
  name: string,
  current: CurrentArchive,
  options: ContractOptions,
): void {
  const comparing = needs({
    isMet: !options.forgets,
    reason: 'does not apply: replicated records are no longer compared',
  });

  describe(`${name}: writing`, () => {
    test('a commit is read back byte for byte, also after reopening', async () => {
      const record = sampleImage({ lastSequence: 100 }, Buffer.from([0, 255, 1, 254]));
      await current().archive.commit([image(record)]);
      const again = await current().reopen();
      const ref = await again.imageAt(SECURITY, { sequence: 100 });
      const loaded = await ref?.load();
      expect(loaded?.header).toEqual(record.header);
      expect(Buffer.from(loaded?.body ?? [])).toEqual(record.body);
    });

    test('a body of many megabytes is read back byte for byte, also after reopening', async () => {
      const body = Buffer.alloc(20_000_003, 'not a multiple of anything ');
      const record = sampleImage({ lastSequence: 100 }, body);
      await current().archive.commit([image(record)]);
      const again = await current().reopen();
      const loaded = await (await again.imageAt(SECURITY, { sequence: 100 }))?.load();
      expect(Buffer.compare(loaded?.body ?? Buffer.alloc(0), body)).toBe(0);
    });

    test('a symbol may be of any script, and as long as a symbol can be', async () => {
      const ids = ['币', '币安', '币安人生USDT', '🚀'.repeat(MAX_SYMBOL_CHARACTERS)].map(
        (symbol) => parseSecurity(`binance:${symbol}`).id,
      );
      const writes = ids.flatMap((security): Write[] => [
        { type: 'security', state: { security, wanted: true, feed: 'depth' } },
        image(sampleImage({ lastSequence: 100, security }, Buffer.from(security))),
        block(sampleBlock({ previousSequence: 100, lastSequence: 110, security })),
        journalPart(0, sampleBlock({ previousSequence: 110, lastSequence: 111, security })),
        { type: 'gap', record: sampleGap({ security }) },
      ]);
      await current().archive.commit(writes);
      const again = await current().reopen();
      const listed = (await again.securities()).map(({ security }) => security);
      expect(listed.toSorted()).toEqual(ids.toSorted());
      for (const security of ids) {
        const found = await (await again.imageAt(security, { sequence: 105 }))?.load();
        expect(Buffer.from(found?.body ?? []).toString()).toBe(security);
        expect(await again.tail(security)).toMatchObject({ epoch: 1, journal: [{}] });
        expect(await again.totals(security)).toMatchObject({ images: 1, blocks: 1, gaps: 1 });
      }
    });

    test('the same record twice changes nothing', comparing, async () => {
      const writes = [
        image(sampleImage({ lastSequence: 100 })),
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
      ];
      await current().archive.commit(writes);
      const totals = await current().archive.totals(SECURITY);
      await current().archive.commit([
        journalPart(0, sampleBlock({ previousSequence: 110, lastSequence: 111 })),
      ]);
      await current().archive.commit(writes);
      expect(await current().archive.totals(SECURITY)).toEqual(totals);
      // The journal of the block that came after is not the repeated block's to remove.
      expect((await current().archive.tail(SECURITY)).journal).toHaveLength(1);
    });

    test.each<[string, Write, Write]>([
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
        journalPart(0, sampleBlock({ previousSequence: 100, lastSequence: 110 })),
        journalPart(0, sampleBlock({ previousSequence: 100, lastSequence: 111 })),
      ],
      [
        'gap',
        { type: 'gap', record: sampleGap() },
        { type: 'gap', record: sampleGap({ cause: 'other' }) },
      ],
    ])('another %s under the same key is rejected', comparing, async (_kind, first, second) => {
      await current().archive.commit([first]);
      await expect(current().archive.commit([second])).rejects.toBeInstanceOf(DuplicateRecordError);
    });

    test('a commit that fails halfway leaves nothing', comparing, async () => {
      await current().archive.commit([image(sampleImage({ lastSequence: 100 }))]);
      const before = {
        tail: await current().archive.tail(SECURITY),
        totals: await current().archive.totals(SECURITY),
      };
      const failing = current().archive.commit([
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
        journalPart(0, sampleBlock({ previousSequence: 110, lastSequence: 111 })),
        { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 999_000 },
        { type: 'security', state: { security: SECURITY, wanted: true, feed: 'depth' } },
        image(sampleImage({ lastSequence: 110 })),
        image(sampleImage({ lastSequence: 100 }, Buffer.from('other'))),
      ]);
      await expect(failing).rejects.toBeInstanceOf(DuplicateRecordError);
      expect(await current().archive.tail(SECURITY)).toEqual(before.tail);
      expect(await current().archive.totals(SECURITY)).toEqual(before.totals);
      expect(await current().archive.securities()).toEqual([]);
      expect(await current().archive.blocks(SECURITY, 1, { afterSequence: 0 })).toEqual([]);
      expect(
        (await current().archive.imageAt(SECURITY, { sequence: 200 }))?.header.lastSequence,
      ).toBe(100);
      // And the next one works as if nothing had been.
      await current().archive.commit([
        block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
      ]);
      expect(keys(await current().archive.blocks(SECURITY, 1, { afterSequence: 100 }))).toEqual([
        '1/101-110',
      ]);
    });

    test('concurrent commits all arrive, in order', async () => {
      await current().archive.commit([image(sampleImage({ lastSequence: 0, toUs: 1 }))]);
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          current().archive.commit([
            block(sampleBlock({ previousSequence: i * 10, lastSequence: i * 10 + 10 })),
          ]),
        ),
      );
      const refs = await current().archive.blocks(SECURITY, 1, { afterSequence: 0 });
      expect(refs.map(({ header }) => header.firstSequence)).toEqual(
        Array.from({ length: 50 }, (_, i) => i * 10 + 1),
      );
      expect((await current().archive.totals(SECURITY)).blocks).toBe(50);
    });
  });
}
