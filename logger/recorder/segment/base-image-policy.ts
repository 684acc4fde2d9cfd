/**
 * Decides when a running segment gets another base image. Images cost bytes, replaying blocks costs time,
 * and both of an image grow with the book: so one is due when the blocks since the last one cost a multiple
 * of it to store and to read. A quiet security gets one per interval. Pure.
 *
 * A smaller multiple makes a past book faster and the archive larger. For a busy Binance security (28,000
 * level changes a minute, 3,800 levels) images take this much of what its blocks take, and a past book has
 * to replay at most so many blocks of a minute: 4: 14 %, 1; 8: 7.5 %, 2; 16: 5 %, 3.
 */

import type { ImageReason } from '../../archive/archive.ts';

/** Blocks as large as this many images. */
export const MAX_REPLAY_IMAGES = 8;
/** What an image costs beside its body: a header, and keys in three indexes. */
const IMAGE_HEAD_BYTES = 1024;
/**
 * Level changes or order events that take some 30 ms to replay. A book whose image is larger than the blocks
 * until then waits a little longer, or its images would take more than everything else.
 */
export const MAX_REPLAY_CHANGES = 100_000;

export interface ReplayState {
  readonly sinceImageMs: number;
  readonly blockBytesSinceImage: number;
  readonly changesSinceImage: number;
  readonly imageBytes: number;
  readonly intervalMs: number;
}

/** Asked when a block has just been sealed, so the book has changed since the last image. */
export function imageDue(state: ReplayState): ImageReason | null {
  const { blockBytesSinceImage, changesSinceImage } = state;
  const imageBytes = state.imageBytes + IMAGE_HEAD_BYTES;
  const isIntervalOver = state.sinceImageMs >= state.intervalMs;
  const isExpensive = blockBytesSinceImage >= MAX_REPLAY_IMAGES * imageBytes;
  const isSlow = changesSinceImage >= MAX_REPLAY_CHANGES && blockBytesSinceImage >= imageBytes;
  return isIntervalOver || isExpensive || isSlow ? 'interval' : null;
}
