/** Candles as rows of the embedded archive's table: a list, as there are very many of them. */

import { RecordCorruptError } from '../../errors.ts';
import type { CandleState } from '../../candles/candle.ts';
import type { GapCause } from '../../market/coverage.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import type { TradeId } from '../../market/events.ts';
import type { CandleEntry, CandleSeries } from '../candle-store.ts';
import { decodeJson, encodeJson } from '../sealed-json.ts';

/** A number, or where it is too large for one the text of a bigint. */
type StoredInt = number | string;
type StoredMissing = readonly [fromUs: number, lengthUs: number, cause: GapCause];

type StoredGap = readonly [lengthUs: number, state: 'gap', cause: GapCause];
type StoredCandle = readonly [
  lengthUs: number,
  state: CandleState,
  open: StoredInt | null,
  high: StoredInt | null,
  low: StoredInt | null,
  close: StoredInt | null,
  volume: StoredInt,
  quoteVolume: StoredInt | null,
  buyVolume: StoredInt | null,
  trades: number | null,
  firstTradeId: TradeId | null,
  lastTradeId: TradeId | null,
  priceExponent: number,
  sizeExponent: number,
  missing: readonly StoredMissing[],
];

export function encodeEntry(entry: CandleEntry): Uint8Array {
  const lengthUs = entry.toUs - entry.fromUs;
  if (entry.type === 'gap') {
    return encodeJson([lengthUs, 'gap', entry.cause] satisfies StoredGap);
  }
  const { priceExponent, sizeExponent } = entry.scale;
  return encodeJson([
    lengthUs,
    entry.state,
    stored(entry.open),
    stored(entry.high),
    stored(entry.low),
    stored(entry.close),
    stored(entry.volume),
    stored(entry.quoteVolume),
    stored(entry.buyVolume),
    entry.trades,
    entry.firstTradeId,
    entry.lastTradeId,
    priceExponent,
    sizeExponent,
    entry.missing.map(({ fromUs, toUs, cause }): StoredMissing => [fromUs, toUs - fromUs, cause]),
  ] satisfies StoredCandle);
}

/** @throws RecordCorruptError */
export function decodeEntry(series: CandleSeries, fromUs: number, bytes: Uint8Array): CandleEntry {
  const { security, timeframe, source } = series;
  const row = decodeJson(bytes, `A candle of ${security}`) as StoredCandle | StoredGap;
  const place = { security, timeframe, source, fromUs, toUs: fromUs + row[0] };
  if (isGap(row)) return { type: 'gap', ...place, cause: row[2] };
  const [, state, open, high, low, close, volume, quoteVolume, buyVolume, trades, ...rest] = row;
  const [firstTradeId, lastTradeId, priceExponent, sizeExponent, missing] = rest;
  return {
    type: 'candle',
    ...place,
    state,
    open: restored(open),
    high: restored(high),
    low: restored(low),
    close: restored(close),
    volume: restored(volume),
    quoteVolume: restored(quoteVolume),
    buyVolume: restored(buyVolume),
    trades,
    firstTradeId,
    lastTradeId,
    scale: { priceExponent, sizeExponent },
    missing: missing.map(([us, lengthUs, cause]) => ({ fromUs: us, toUs: us + lengthUs, cause })),
  };
}

/** undefined: it is damaged. */
export function entryIn(
  series: CandleSeries,
  fromUs: number,
  bytes: Uint8Array,
): CandleEntry | undefined {
  try {
    return decodeEntry(series, fromUs, bytes);
  } catch (error) {
    if (error instanceof RecordCorruptError) return undefined;
    throw error;
  }
}

function isGap(row: StoredCandle | StoredGap): row is StoredGap {
  return row[1] === 'gap';
}

function stored<T extends ScaledInt | null>(value: T): StoredInt | Extract<T, null> {
  return (typeof value === 'bigint' ? String(value) : value) as StoredInt | Extract<T, null>;
}

function restored<T extends StoredInt | null>(value: T): ScaledInt | Extract<T, null> {
  return (typeof value === 'string' ? BigInt(value) : value) as ScaledInt | Extract<T, null>;
}
