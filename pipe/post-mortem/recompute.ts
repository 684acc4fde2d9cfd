/** Makes recorded decisions again from the archive and compares every digit. */

import type { FeeTable } from '../fees/fee-table.ts';
import type { VenueImage } from '../market/events.ts';
import type { DecisionRecord, RecordedLeg, RunRecord } from '../records/records.ts';
import { TwoSidedBook } from '../../logger/book/two-sided-book.ts';
import { decideAgain } from '../strategy/arbitrage/decide.ts';
import type { Decision } from '../strategy/arbitrage/decide.ts';
import { decideSaleAgain, isSale } from '../strategy/arbitrage/sale.ts';
import type { LegBook } from '../strategy/arbitrage/plan.ts';
import type { ArbitrageSettings } from '../strategy/arbitrage/settings.ts';
import type { Difference, Recomputation } from './report.ts';

/** Enough to see what is wrong. */
const MAX_DIFFERENCES = 20;
const SHOWN_CHARACTERS = 200;

/** Under what a decision was made. */
export interface DecidedUnder {
  readonly run: RunRecord;
  readonly table: FeeTable;
}

/** To buy and to sell, or to sell what has arrived. */
export type MadeAgain = Pick<Decision, 'verdict' | 'reasons' | 'evaluation'> & {
  readonly inputs: object;
  readonly expected: object;
};

export type Books = Readonly<Record<'buy' | 'sell', VenueImage | null>>;

/** The book of an image, as a decision takes it. */
export function legBook(leg: RecordedLeg, image: VenueImage): LegBook {
  return { ...leg, book: TwoSidedBook.fromImage(image), horizon: image.horizon };
}

/** @returns null: its books can't be rebuilt. */
export function madeAgain(
  record: DecisionRecord,
  { buy, sell }: Books,
  { run, table }: DecidedUnder,
): MadeAgain | null {
  const { evaluation } = record;
  const settings = run.settings as unknown as ArbitrageSettings;
  if (sell === null) return null;
  const sellBook = legBook(evaluation.sell, sell);
  if (isSale(record)) return decideSaleAgain(record, sellBook, table, settings);
  if (buy === null) return null;
  const books = { buy: legBook(evaluation.buy, buy), sell: sellBook };
  return decideAgain(record, books, table, settings);
}

export class Comparison {
  readonly #differences: Difference[] = [];
  readonly #skipped = new Map<string, number>();
  #decisions = 0;
  #equal = 0;
  #different = 0;

  /** What the archive makes of a recorded decision. */
  compare(record: DecisionRecord, again: MadeAgain): void {
    this.#decisions++;
    const { verdict, reasons, evaluation, inputs, expected } = again;
    const found = differencesOf(record.id, record, {
      verdict,
      reasons,
      evaluation,
      inputs,
      expected,
    });
    if (found.length === 0) {
      this.#equal++;
      return;
    }
    this.#different++;
    const left = MAX_DIFFERENCES - this.#differences.length;
    this.#differences.push(...found.slice(0, Math.max(0, left)));
  }

  /** It can't be made again. */
  skip(reason: string): void {
    this.#decisions++;
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
  }

  result(): Recomputation {
    return {
      decisions: this.#decisions,
      equal: this.#equal,
      different: this.#different,
      skipped: [...this.#skipped]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([reason, decisions]) => ({ reason, decisions })),
      differences: this.#differences,
    };
  }
}

function differencesOf(decision: string, record: DecisionRecord, again: MadeAgain): Difference[] {
  const [recorded, recomputed] = [fieldsOf(record, again), fieldsOf(again, again)];
  const fields = new Set([...recorded.keys(), ...recomputed.keys()]);
  return [...fields].sort().flatMap((field) => {
    const [before, now] = [recorded.get(field) ?? 'nothing', recomputed.get(field) ?? 'nothing'];
    if (before === now) return [];
    return { decision, field, recorded: shown(before), recomputed: shown(now) };
  });
}

function shown(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** Every leaf of those fields that `wanted` has, by its path. */
function fieldsOf(value: object, wanted: object): Map<string, string> {
  const leaves = new Map<string, string>();
  const add = (path: string, part: unknown): void => {
    if (typeof part !== 'object' || part === null) {
      leaves.set(path, JSON.stringify(part) ?? 'nothing');
      return;
    }
    const entries = Object.entries(part);
    if (entries.length === 0) leaves.set(path, Array.isArray(part) ? '[]' : '{}');
    for (const [name, inner] of entries) add(path === '' ? name : `${path}.${name}`, inner);
  };
  for (const name of Object.keys(wanted)) add(name, (value as Record<string, unknown>)[name]);
  return leaves;
}
