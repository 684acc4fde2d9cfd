/**
 * The depth ladder of one book. Pure: a book and a width in, lines out. Prices descend, the spread is in
 * the middle, and a bar beside each size shows it relative to the largest.
 */

import type { BookResult, BookRow, NoBookResult } from '../logger/queries/results.ts';
import { aligned, difference, grouped } from './format.ts';
import type { Paint } from './style.ts';

const GAP = '  ';
const MIN_BAR = 4;
const MAX_BAR = 60;
/** Blocks of zero to seven eighths of a character. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Lines of at most `columns` characters, or as wide as price and size need. */
export function ladderLines(
  { asks, bids }: Pick<BookResult, 'asks' | 'bids'>,
  columns: number,
  paint: Paint,
): string[] {
  // Worst ask first, best bid after the best ask.
  const rows = [...asks.toReversed(), ...bids];
  const prices = aligned(rows.map(([price]) => price));
  const sizes = aligned(rows.map(([, size]) => size));
  const counts = fittingCounts(rows, columns - widest(prices) - widest(sizes) - 2 * GAP.length);
  const used = [prices, sizes, counts]
    .map(widest)
    .reduce((sum, width) => (width === 0 ? sum : sum + width + GAP.length), 0);
  const barColumns = Math.min(MAX_BAR, columns - used);
  // Only for the length of the bars; the printed sizes are exact.
  const largest = Math.max(0, ...rows.map(([, size]) => Number(size)));
  const lines = rows.map(([, size], index) => {
    const colour = index < asks.length ? 'red' : 'green';
    const bar = barColumns < MIN_BAR ? '' : barOf(Number(size) / largest, barColumns);
    const cells = [paint(colour, prices[index] ?? ''), sizes[index] ?? ''];
    if (widest(counts) > 0) cells.push(paint('dim', counts[index] ?? ''));
    if (bar !== '') cells.push(paint(colour, bar));
    return cells.join(GAP).trimEnd();
  });
  return [
    ...lines.slice(0, asks.length),
    paint('dim', spreadText(bids[0], asks[0]).slice(0, columns)),
    ...lines.slice(asks.length),
  ];
}

function widest(cells: readonly string[]): number {
  return Math.max(0, ...cells.map((cell) => cell.length));
}

/** Orders at each price, if the book has them and the terminal has room. */
function fittingCounts(rows: readonly BookRow[], room: number): string[] {
  const counts = rows.map(([, , third]) => (typeof third === 'number' ? grouped(third) : ''));
  const width = widest(counts);
  return width > room ? [] : counts.map((count) => count.padStart(width));
}

function barOf(share: number, columns: number): string {
  const eighths = Math.round(share * columns * 8);
  // Never empty, however small the size.
  const shown = Number.isFinite(eighths) ? Math.max(1, eighths) : 0;
  return '█'.repeat(Math.floor(shown / 8)) + EIGHTHS[shown % 8];
}

function spreadText(bid: BookRow | undefined, ask: BookRow | undefined): string {
  if (bid === undefined || ask === undefined) return '—— one side is empty ——';
  const spread = difference(ask[0], bid[0]);
  // Rounded, beside the exact spread.
  const middle = (Number(ask[0]) + Number(bid[0])) / 2;
  const points = Number(((Number(spread) / middle) * 10_000).toPrecision(2));
  return `—— spread ${grouped(spread)} (${points} bp) ——`;
}

/** The ladder on one line: the best prices in the middle, orders at a price behind a slash. */
export function ladderLine({ asks, bids }: Pick<BookResult, 'asks' | 'bids'>): string {
  const cell = ([price, size, third]: BookRow): string =>
    `${grouped(price)}×${grouped(size)}${typeof third === 'number' ? `/${third}` : ''}`;
  return `${bids.toReversed().map(cell).join(' ')} | ${asks.map(cell).join(' ')}`.trim();
}

/** Explains why there is no ladder. */
export function noLadderText({ gap }: NoBookResult): string {
  return `no proven book since ${gap.from} (${gap.cause})`;
}
