/** Maps candles to MongoDB documents, which can be read in a Mongo shell, and back. */

import { Long } from 'mongodb';
import type { Document } from 'mongodb';
import { RecordCorruptError, assertInvariant } from '../../errors.ts';
import type { CandleState } from '../../candles/candle.ts';
import type { GapCause } from '../../market/coverage.ts';
import { formatScaled, toScaled } from '../../market/decimal.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import type { TradeId } from '../../market/events.ts';
import type { CandleEntry, CandleSeries, KeptCandle } from '../candle-store.ts';
import type { StoredDocument } from './connection.ts';
import { dateOf, securityFields } from './documents.ts';

/** Of a time in microseconds, so that ids sort. */
const TIME_DIGITS = 16;

export function candleId({ security, timeframe, source }: CandleSeries, fromUs: number): string {
  return `${security}/${timeframe}/${String(fromUs).padStart(TIME_DIGITS, '0')}/${source}`;
}

/** Prices and sizes are text, exactly as the CLI shows them. */
export function candleDocument(entry: CandleEntry): StoredDocument {
  const { security, timeframe, source, fromUs, toUs } = entry;
  const place = {
    _id: candleId(entry, fromUs),
    ...securityFields(security),
    timeframe,
    source,
    from: dateOf(fromUs),
    to: dateOf(toUs),
    fromUs: Long.fromNumber(fromUs),
    toUs: Long.fromNumber(toUs),
  };
  if (entry.type === 'gap') return { ...place, state: 'gap', cause: entry.cause };
  const { priceExponent, sizeExponent } = entry.scale;
  const price = (value: ScaledInt | null): string | null => text(value, priceExponent);
  const size = (value: ScaledInt | null): string | null => text(value, sizeExponent);
  return {
    ...place,
    state: entry.state,
    open: price(entry.open),
    high: price(entry.high),
    low: price(entry.low),
    close: price(entry.close),
    volume: size(entry.volume),
    quoteVolume: text(entry.quoteVolume, priceExponent + sizeExponent),
    buyVolume: size(entry.buyVolume),
    trades: entry.trades,
    firstTradeId: storedId(entry.firstTradeId),
    lastTradeId: storedId(entry.lastTradeId),
    priceScale: priceExponent,
    sizeScale: sizeExponent,
    missing: entry.missing.map((part) => ({
      from: dateOf(part.fromUs),
      to: dateOf(part.toUs),
      fromUs: Long.fromNumber(part.fromUs),
      toUs: Long.fromNumber(part.toUs),
      cause: part.cause,
    })),
  };
}

/** @throws RecordCorruptError if the document is not what `candleDocument` makes. */
export function candleOf(document: Document): CandleEntry {
  try {
    return entryOf(document);
  } catch (error) {
    throw new RecordCorruptError(`The document ${String(document['_id'])} is damaged`, {
      context: { record: String(document['_id']) },
      cause: error,
    });
  }
}

function entryOf(document: Document): CandleEntry {
  const place = {
    security: String(document['security']),
    timeframe: document['timeframe'] as KeptCandle['timeframe'],
    source: document['source'] as KeptCandle['source'],
    fromUs: Number(document['fromUs']),
    toUs: Number(document['toUs']),
  };
  if (document['state'] === 'gap') {
    return { type: 'gap', ...place, cause: document['cause'] as GapCause };
  }
  const scale = {
    priceExponent: Number(document['priceScale']),
    sizeExponent: Number(document['sizeScale']),
  };
  const value = (name: string, exponent: number): ScaledInt | null => {
    const stored = document[name] as string | null;
    return stored === null ? null : scaledOf(stored, exponent);
  };
  const price = (name: string): ScaledInt | null => value(name, scale.priceExponent);
  const id = (name: string): TradeId | null => document[name] as TradeId | null;
  const missing = document['missing'] as readonly Document[];
  return {
    type: 'candle',
    ...place,
    state: document['state'] as CandleState,
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close: price('close'),
    volume: value('volume', scale.sizeExponent)!,
    quoteVolume: value('quoteVolume', scale.priceExponent + scale.sizeExponent),
    buyVolume: value('buyVolume', scale.sizeExponent),
    trades: document['trades'] as number | null,
    firstTradeId: id('firstTradeId'),
    lastTradeId: id('lastTradeId'),
    scale,
    missing: missing.map((part) => ({
      fromUs: Number(part['fromUs']),
      toUs: Number(part['toUs']),
      cause: part['cause'] as GapCause,
    })),
  };
}

/** A sum has more digits than any exchange sends. */
function scaledOf(decimal: string, exponent: number): ScaledInt {
  const [integer = '', fraction = ''] = decimal.split('.');
  assertInvariant(fraction.length <= exponent, 'A candle has no more decimals than its scale');
  return toScaled(BigInt(integer + fraction.padEnd(exponent, '0')));
}

function text(value: ScaledInt | null, exponent: number): string | null {
  return value === null ? null : formatScaled(value, exponent);
}

function storedId(id: TradeId | null): Long | string | null {
  return typeof id === 'number' ? Long.fromNumber(id) : id;
}
