/**
 * The whole of a post-mortem: recorded decisions are made again from the archive, full books are searched for
 * what was missed, the recorded future says what would have come of each. It reads and never writes, but for the
 * tops that it keeps.
 */

import { UnknownSecurityError } from '../../logger/errors.ts';
import type { FeeTable } from '../fees/fee-table.ts';
import type { VenueImage } from '../market/events.ts';
import type { Venue } from '../market/venue.ts';
import type {
  DecisionRecord,
  OpportunityRecord,
  RecordStore,
  RecordedLeg,
  RunRecord,
} from '../records/records.ts';
import type { DecisionInputs } from '../strategy/arbitrage/question.ts';
import type { ArbitrageSettings } from '../strategy/arbitrage/settings.ts';
import { bookedOf } from './booked.ts';
import { askLater, breakEvenFeeOf, reported, runLater, withLater } from './later/examine.ts';
import type { Asked, Decided, WithLater } from './later/examine.ts';
import { loadRecords } from './load-records.ts';
import type { Loaded } from './load-records.ts';
import type { PastVenues, Span } from './past-venues.ts';
import { priceDifferences } from './price-differences.ts';
import { Comparison, legBook, madeAgain } from './recompute.ts';
import type { Books, DecidedUnder } from './recompute.ts';
import type { PostMortem } from './report.ts';
import { scan } from './scan.ts';
import type { DaySearch } from './scan.ts';
import { searchDay } from './search-day.ts';
import type { TopsSource } from './tops/tops-cache.ts';
import { totalsOf } from './totals.ts';
import { VenueIndex } from './venue-index.ts';

/** So much is searched in about the time that threads take to start. */
const SHORT_US = 3_600_000_000;

export type Stage = 'decisions' | 'search' | 'later books';

export interface PostMortemDeps {
  readonly past: PastVenues;
  readonly store: RecordStore;
  readonly tops: TopsSource;
  /** For what takes longer than threads take to start. */
  readonly threads?: DaySearch;
  readonly onProgress: (stage: Stage, done: number, total: number) => void;
}

export interface PostMortemOptions {
  readonly strategy: string;
  readonly fromUs: number | null;
  readonly toUs: number | null;
  /** Another table than that of the live run; null: that one. */
  readonly other: { readonly id: string; readonly table: FeeTable } | null;
  /** Where to look for what was missed, besides the venues of recorded decisions. */
  readonly venues: readonly Venue[];
}

/** @returns null: the strategy has left no record. */
export async function postMortem(
  deps: PostMortemDeps,
  options: PostMortemOptions,
): Promise<PostMortem | null> {
  const { store, past, tops, onProgress } = deps;
  const records = await loadRecords(store, options);
  if (records === null) return null;
  const index = new VenueIndex(options.venues);
  for (const { evaluation, inputs } of records.decisions) index.add(evaluation, inputs);
  const span = await spanOf(past, records, options, index.all());
  const lastRun = records.runs.at(-1) as RunRecord;
  const table = options.other?.table ?? records.tableOf(lastRun);
  const settings = lastRun.settings as unknown as ArbitrageSettings;

  const comparison = new Comparison();
  const recorded: (readonly [Decided, Asked])[] = [];
  let done = 0;
  for (const opportunity of records.opportunities) {
    for (const record of records.decisionsOf(opportunity)) {
      const decided = await decidedOf(deps, options, {
        opportunity,
        record,
        index,
        comparison,
        under: records.underOf(record),
      });
      if (decided !== null) recorded.push(decided);
    }
    onProgress('decisions', ++done, records.opportunities.length);
  }
  const asked = recorded.map(([, one]) => one);
  await runLater(past, asked, (at) => onProgress('later books', at, asked.length));
  const all: WithLater[] = [];
  for (const [decided, one] of recorded) all.push(await withLater(past, decided, one));
  const found = await scan(
    daySearch(deps, span),
    { ...span, strategy: options.strategy, table, settings, venues: index.all() },
    (at, total) => onProgress('search', at, total),
  );
  all.push(...found.filter(({ opportunity }) => !records.overlaps(opportunity)));
  const booked = await bookedOf(store, options.strategy, records.decisions);
  const opportunities = all
    .sort(byTime)
    .map((one) => reported(one, booked.get(`${one.opportunity.id}/1`) ?? null));
  return {
    strategy: options.strategy,
    ...span,
    feeTable: {
      id: options.other?.id ?? lastRun.feeTable,
      isRecorded: options.other === null || options.other.id === lastRun.feeTable,
    },
    venues: index.all().map(({ name, security }) => ({ name, security })),
    notSearched: notSearched(records, index),
    recomputation: comparison.result(),
    totals: totalsOf(opportunities),
    opportunities,
    priceDifferences: await priceDifferences(tops, opportunities, (venue, security) =>
      index.of(venue, security),
    ),
  };
}

function daySearch({ past, tops, threads }: PostMortemDeps, { fromUs, toUs }: Span): DaySearch {
  if (threads !== undefined && toUs - fromUs > SHORT_US) return threads;
  return { width: 1, search: (options, day) => searchDay({ past, tops }, options, day) };
}

function byTime({ opportunity: a }: WithLater, { opportunity: b }: WithLater): number {
  return a.fromUs - b.fromUs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

interface RecordedDecision {
  readonly opportunity: OpportunityRecord;
  readonly record: DecisionRecord;
  readonly index: VenueIndex;
  readonly comparison: Comparison;
  readonly under: DecidedUnder | null;
}

/** null: it is not the first of its opportunity. */
async function decidedOf(
  { past }: PostMortemDeps,
  { other }: PostMortemOptions,
  { opportunity, record, index, comparison, under }: RecordedDecision,
): Promise<readonly [Decided, Asked] | null> {
  const { evaluation } = record;
  const venues = index.ofLegs(evaluation);
  const images: Books = {
    buy: await imageOf(past, venues.buy, evaluation.buy),
    sell: await imageOf(past, venues.sell, evaluation.sell),
  };
  const again = under && madeAgain(record, images, under);
  if (under === null) comparison.skip('its run or table of fees is not in the store');
  else if (again === null) comparison.skip('the archive does not lead to its books any more');
  else comparison.compare(record, again);
  if (under === null || !record.id.endsWith('/1')) return null;

  const settings = under.run.settings as unknown as ArbitrageSettings;
  const table = other?.table ?? under.table;
  const underOther = other && madeAgain(record, images, { ...under, table });
  const { buy, sell } = images;
  const inputs = record.inputs as unknown as DecisionInputs;
  const books =
    buy && sell
      ? { buy: legBook(evaluation.buy, buy), sell: legBook(evaluation.sell, sell) }
      : null;
  const { verdict, reasons, evaluation: made } = underOther ?? record;
  const { direction, taken: alreadyTaken } = inputs;
  const decided = { evaluation: made, direction, alreadyTaken };
  const breakEvenFee = breakEvenFeeOf(decided, books, table, settings);
  const asked = askLater(decided, venues, table, settings);
  return [{ ...decided, opportunity, verdict, reasons, breakEvenFee }, asked];
}

/** null: the archive does not lead to it, or has nothing of that security. */
async function imageOf(
  past: PastVenues,
  venue: Venue,
  { point }: RecordedLeg,
): Promise<VenueImage | null> {
  try {
    return await past.bookAtPoint(venue, point);
  } catch (error) {
    if (error instanceof UnknownSecurityError) return null;
    throw error;
  }
}

/** How sizes are cut, for one, is known of a venue by its decisions alone. */
function notSearched({ runs }: Loaded, index: VenueIndex): PostMortem['notSearched'] {
  const all = runs.flatMap(({ venues }) => venues).filter((venue) => !index.has(venue));
  const bySecurity = new Map(
    all.map(({ name, security }) => [`${name} ${security}`, { name, security }]),
  );
  return [...bySecurity.values()];
}

/** From the first run on, as long as anything is known. */
async function spanOf(
  past: PastVenues,
  records: Loaded,
  { fromUs, toUs }: PostMortemOptions,
  venues: readonly Venue[],
): Promise<Span> {
  let endUs = records.lastUs;
  for (const venue of venues) endUs = Math.max(endUs, await past.endUs(venue));
  const from = fromUs ?? records.firstUs;
  return { fromUs: from, toUs: Math.max(from + 1, toUs ?? endUs) };
}
