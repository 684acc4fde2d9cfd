/** An archive on disk with books of levels, written as a recorder does. */

import type { Archive, GapRecord, Write } from '../../logger/archive/archive.ts';
import { TwoSidedBook } from '../../logger/book/two-sided-book.ts';
import type { Diff, LevelImage } from '../../logger/market/events.ts';
import { DEFAULT_LIMITS } from '../../logger/recorder/limits.ts';
import { Segment } from '../../logger/recorder/segment/segment.ts';

/** A run without a gap: an image, and what followed. */
export interface RecordedSegment {
  readonly image: LevelImage;
  readonly diffs: readonly Diff[];
}

export async function recordSegments(
  archive: Archive,
  security: string,
  segments: readonly RecordedSegment[],
): Promise<void> {
  const state = { security, wanted: true, feed: 'diff' };
  let before: { readonly lastUs: number; readonly lastSequence: number } | null = null;
  for (const [at, { image, diffs }] of segments.entries()) {
    const epoch = at + 1;
    const head = { security, level: 'L2', feed: 'diff', proof: 'sequence', epoch } as const;
    const segment = new Segment(
      { ...head, writer: 'test' },
      { ...image, book: TwoSidedBook.fromImage(image) },
      {
        limits: DEFAULT_LIMITS,
        imageIntervalMs: 600_000,
        receiveTimes: { defectsBetween: () => [] },
        monotonicMs: 0,
        onNews: () => undefined,
      },
    );
    const gap: GapRecord | undefined = before
      ? {
          security,
          epoch,
          fromUs: before.lastUs,
          toUs: image.receiveTimeUs,
          cause: 'connection',
          firstMissing: before.lastSequence + 1,
          lastMissing: image.sequence,
        }
      : undefined;
    const first: Write[] = before ? [] : [{ type: 'security', state }];
    await archive.commit([...first, ...segment.begin(before ? 'gap' : 'start', gap, 0)]);
    for (const diff of diffs) {
      segment.apply(diff);
      const writes = segment.seal((diff.receiveTimeUs - image.receiveTimeUs) / 1000);
      if (writes !== 'stuck' && writes.length > 0) await archive.commit(writes);
    }
    await archive.commit(segment.end());
    const last = diffs.at(-1);
    before = {
      lastUs: last?.receiveTimeUs ?? image.receiveTimeUs,
      lastSequence: last?.lastSequence ?? image.sequence,
    };
  }
}
