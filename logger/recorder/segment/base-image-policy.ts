/**
 * Decides when a running segment gets another base image. Images cost bytes, replaying blocks costs
 * time: a quiet security gets one per interval, a busy one as soon as five minutes of blocks are larger
 * than an image, so that no query has to replay more than that. Pure.
 */

import type { ImageReason } from '../../archive/archive.ts';

/** Longest run of blocks that a query about a busy security may have to replay. */
export const MAX_REPLAY_MS = 300_000;
/** Within it, blocks as large as this many images force one sooner. */
export const MAX_REPLAY_IMAGES = 16;

export interface ReplayState {
  readonly sinceImageMs: number;
  readonly blockBytesSinceImage: number;
  readonly imageBytes: number;
  readonly intervalMs: number;
}

/** Asked when a block has just been sealed, so the book has changed since the last image. */
export function imageDue(state: ReplayState): ImageReason | null {
  const isIntervalOver = state.sinceImageMs >= state.intervalMs;
  const isBusy =
    state.sinceImageMs >= MAX_REPLAY_MS && state.blockBytesSinceImage >= state.imageBytes;
  const isBursting = state.blockBytesSinceImage >= MAX_REPLAY_IMAGES * state.imageBytes;
  return isIntervalOver || isBusy || isBursting ? 'interval' : null;
}
