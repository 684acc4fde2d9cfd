/** The header of base images of format version 1, for L2 and L3. */

import type { ScaledInt } from '../../market/decimal.ts';
import type { BookPosition } from '../../market/events.ts';
import { ByteWriter, corrupt } from './bytes.ts';
import type { ByteReader } from './bytes.ts';
import { Grid } from './grid.ts';

export interface Grids {
  readonly price: Grid;
  readonly size: Grid;
}

/** Rows of each side. */
export interface Counts {
  readonly bids: number;
  readonly asks: number;
}

export function headerOf(image: BookPosition, grids: Grids, counts: Counts): Uint8Array {
  const header = new ByteWriter();
  header.uint(image.scale.priceExponent);
  header.uint(image.scale.sizeExponent);
  header.uint(grids.price.step);
  header.uint(grids.size.step);
  header.uint(counts.bids);
  header.uint(counts.asks);
  header.safeInteger(image.sequence);
  header.safeInteger(image.exchangeTimeUs);
  header.safeInteger(image.receiveTimeUs);
  for (const horizon of [image.horizon.bid, image.horizon.ask]) {
    header.byte(horizon === null ? 0 : 1);
    if (horizon !== null) header.scaled(horizon);
  }
  return header.bytes();
}

/**
 * @param limits the maximum that the columns can hold.
 * @throws RecordCorruptError
 */
export function readHeader(
  header: ByteReader,
  limits: Counts,
): { readonly head: BookPosition; readonly grids: Grids; readonly counts: Counts } {
  const scale = { priceExponent: header.uint(), sizeExponent: header.uint() };
  const grids = { price: Grid.read(header), size: Grid.read(header) };
  const counts = { bids: header.uint(limits.bids), asks: header.uint(limits.asks) };
  const head = {
    sequence: header.safeInteger(),
    exchangeTimeUs: header.safeInteger(),
    receiveTimeUs: header.safeInteger(),
    scale,
    horizon: { bid: readHorizon(header), ask: readHorizon(header) },
  };
  return { head, grids, counts };
}

function readHorizon(header: ByteReader): ScaledInt | null {
  const flag = header.byte();
  if (flag > 1) throw corrupt(`unknown horizon flag ${flag}`);
  return flag === 0 ? null : header.scaled();
}
