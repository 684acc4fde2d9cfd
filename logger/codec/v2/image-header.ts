/** The header of base images of format version 2, for L2 and L3. */

import type { ScaledInt } from '../../market/decimal.ts';
import type { BookPosition } from '../../market/events.ts';
import { codeFlag, codeGrids, codeScale } from './block-header.ts';
import type { Grids } from './block-header.ts';
import type { Coder } from './coder.ts';
import { Grid } from './grid.ts';
import { codeScaled, codeUnsigned, codeWhole } from './numbers.ts';

export interface ImageHeader extends BookPosition {
  readonly grids: Grids;
  /** Rows of each side. */
  readonly bidCount: number;
  readonly askCount: number;
}

const ONE = new Grid(1);
export const NO_IMAGE: ImageHeader = {
  sequence: 0,
  exchangeTimeUs: 0,
  receiveTimeUs: 0,
  scale: { priceExponent: 0, sizeExponent: 0 },
  horizon: { bid: null, ask: null },
  grids: { price: ONE, size: ONE },
  bidCount: 0,
  askCount: 0,
};

export function codeImageHeader(coder: Coder, header: ImageHeader): ImageHeader {
  return {
    scale: codeScale(coder, header.scale),
    grids: codeGrids(coder, header.grids),
    bidCount: codeUnsigned(coder, header.bidCount),
    askCount: codeUnsigned(coder, header.askCount),
    sequence: codeWhole(coder, header.sequence),
    exchangeTimeUs: codeWhole(coder, header.exchangeTimeUs),
    receiveTimeUs: codeWhole(coder, header.receiveTimeUs),
    horizon: {
      bid: codeHorizon(coder, header.horizon.bid),
      ask: codeHorizon(coder, header.horizon.ask),
    },
  };
}

/** The book's position without what only the record needs. */
export function positionOf(header: ImageHeader): BookPosition {
  const { sequence, exchangeTimeUs, receiveTimeUs, scale, horizon } = header;
  return { sequence, exchangeTimeUs, receiveTimeUs, scale, horizon };
}

function codeHorizon(coder: Coder, horizon: ScaledInt | null): ScaledInt | null {
  return codeFlag(coder, horizon !== null) ? codeScaled(coder, horizon ?? 0) : null;
}
