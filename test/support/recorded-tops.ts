/** The bounds of best prices in an archive's blocks, against books that are replayed from its records. */

import { expect } from 'vitest';
import type { Archive, ArchiveReader, BlockRef, TopBounds } from '../../logger/archive/archive.ts';
import { sealRecord } from '../../logger/archive/record.ts';
import { bookOf } from '../../logger/book/book.ts';
import type { Book } from '../../logger/book/book.ts';
import { decodeBlock, decodeImage } from '../../logger/codec/formats.ts';
import { formatScaledSlowly } from '../../logger/market/decimal.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import { isBookUpdate } from '../../logger/market/events.ts';
import { isSameScale } from '../../logger/market/scale.ts';
import { openArchiveReader } from '../../logger/open-archive.ts';

/**
 * Checks the sealed blocks of all segments, each up to the first one that does not continue it.
 *
 * @param securities those that the archive knows the state of, unless they are named.
 * @returns how many of them state bounds.
 */
export async function checkRecordedTops(
  archive: ArchiveReader,
  securities?: readonly string[],
): Promise<number> {
  let stated = 0;
  const all = async (): Promise<string[]> =>
    (await archive.securities()).map(({ security }) => security);
  for (const security of securities ?? (await all())) {
    let epoch: number | undefined = 0;
    while ((epoch = (await archive.segmentStart(security, epoch))?.header.epoch) !== undefined) {
      stated += await checkSegment(archive, security, epoch);
    }
  }
  return stated;
}

/** The same of a directory that no logger has open. */
export async function checkTopsIn(directory: string): Promise<number> {
  const archive = await openArchiveReader(directory);
  try {
    return await checkRecordedTops(archive);
  } finally {
    await archive.close();
  }
}

async function checkSegment(
  archive: ArchiveReader,
  security: string,
  epoch: number,
): Promise<number> {
  const images = await archive.images(security, epoch, Number.MIN_SAFE_INTEGER);
  const [first] = images as [BlockRef];
  let [book, sequence, stated] = [await imageOf(first), first.header.lastSequence, 0];
  for (const ref of await archive.blocks(security, epoch, { afterSequence: sequence })) {
    const { header } = ref;
    if (ref.isJournalPart || header.previousSequence !== sequence) break;
    const tops = [topOf(book)];
    // It may know the same book further out.
    const image = images.find(({ header: { lastSequence } }) => lastSequence === sequence);
    if (image) tops.push(topOf((book = await imageOf(image))));
    const { events, scale } = decodeBlock(header.encoding, (await ref.load()).body);
    if (!isSameScale(scale, book.scale)) book = book.rescaled(scale);
    for (const event of events.filter(isBookUpdate)) {
      expect(book.apply(event)).toBeNull();
      tops.push(topOf(book));
    }
    sequence = header.lastSequence;
    if (header.tops === undefined) continue;
    const of = `${security} ${epoch}/${header.firstSequence}`;
    expect([of, header.tops]).toEqual([of, boundsOf(tops, book)]);
    stated++;
  }
  return stated;
}

async function imageOf(ref: BlockRef): Promise<Book> {
  return bookOf(decodeImage(ref.header.encoding, (await ref.load()).body));
}

type Top = readonly [bid: ScaledInt, ask: ScaledInt, exponent: number] | null;

function topOf(book: Book): Top {
  const [bid, ask] = [book.best('bid'), book.best('ask')];
  return bid && ask && bid[0] < ask[0] ? [bid[0], ask[0], book.scale.priceExponent] : null;
}

function boundsOf(tops: readonly Top[], { scale }: Book): TopBounds | null {
  const exponent = scale.priceExponent;
  const known = tops.filter((top) => top !== null);
  if (known.length === 0) return null;
  const at = (price: ScaledInt, from: number): bigint =>
    BigInt(price) * 10n ** BigInt(exponent - from);
  const bids = known.map(([bid, , from]) => at(bid, from));
  const asks = known.map(([, ask, from]) => at(ask, from));
  const [maxBid, minAsk] = [
    bids.reduce((a, b) => (a > b ? a : b)),
    asks.reduce((a, b) => (a < b ? a : b)),
  ];
  return {
    maxBid: formatScaledSlowly(maxBid, exponent),
    minAsk: formatScaledSlowly(minAsk, exponent),
  };
}

/** What an earlier version would have left of what is committed: some blocks without bounds. */
export function withoutTops(archive: Archive, isOld: () => boolean): Archive {
  const commit: Archive['commit'] = (writes) =>
    archive.commit(
      writes.map((write) => {
        if (write.type !== 'block' || !isOld()) return write;
        const { tops: _tops, bytes: _bytes, checksum: _checksum, ...header } = write.record.header;
        return { ...write, record: sealRecord(header, write.record.body) };
      }),
    );
  return new Proxy(archive, {
    get: (target, name) => (name === 'commit' ? commit : Reflect.get(target, name, target)),
  });
}
