/** What a block of levels leaves is kept where no end changes it. */

import { expect, test } from 'vitest';
import type { BlockRef } from '../../../logger/archive/archive.ts';
import type { ChangesEnd } from '../../../logger/codec/level-changes.ts';
import { RecordLoader } from '../../../logger/reader/record-loader.ts';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, image, trade, us, writeAll } from './script.ts';

const kit = useReaderKit();
const CACHE_BYTES = 1_000_000;

test('changes of a whole block are read once, those up to an end in it each time', async () => {
  await writeAll(
    kit.archive,
    image(1, 100, 0),
    block(1, 100, [diff(101, 10, [9990, 5]), diff(102, 20, [9990, 0, 9980, 7]), trade(1, 25)]),
  );
  const [ref] = await kit.archive.blocks(SECURITY, 1, { afterSequence: 100 });
  if (ref === undefined) throw new Error('There is no block');
  let loads = 0;
  const counted: BlockRef = {
    ...ref,
    load: () => {
      loads++;
      return ref.load();
    },
  };
  const records = new RecordLoader(CACHE_BYTES, async () => {});
  const bidsAt = async (end: ChangesEnd): Promise<unknown> => {
    const { changes } = await records.changes(counted, end, 100);
    const fresh = new RecordLoader(0, async () => {});
    expect((await fresh.changes(ref, end, 100)).changes).toEqual(changes);
    return changes.bids;
  };
  const whole = [9990, 0, 9980, 7];
  expect(await bidsAt({ receiveTimeUs: us(10) })).toEqual([9990, 5]);
  expect(await bidsAt({ receiveTimeUs: us(20) })).toEqual(whole);
  expect(loads).toBe(2);
  expect(await bidsAt({ receiveTimeUs: us(25) })).toEqual(whole);
  expect(await bidsAt({ sequence: 102 })).toEqual(whole);
  expect(await bidsAt({ receiveTimeUs: us(1000) })).toEqual(whole);
  expect(loads).toBe(3);
  expect(await bidsAt({ sequence: 101 })).toEqual([9990, 5]);
  expect(loads).toBe(4);
});
