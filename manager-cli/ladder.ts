/**
 * The depth ladder of one book. Pure: a book and a width in, lines out. Prices descend, the spread
 * stands in the middle, and a bar beside each size shows what it is against the largest one.
 */

import type { BookResult, BookRow, NoBookResult } from '../logger/queries/results.ts';
import { aligned, difference, grouped } from './format.ts';
import type { Paint } from './style.ts';

const GAP = '  ';
/** A shorter bar says nothing, a longer one nothing more. */
const BAR_MIN = 4;
const BAR_MAX = 60;
/** Eighths of a character, from none to seven. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Lines of at most `columns` characters, unless a price and its size alone are wider. */
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
  const barColumns = Math.min(BAR_MAX, columns - used);
  // For the length of a bar alone; what is printed stays exact.
  const largest = Math.max(0, ...rows.map(([, size]) => Number(size)));
  const lines = rows.map(([, size], index) => {
    const colour = index < asks.length ? 'red' : 'green';
    const bar = barColumns < BAR_MIN ? '' : barOf(Number(size) / largest, barColumns);
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

/** How many orders stand at each price, where the book knows and the terminal has the room. */
function fittingCounts(rows: readonly BookRow[], room: number): string[] {
  const counts = rows.map(([, , third]) => (typeof third === 'number' ? grouped(third) : ''));
  const width = widest(counts);
  return width > room ? [] : counts.map((count) => count.padStart(width));
}

function barOf(share: number, columns: number): string {
  const eighths = Math.round(share * columns * 8);
  // However small it is, something is there.
  const shown = Number.isFinite(eighths) ? Math.max(1, eighths) : 0;
  return '█'.repeat(Math.floor(shown / 8)) + EIGHTHS[shown % 8];
}

function spreadText(bid: BookRow | undefined, ask: BookRow | undefined): string {
  if (bid === undefined || ask === undefined) return '—— one side is empty ——';
  const spread = difference(ask[0], bid[0]);
  // A rounded figure beside the exact one.
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

/** Why there is no ladder. */
export function noLadderText({ gap }: NoBookResult): string {
  return `no proven book since ${gap.from} (${gap.cause})`;
}
