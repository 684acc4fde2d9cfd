/** The table of securities in `list`, `health` and `watch`. */

import { contractText } from '../../logger/market/contract.ts';
import type { Contract } from '../../logger/market/contract.ts';
import type { SecurityStatus } from '../../logger/status/security-status.ts';
import { age, bytes, grouped, known, rate } from '../format.ts';
import { stateColour } from '../style.ts';
import type { Paint } from '../style.ts';
import { renderTable } from '../table.ts';
import type { Column } from '../table.ts';

/** @param program as the user types it. */
export function nothingRecorded(program: string): string {
  return `Nothing is recorded; start with: ${program} add binance:BTCUSDT`;
}

const COLUMNS: readonly Column[] = [
  { title: 'SECURITY' },
  { title: 'STATE' },
  { title: 'FEED', dropOrder: 3 },
  { title: 'BID', align: 'right' },
  { title: 'ASK', align: 'right' },
  { title: 'SEQUENCE', align: 'right', dropOrder: 4 },
  { title: 'AGE', align: 'right', dropOrder: 1 },
  { title: 'MSG/S', align: 'right', dropOrder: 2 },
  { title: 'GAPS', align: 'right' },
  { title: 'LAST IMAGE', dropOrder: 6 },
  { title: 'STORED', align: 'right', dropOrder: 5 },
];
/** What `--wide` adds: never dropped. */
export const CONTRACT_COLUMN: Column = { title: 'CONTRACT' };

/** A time to the second. */
function shortTime(time: string | null): string {
  return time === null ? known(null) : time.replace(/\.\d+Z$/, 'Z').replace('T', ' ');
}

/** What a size counts, where that is not an amount of the traded asset. */
export function contractCell({ contract }: { readonly contract?: Contract }): string {
  return contract ? contractText(contract) : known(null);
}

/** @param isWide with what a size counts, and every column whatever the width. */
export function securityTable(
  securities: readonly SecurityStatus[],
  paint: Paint,
  maxWidth?: number,
  isWide = false,
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
    ...(isWide ? [contractCell(row)] : []),
  ]);
  const notes = securities
    .filter((row) => row.message !== null && row.state !== 'live')
    .map((row) => paint('dim', `${row.security}: ${row.message}`));
  const columns = isWide ? [...COLUMNS, CONTRACT_COLUMN] : COLUMNS;
  return [...renderTable(columns, rows, paint, isWide ? undefined : maxWidth), ...notes];
}
