/** Results of queries → messages of the manager port, and back. */

import type {
  BadReceiveTime__Output,
  BookHead,
  BookHead__Output,
  BookLevels,
  BookLevels__Output,
  CoverageResponse,
  CoverageResponse__Output,
  Gap,
  Gap__Output,
  Interval,
  Interval__Output,
  NoBook,
  NoBook__Output,
  PriceLevel,
  PriceLevel__Output,
  VerifyProgress as VerifyProgressMessage,
  VerifyProgress__Output,
  ExportPart,
  ExportPart__Output,
} from './types.ts';
import type {
  BadReceiveTimeResult,
  BookResult,
  BookRow,
  CoverageResult,
  ExportGap,
  ExportPart as ExportPartResult,
  GapResult,
  IntervalResult,
  NoBookResult,
  VerifyProgress,
} from '../queries/results.ts';
import { CLOCK, GAP_CAUSE, LEVEL, MISSING_KIND, PROOF, RECEIVE_TIME_CAUSE } from './enums.ts';
import { message } from './fields.ts';

export function bookHeadMessage(book: BookResult): BookHead {
  return message<BookHead>({
    security: book.security,
    level: LEVEL.toValue(book.level),
    at: book.at,
    clock: CLOCK.toValue(book.clock),
    sequence: book.sequence,
    exchangeTime: book.exchangeTime,
    receiveTime: book.receiveTime,
    proof: PROOF.toValue(book.proof),
    windowed: book.windowed === true,
    horizonBid: book.horizon.bid,
    horizonAsk: book.horizon.ask,
    bidCount: book.bids.length,
    askCount: book.asks.length,
  });
}

/** A book from its head and the rows of all parts. */
export function bookResult(
  head: BookHead__Output,
  bids: readonly BookRow[],
  asks: readonly BookRow[],
): BookResult {
  return {
    security: head.security,
    level: LEVEL.toWord(head.level),
    at: head.at,
    clock: CLOCK.toWord(head.clock),
    sequence: head.sequence ?? null,
    exchangeTime: head.exchangeTime,
    receiveTime: head.receiveTime,
    state: 'proven',
    proof: PROOF.toWord(head.proof),
    ...(head.windowed && { windowed: true }),
    horizon: { bid: head.horizonBid ?? null, ask: head.horizonAsk ?? null },
    bids,
    asks,
  };
}

export function bookLevelsMessage(side: 'bids' | 'asks', rows: readonly BookRow[]): BookLevels {
  return { [side]: rows.map(priceLevelMessage) };
}

function priceLevelMessage([price, size, third]: BookRow): PriceLevel {
  return message<PriceLevel>({
    price,
    size,
    orderCount: typeof third === 'number' ? third : null,
    orderId: typeof third === 'string' ? third : null,
  });
}

export function bookRows(levels: BookLevels__Output, side: 'bids' | 'asks'): BookRow[] {
  return levels[side].map(bookRow);
}

function bookRow({ price, size, orderCount, orderId }: PriceLevel__Output): BookRow {
  if (orderId !== undefined) return [price, size, orderId];
  return orderCount === undefined ? [price, size] : [price, size, orderCount];
}

export function noBookMessage({ security, gap }: NoBookResult): NoBook {
  return message<NoBook>({
    security,
    from: gap.from,
    to: gap.to,
    cause: GAP_CAUSE.toValue(gap.cause),
  });
}

export function noBookResult({ security, from, to, cause }: NoBook__Output): NoBookResult {
  return {
    security,
    state: 'gap',
    gap: { from, to: to ?? null, cause: GAP_CAUSE.toWord(cause) },
  };
}

function gapMessage(gap: GapResult): Gap {
  return message<Gap>({
    ...gap,
    cause: GAP_CAUSE.toValue(gap.cause),
    missing: 'MISSING_KIND_UNSPECIFIED',
  });
}

function gapResult(gap: Gap__Output): GapResult {
  return {
    from: gap.from,
    to: gap.to ?? null,
    cause: GAP_CAUSE.toWord(gap.cause),
    firstMissing: gap.firstMissing ?? null,
    lastMissing: gap.lastMissing ?? null,
  };
}

export function exportGapMessage(gap: ExportGap): Gap {
  return { ...gapMessage(gap), missing: MISSING_KIND.toValue(gap.missing) };
}

export function exportPartMessage(part: ExportPartResult): ExportPart {
  if ('gap' in part) return { gap: exportGapMessage(part.gap) };
  if ('bytes' in part) return { lines: part.bytes };
  const { priceExponent, sizeExponent } = part.scale;
  return { scale: { price: priceExponent, size: sizeExponent } };
}

/** undefined: of a kind that this version does not know. */
export function exportPart(part: ExportPart__Output): ExportPartResult | undefined {
  if (part.gap) return { gap: exportGap(part.gap) };
  if (part.lines instanceof Uint8Array) return { bytes: part.lines };
  if (!part.scale) return undefined;
  return { scale: { priceExponent: part.scale.price, sizeExponent: part.scale.size } };
}

export function exportGap(gap: Gap__Output): ExportGap {
  return { ...gapResult(gap), missing: MISSING_KIND.find(gap.missing) ?? 'sequence' };
}

export function coverageMessage(coverage: CoverageResult): CoverageResponse {
  return message<CoverageResponse>({
    security: coverage.security,
    intervals: coverage.intervals.map(intervalMessage),
    gaps: coverage.gaps.map(gapMessage),
    badReceiveTimes: coverage.badReceiveTimes.map((bad) => ({
      ...bad,
      cause: RECEIVE_TIME_CAUSE.toValue(bad.cause),
    })),
  });
}

export function coverageResult(coverage: CoverageResponse__Output): CoverageResult {
  return {
    security: coverage.security,
    intervals: coverage.intervals.map(intervalResult),
    gaps: coverage.gaps.map(gapResult),
    badReceiveTimes: coverage.badReceiveTimes.map(badReceiveTimeResult),
  };
}

function badReceiveTimeResult({ from, to, cause }: BadReceiveTime__Output): BadReceiveTimeResult {
  return { from, to, cause: RECEIVE_TIME_CAUSE.toWord(cause) };
}

function intervalMessage(interval: IntervalResult): Interval {
  return message<Interval>({ ...interval, proof: PROOF.toValue(interval.proof) });
}

function intervalResult(interval: Interval__Output): IntervalResult {
  return {
    from: interval.from,
    to: interval.to,
    firstSequence: interval.firstSequence ?? null,
    lastSequence: interval.lastSequence ?? null,
    feed: interval.feed,
    proof: PROOF.toWord(interval.proof),
  };
}

export function verifyProgressMessage(progress: VerifyProgress): VerifyProgressMessage {
  return message<VerifyProgressMessage>(progress);
}

export function verifyProgress(progress: VerifyProgress__Output): VerifyProgress {
  return {
    security: progress.security,
    records: Number(progress.records),
    problems: Number(progress.problems),
    total: progress.total === undefined ? null : Number(progress.total),
  };
}
