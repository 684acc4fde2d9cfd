/** The documents of records in MongoDB: the record as text, exactly, and beside it what people look for. Pure. */

import type { Document } from 'mongodb';
import { recordOf } from './stored-records.ts';
import type { RecordKind, RecordOf, StoredText } from './stored-records.ts';

export interface RecordDocument extends Document {
  _id: string;
  strategy: string;
  /** A time, or the number of an entry. */
  order: number;
  /** Canonical JSON. */
  record: string;
}

type Summaries = { readonly [Kind in RecordKind]: (record: RecordOf[Kind]) => Document };

const SUMMARIES: Summaries = {
  runs: ({ feeTable }) => ({ fee_table: feeTable }),
  fee_tables: () => ({}),
  opportunities: ({ pair, buy, sell, toUs, end, best }) => {
    return { pair, buy, sell, to_us: toUs, end, profit: best.profit, bps: best.bps };
  },
  decisions: ({ opportunity, pair, verdict, reasons }) => {
    return { opportunity, pair, verdict, reasons: reasons.map(({ reason }) => reason) };
  },
  paper_ledger: ({ atUs, venue, coin, kind, amount, balance }) => {
    return { at_us: atUs, venue, coin, kind, amount, balance };
  },
  results: ({ pair, quote, result }) => ({ pair, quote, result }),
};

export function documentOf({ kind, id, strategy, order, text }: StoredText): RecordDocument {
  return { _id: id, strategy, order, ...summaryOf(kind, id, text), record: text };
}

function summaryOf(kind: RecordKind, id: string, text: string): Document {
  // The compiler does not see that kind and record belong together.
  const summary = SUMMARIES[kind] as (record: unknown) => Document;
  return summary(recordOf(kind, id, text));
}
