/** What every archive must do, whatever it is made of: a suite over a factory of empty archives. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkRecord } from '../../logger/archive/record.ts';
import type { ArchiveUnderTest, ContractOptions, CurrentArchive } from './archive-under-test.ts';
import { candleContract } from './contract-candles.ts';
import { concurrencyContract, lookUpContract } from './contract-look-ups.ts';
import { tailContract } from './contract-tail.ts';
import { writingContract } from './contract-writing.ts';
import { SECURITY, block, image, sampleBlock, sampleImage } from './sample-records.ts';

export function archiveContract(
  name: string,
  open: () => Promise<ArchiveUnderTest>,
  options: ContractOptions = {},
): void {
  let under: ArchiveUnderTest;
  const current: CurrentArchive = () => under;
  beforeEach(async () => {
    under = await open();
  });
  afterEach(() => under.dispose());

  test(`${name}: receive-time defects and bounds of best prices are read back exactly as written, including the checksum`, async () => {
    const badReceiveTimes = [
      { fromUs: 1_723_161_314_764_630, toUs: 1_723_161_315_764_631, cause: 'stall' },
      { fromUs: 1_723_161_314_764_630, toUs: 1_723_168_000_000_001, cause: 'clock' },
    ] as const;
    const record = sampleImage({ lastSequence: 100, badReceiveTimes });
    const tops = { maxBid: '10.25', minAsk: '10' };
    const after = sampleBlock({ previousSequence: 100, lastSequence: 110, badReceiveTimes, tops });
    const none = sampleBlock({ previousSequence: 110, lastSequence: 115, tops: null });
    const plain = sampleBlock({ previousSequence: 115, lastSequence: 120 });
    await current().archive.commit([image(record), block(after), block(none), block(plain)]);
    const again = await current().reopen();
    const refs = [
      await again.imageAt(SECURITY, { sequence: 100 }),
      ...(await again.blocks(SECURITY, 1, { afterSequence: 100 })),
    ];
    const headers = refs.map((ref) => ref?.header);
    expect(headers).toEqual([record.header, after.header, none.header, plain.header]);
    expect(headers[3]).not.toHaveProperty('badReceiveTimes');
    expect(headers[3]).not.toHaveProperty('tops');
    for (const ref of refs) checkRecord((await ref?.load())!);
  });

  if (!options.looksUp) {
    writingContract(name, current, options);
    tailContract(name, current);
    concurrencyContract(name, current);
  }
  lookUpContract(name, current, options);
  candleContract(name, current);
}
