/**
 * What stores have in common: the id, the time and the stored text of each record, and what may be written
 * over what. Pure.
 */

import {
  ConflictError,
  DuplicateRecordError,
  InvalidArgumentError,
  RecordCorruptError,
  describeError,
} from '../../logger/errors.ts';
import { canonicalJson } from '../market/plain-json.ts';
import type {
  DecisionRecord,
  LedgerEntry,
  OpportunityRecord,
  RecordStore,
  ResultRecord,
  RunRecord,
  StoredFeeTable,
} from './records.ts';

/** Tables, or collections. */
export interface RecordOf {
  readonly runs: RunRecord;
  readonly fee_tables: StoredFeeTable;
  readonly opportunities: OpportunityRecord;
  readonly decisions: DecisionRecord;
  readonly paper_ledger: LedgerEntry;
  readonly results: ResultRecord;
}

export type RecordKind = keyof RecordOf;

export const RECORD_KINDS: readonly RecordKind[] = [
  'runs',
  'fee_tables',
  'opportunities',
  'decisions',
  'paper_ledger',
  'results',
];

/** A record as it is stored. */
export interface StoredText {
  readonly kind: RecordKind;
  readonly id: string;
  /** Whose it is; empty: of all. */
  readonly strategy: string;
  /** Its place in the order of reading: a time, or the number of an entry. */
  readonly order: number;
  /** Canonical JSON. */
  readonly text: string;
}

/** Far below what a key of LMDB may be. */
const MAX_ID_BYTES = 400;

type MadeBy = { readonly [Kind in RecordKind]: (record: RecordOf[Kind]) => Place };
type Place = Pick<StoredText, 'id' | 'strategy' | 'order'>;

const PLACES: MadeBy = {
  runs: ({ id, strategy, startedUs }) => ({ id, strategy, order: startedUs }),
  fee_tables: ({ id }) => ({ id, strategy: '', order: 0 }),
  opportunities: ({ id, strategy, fromUs }) => ({ id, strategy, order: fromUs }),
  decisions: ({ id, strategy, atUs }) => ({ id, strategy, order: atUs }),
  paper_ledger: ({ strategy, number }) => {
    return { id: ledgerId(strategy, number), strategy, order: number };
  },
  results: ({ decision, strategy, atUs }) => ({ id: decision, strategy, order: atUs }),
};

export function ledgerId(strategy: string, number: number): string {
  return `${strategy}/${String(number).padStart(16, '0')}`;
}

/** @throws InvalidArgumentError for a record that can't be stored. */
export function storedText<Kind extends RecordKind>(
  kind: Kind,
  record: RecordOf[Kind],
): StoredText {
  const { id, strategy, order } = PLACES[kind](record);
  if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > MAX_ID_BYTES) {
    throw new InvalidArgumentError(
      `${kind}: an id must have 1 to ${MAX_ID_BYTES} bytes: ${JSON.stringify(id)}`,
    );
  }
  const least = kind === 'paper_ledger' ? 1 : 0;
  if (!Number.isSafeInteger(order) || order < least) {
    throw new InvalidArgumentError(`${kind}: ${id}: its time or number is not valid: ${order}`);
  }
  return { kind, id, strategy, order, text: canonicalJson(record, id) };
}

/** In the order in which they are written. @throws as `storedText` */
export function batchTexts({
  opportunities = [],
  decisions = [],
  ledger = [],
  results = [],
}: Parameters<RecordStore['put']>[0]): StoredText[] {
  return [
    ...opportunities.map((record) => storedText('opportunities', record)),
    ...decisions.map((record) => storedText('decisions', record)),
    ...ledger.map((record) => storedText('paper_ledger', record)),
    ...results.map((record) => storedText('results', record)),
  ];
}

/** @throws RecordCorruptError */
export function recordOf<Kind extends RecordKind>(
  kind: Kind,
  id: string,
  text: string,
): RecordOf[Kind] {
  try {
    return JSON.parse(text) as RecordOf[Kind];
  } catch (error) {
    throw new RecordCorruptError(`${kind}: ${id} is damaged: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/**
 * What to do with a record whose id is already there. An opportunity that runs may become one that lasted
 * longer; everything else stays as it was written.
 * @throws DuplicateRecordError for different content.
 */
export function overStored(stored: string, next: StoredText): 'keep' | 'replace' {
  if (stored === next.text) return 'keep';
  if (next.kind === 'opportunities') {
    const [was, is] = [stored, next.text].map((text) => recordOf('opportunities', next.id, text));
    if (was !== undefined && is !== undefined && isSameBeginning(was, is)) {
      if (was.end === 'running' && is.toUs >= was.toUs) return 'replace';
      // Written again after what came later.
      if (is.end === 'running' && is.toUs <= was.toUs) return 'keep';
    }
  }
  throw new DuplicateRecordError(`${next.kind}: ${next.id} is already stored with other content`, {
    context: { kind: next.kind, id: next.id },
  });
}

/** @throws ConflictError for an entry that leaves a number out. @param last that of the last one; 0: none. */
export function assertNextNumber({ id, strategy, order }: StoredText, last: number): void {
  if (order <= last + 1) return;
  throw new ConflictError(
    `paper_ledger: ${id} leaves a gap: the last entry of ${strategy} is number ${last}`,
  );
}

function isSameBeginning(a: OpportunityRecord, b: OpportunityRecord): boolean {
  return a.fromUs === b.fromUs && canonicalJson(a.first) === canonicalJson(b.first);
}
