/**
 * When a running segment gets another full image. Pure. Images cost bytes, replaying blocks costs
 * time: a quiet security gets one an interval, a busy one as soon as five minutes of blocks weigh
 * more than an image does, so that no answer has to replay more than that.
 */

import type { ImageReason } from '../archive/archive.ts';

/** Longest stretch of blocks that an answer about a busy security may have to replay. */
export const REPLAY_MAX_MS = 300_000;
/** Within that stretch, blocks worth this many images force one sooner. */
export const REPLAY_MAX_IMAGES = 16;

export interface ReplayState {
  readonly sinceImageMs: number;
  readonly blockBytesSinceImage: number;
  readonly imageBytes: number;
  readonly intervalMs: number;
}

/** Asked when a block of the segment has just been sealed, so there is something to image. */
export function imageDue(state: ReplayState): ImageReason | null {
  const isIntervalOver = state.sinceImageMs >= state.intervalMs;
  const isBusy =
    state.sinceImageMs >= REPLAY_MAX_MS && state.blockBytesSinceImage >= state.imageBytes;
  const isBursting = state.blockBytesSinceImage >= REPLAY_MAX_IMAGES * state.imageBytes;
  return isIntervalOver || isBusy || isBursting ? 'interval' : null;
}
