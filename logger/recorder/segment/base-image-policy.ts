/**
 * Decides when a running segment gets another base image. Images cost bytes, replaying blocks costs time,
 * and both of an image grow with the book: so one is due when the blocks since the last one cost a multiple
 * of it to store and to read, a smaller one where they already take long to replay. A quiet security gets
 * one per interval. Pure.
 */

import type { ImageReason } from '../../archive/archive.ts';

/** Blocks as large as this many images: these take an eighth of what the blocks take. */
export const MAX_REPLAY_IMAGES = 8;
/** So many level changes or order events take some 4 ms to replay, … */
export const BUSY_REPLAY_CHANGES = 15_000;
/** … and from there on blocks as large as this many images are enough. */
export const MAX_BUSY_REPLAY_IMAGES = 3;
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
  const isBusy = changesSinceImage >= BUSY_REPLAY_CHANGES;
  const maxImages = isBusy ? MAX_BUSY_REPLAY_IMAGES : MAX_REPLAY_IMAGES;
  const isExpensive = blockBytesSinceImage >= maxImages * imageBytes;
  const isSlow = changesSinceImage >= MAX_REPLAY_CHANGES && blockBytesSinceImage >= imageBytes;
  return isIntervalOver || isExpensive || isSlow ? 'interval' : null;
}
