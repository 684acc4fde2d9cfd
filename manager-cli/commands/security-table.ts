/** The table of securities that list, health and watch print. */

import type { SecurityRow } from '../answers.ts';
import { age, bytes, grouped, known, rate } from '../format.ts';
import { type Paint, plain, stateColour } from '../style.ts';
import { type Cell, type Column, renderTable } from '../table.ts';

export const NOTHING_RECORDED =
  'Nothing is recorded; start with: orderbook-manager add binance:BTCUSDT';

interface SecurityColumn extends Column {
  /** What a narrow terminal goes without first has the highest number. */
  readonly dropped?: number;
}

const COLUMNS: readonly SecurityColumn[] = [
  { title: 'SECURITY' },
  { title: 'STATE' },
  { title: 'FEED', dropped: 2 },
  { title: 'BID', align: 'right' },
  { title: 'ASK', align: 'right' },
  { title: 'SEQUENCE', align: 'right', dropped: 3 },
  { title: 'AGE', align: 'right' },
  { title: 'MSG/S', align: 'right' },
  { title: 'GAPS', align: 'right' },
  { title: 'LAST IMAGE', dropped: 4 },
  { title: 'STORED', align: 'right', dropped: 1 },
];

/** A time to the second, as in a list one reads across. */
function shortTime(time: string | null): string {
  return time === null ? known(null) : time.replace(/\.\d+Z$/, 'Z').replace('T', ' ');
}

/** @param width of the terminal, where lines that are longer are cut off; else all is shown. */
export function securityTable(
  securities: readonly SecurityRow[],
  paint: Paint,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const rows = securities.map((row) => [
    row.security,
    { text: row.state, colour: stateColour(row.state) },
    `${row.level} ${row.feed}`,
    row.bestBid === null ? known(null) : grouped(row.bestBid),
    row.bestAsk === null ? known(null) : grouped(row.bestAsk),
    known(row.sequence),
    age(row.lastMessageAge),
    rate(row.messageRate),
    row.gaps === 0 ? '0' : { text: grouped(row.gaps), colour: 'yellow' as const },
    shortTime(row.lastBaseImage),
    bytes(row.storedBytes),
  ]);
  const notes = securities
    .filter((row) => row.message !== null && row.state !== 'live')
    .map((row) => paint('dim', `${row.security}: ${row.message}`));
  const { columns, cells } = fitting(rows, width);
  return [...renderTable(columns, cells, paint), ...notes];
}

type Row = readonly (string | Cell)[];
/** From this number on columns are dropped: from none to all that may be. */
const ALL = Math.max(...COLUMNS.map(({ dropped = 0 }) => dropped)) + 1;

/** As many columns as fit; what one watches for (state, prices, age, rate, gaps) stays longest. */
function fitting(
  rows: readonly Row[],
  width: number,
): { readonly columns: readonly Column[]; readonly cells: readonly Row[] } {
  for (let from = ALL; ; from--) {
    const isKept = COLUMNS.map(({ dropped = 0 }) => dropped < from);
    const columns = COLUMNS.filter((_, index) => isKept[index]);
    const cells = rows.map((row) => row.filter((_, index) => isKept[index]));
    const widest = Math.max(...renderTable(columns, cells, plain).map((line) => line.length));
    if (widest <= width || from === 1) return { columns, cells };
  }
}
