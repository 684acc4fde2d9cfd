/**
 * JSON lines in the shapes of the contract: one object per item, decimals and sequences as text, times as
 * ISO 8601 in µs. Built as text, since none of it but ids and reasons needs escaping.
 */

import { formatScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Horizon, Levels } from '../market/events.ts';
import { formatTimeUs } from '../market/time.ts';
import type { BookRows } from '../queries/book-rows.ts';
import { formatCandle, formatFlows, formatOrderEvent, formatSequence } from '../queries/format.ts';
import type { DataItem, ImageItem, SnapshotItem, UpdateItem } from '../queries/items.ts';
import type { Encoder } from './encoder.ts';
import type { LineWriter } from './line-writer.ts';
import { LastText, decimalText, textEncoder } from './text-encoder.ts';

export function jsonlEncoder(): Encoder {
  const rows = new LastText();
  return textEncoder(null, (item, out) => {
    if (item.type === 'update' || item.type === 'image') writeLevels(item, out);
    else out.text(`${jsonOf(item, rows)}\n`);
  });
}

type LevelsItem = ImageItem | UpdateItem;

function writeLevels(item: LevelsItem, out: LineWriter): void {
  const isImage = item.type === 'image';
  const first = quoted(isImage ? item.sequence : item.firstSequence);
  out.text(`{"firstSequence":${first},"sequence":${quoted(item.sequence)},${timesJson(item)},`);
  if (isImage)
    out.text(`"image":true,${windowJson(item)}"horizon":${horizonJson(item.horizon, item.scale)},`);
  out.text('"bids":[');
  writeSide(item.bids, item.counts?.bids, item.scale, out);
  out.text('],"asks":[');
  writeSide(item.asks, item.counts?.asks, item.scale, out);
  out.text(']}\n');
}

function writeSide(
  levels: Levels,
  counts: readonly number[] | undefined,
  scale: Scale,
  out: LineWriter,
): void {
  if (counts === undefined) out.levels(levels, scale, ['["', '","', '"],']);
  else out.countedLevels(levels, counts, scale, ['["', '","', '",', '],']);
  // The last level is followed by no comma.
  if (levels.length > 0) out.drop(1);
}

function jsonOf(item: Exclude<DataItem, LevelsItem>, rows: LastText): string {
  switch (item.type) {
    case 'order':
      return JSON.stringify(formatOrderEvent(item.event, item.scale));
    case 'snapshot':
      return snapshotJson(item, rows);
    case 'candle':
      return JSON.stringify(formatCandle(item));
    case 'trade': {
      const price = formatScaled(item.price, item.scale.priceExponent);
      const size = formatScaled(item.size, item.scale.sizeExponent);
      return (
        `{"sequence":${quoted(item.sequence)},"tradeId":${idJson(item.tradeId)},${timesJson(item)},` +
        `"price":"${price}","size":"${size}","side":"${item.side}"}`
      );
    }
    case 'quote': {
      const { price, size } = decimalsOf(item.scale);
      return (
        `{"sequence":${quoted(item.sequence)},${timesJson(item)},` +
        `"bidPrice":${price(item.bidPrice)},"bidSize":${size(item.bidSize)},` +
        `"askPrice":${price(item.askPrice)},"askSize":${size(item.askSize)}}`
      );
    }
  }
}

function snapshotJson(item: SnapshotItem, rows: LastText): string {
  const { scale } = item;
  return (
    `{"security":${JSON.stringify(item.security)},"level":"${item.level}","at":"${formatTimeUs(item.atUs)}",` +
    `"clock":"${item.clock}","sequence":${quoted(formatSequence(item.sequence, item.proof))},` +
    `${timesJson(item)},"state":"proven","proof":"${item.proof}",` +
    `${windowJson(item)}"horizon":${horizonJson(item.horizon, scale)},${rows.of(item.rows, () => rowsJson(item.rows, scale))},` +
    JSON.stringify(formatFlows(item)).slice(1)
  );
}

function windowJson({ windowed }: { readonly windowed?: true | undefined }): string {
  return windowed === true ? '"windowed":true,' : '';
}

function quoted(value: string | number | null): string {
  return value === null ? 'null' : `"${value}"`;
}

function idJson(id: string | number): string {
  return typeof id === 'number' ? `"${id}"` : JSON.stringify(id);
}

function decimalsOf({ priceExponent, sizeExponent }: Scale) {
  return {
    price: (value: ScaledInt | null): string => quoted(decimalText(value, priceExponent)),
    size: (value: ScaledInt | null): string => quoted(decimalText(value, sizeExponent)),
  };
}

function timesJson(item: {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}): string {
  return `"exchangeTime":"${formatTimeUs(item.exchangeTimeUs)}","receiveTime":"${formatTimeUs(item.receiveTimeUs)}"`;
}

function horizonJson({ bid, ask }: Horizon, scale: Scale): string {
  const { price } = decimalsOf(scale);
  return `{"bid":${price(bid)},"ask":${price(ask)}}`;
}

function rowsJson(rows: BookRows, scale: Scale): string {
  if (rows.kind === 'levels') {
    const [bids, asks] = (['bids', 'asks'] as const).map((side) =>
      levelsJson(rows[side], rows.counts?.[side], scale),
    );
    return `"bids":[${bids}],"asks":[${asks}]`;
  }
  const { price, size } = decimalsOf(scale);
  const sides =
    rows.kind === 'totals'
      ? [rows.bids, rows.asks].map((totals) =>
          totals.map((row) => `[${price(row.price)},${size(row.size)},${row.count}]`),
        )
      : [rows.bids, rows.asks].map((orders) =>
          orders.map(
            (row) => `[${price(row.price)},${size(row.size)},${JSON.stringify(row.orderId)}]`,
          ),
        );
  return `"bids":[${sides[0]?.join(',')}],"asks":[${sides[1]?.join(',')}]`;
}

function levelsJson(
  levels: Levels,
  counts: readonly number[] | undefined,
  { priceExponent, sizeExponent }: Scale,
): string {
  let text = '';
  for (let i = 0; i + 1 < levels.length; i += 2) {
    const price = formatScaled(levels[i] as ScaledInt, priceExponent);
    const size = formatScaled(levels[i + 1] as ScaledInt, sizeExponent);
    const count = counts === undefined ? '' : `,${counts[i / 2]}`;
    text += `${i === 0 ? '' : ','}["${price}","${size}"${count}]`;
  }
  return text;
}
