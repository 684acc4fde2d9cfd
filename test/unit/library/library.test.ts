/** The package's public door, over an archive that is being written. */

import { describe, expect, test } from 'vitest';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import { openArchive } from '../../../logger/library.ts';
import { SECURITY } from '../reader/random-history.ts';
import { useReaderKit } from '../reader/reader-kit.ts';
import { us, writeAll } from '../reader/script.ts';

const kit = useReaderKit();

describe('the library', () => {
  test('answers books, coverage and streams from a directory, beside the writer', async () => {
    await kit.twoSegments();
    await writeAll(kit.archive, {
      type: 'security',
      state: { security: SECURITY, wanted: true, feed: 'depth' },
    });
    const opened = await openArchive(kit.directory);
    expect(await opened.securities()).toEqual([SECURITY]);
    expect(await opened.bookAt(SECURITY, '2026-11-20T07:00:00.015Z', { depth: 1 })).toMatchObject({
      sequence: '101',
    });
    expect(await opened.bookAt(SECURITY, `${us(15)}us`)).toMatchObject({ sequence: '101' });
    expect(await opened.bookAt(SECURITY, { sequence: '102' })).toMatchObject({ sequence: '102' });
    expect(await opened.bookAt(SECURITY)).toMatchObject({ sequence: '202' });
    expect((await opened.coverage(SECURITY)).intervals).toHaveLength(2);
    const prices: (string | undefined)[] = [];
    for await (const item of opened.trades(SECURITY, { from: '2026-11-20T07:00:00.09Z' })) {
      prices.push(item.type === 'trade' ? item.price : undefined);
    }
    expect(prices).toEqual(['100.5']);
    for await (const item of opened.diffs(SECURITY)) {
      // Leaving early ends the reading.
      expect(item.type).toBe('image');
      break;
    }
    await expect(opened.bookAt(SECURITY, 'yesterday')).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(opened.bookAt(SECURITY, { sequence: 'x' })).rejects.toBeInstanceOf(
      InvalidArgumentError,
    );
    await opened.close();
    await opened.close();
  });

  test.each(['mongodb://', '/nowhere/at/all'])(
    'rejects %s with a clear error',
    async (location) => {
      await expect(openArchive(location)).rejects.toBeInstanceOf(InvalidArgumentError);
    },
  );
});
