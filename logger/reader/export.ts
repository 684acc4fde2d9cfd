/**
 * History as lines of text: JSON lines in the shapes of the contract, CSV (`csv-rows.ts`), or the CSV of
 * Tardis (`tardis-rows.ts`). Gaps come between the lines and are for the caller to tell.
 */

import { formatTimeUs } from '../market/time.ts';
import type { ReaderContext } from './context.ts';
import { csvHeader, csvRows } from '../export/csv-rows.ts';
import { DEFAULT_TARDIS_DEPTH, checkExport } from '../queries/validate.ts';
import { formatGap } from '../queries/format.ts';
import type { ExportQuery } from '../queries/queries.ts';
import type {
  DiffItem,
  ExportGap,
  ExportLine,
  GapItem,
  ImageItem,
  OrderItem,
  QuoteItem,
  SnapshotItem,
  TradeItem,
} from '../queries/results.ts';
import { snapshots } from './snapshots.ts';
import { diffs, orders, quotes, trades } from './streams.ts';
import { TardisRows } from '../export/tardis-rows.ts';

/** @throws InvalidArgumentError for a question that has no meaning. */
export async function* exportLines(
  context: ReaderContext,
  question: ExportQuery,
): AsyncGenerator<ExportLine> {
  checkExport(question);
  const { header, rows } = textOf(question);
  let isFirst = true;
  for await (const item of itemsOf(context, question)) {
    // Not before the first item: a security that is unknown has no header either.
    if (isFirst && header !== null) yield { text: header };
    isFirst = false;
    if (item.type === 'gap') yield { gap: exportGap(item) };
    else for (const text of rows(item)) yield { text };
  }
  if (isFirst && header !== null) yield { text: header };
}

type TimedItem = TradeItem | QuoteItem | ImageItem | DiffItem;
type Item = TimedItem | OrderItem | SnapshotItem;

function itemsOf(context: ReaderContext, question: ExportQuery): AsyncIterable<Item | GapItem> {
  switch (question.type) {
    case 'trades':
      return trades(context, question);
    case 'quotes':
      return quotes(context, question);
    case 'incremental':
      return diffs(context, question);
    case 'orders':
      return orders(context, question);
    case 'snapshots': {
      if (question.format !== 'tardis-csv') return snapshots(context, question);
      const { depth = DEFAULT_TARDIS_DEPTH } = question;
      return snapshots(context, { ...question, depth, level: 'L2' });
    }
  }
}

/** How items become lines; `header` is the line before the first. */
interface Text {
  readonly header: string | null;
  readonly rows: (item: Item) => Iterable<string>;
}

function textOf(question: ExportQuery): Text {
  switch (question.format) {
    case 'jsonl':
      return { header: null, rows: (item) => [JSON.stringify(jsonOf(item))] };
    case 'csv':
      return { header: csvHeader(question.type), rows: csvRows };
    case 'tardis-csv': {
      const tardis = new TardisRows(question);
      return { header: tardis.header, rows: (item) => tardis.rows(item) };
    }
  }
}

function exportGap(item: GapItem): ExportGap {
  return { ...formatGap(item), missing: item.missing };
}

function times(item: TimedItem): { exchangeTime: string; receiveTime: string } {
  return {
    exchangeTime: formatTimeUs(item.exchangeTimeUs),
    receiveTime: formatTimeUs(item.receiveTimeUs),
  };
}

function jsonOf(item: Item): unknown {
  switch (item.type) {
    case 'order':
      return item.event;
    case 'snapshot':
      return item.book;
    case 'trade':
      return {
        sequence: sequenceText(item.sequence),
        tradeId: String(item.tradeId),
        ...times(item),
        price: item.price,
        size: item.size,
        side: item.side,
      };
    case 'quote':
      return {
        sequence: sequenceText(item.sequence),
        ...times(item),
        bidPrice: item.bidPrice,
        bidSize: item.bidSize,
        askPrice: item.askPrice,
        askSize: item.askSize,
      };
    case 'image':
      return {
        firstSequence: sequenceText(item.sequence),
        sequence: sequenceText(item.sequence),
        ...times(item),
        image: true,
        horizon: item.horizon,
        bids: item.bids,
        asks: item.asks,
      };
    case 'diff':
      return {
        firstSequence: sequenceText(item.firstSequence),
        sequence: sequenceText(item.sequence),
        ...times(item),
        bids: item.bids,
        asks: item.asks,
      };
  }
}

function sequenceText(sequence: number | null): string | null {
  return sequence === null ? null : String(sequence);
}
