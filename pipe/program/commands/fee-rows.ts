/** The table of fees for people. Pure. */

import type { Cell, Column } from '../../../manager-cli/table.ts';
import { MAX_AGE_DAYS, ageDays, oldestOf, originsOf } from '../../fees/age.ts';
import type { ExchangeFees, FeeTable, Network } from '../../fees/fee-table.ts';
import { transferDelayMs } from '../../fees/lookup.ts';

const ORIGIN: readonly Column[] = [{ title: 'SOURCE', dropOrder: 1 }, { title: 'READ' }];

export const TRADE_COLUMNS: readonly Column[] = [
  { title: 'EXCHANGE' },
  { title: 'TAKER', align: 'right' },
  { title: 'MAKER', align: 'right' },
  { title: 'FEE IN' },
  { title: 'LATENCY', align: 'right' },
  ...ORIGIN,
];

export const NETWORK_COLUMNS: readonly Column[] = [
  { title: 'EXCHANGE' },
  { title: 'COIN' },
  { title: 'NETWORK' },
  { title: 'WITHDRAWAL', align: 'right' },
  { title: 'SMALLEST', align: 'right' },
  { title: 'CONFIRMATIONS', align: 'right', dropOrder: 2 },
  { title: 'TRANSFER', align: 'right' },
  { title: 'OPEN' },
  ...ORIGIN,
];

type Row = readonly (string | Cell)[];

export function tradeRows({ exchanges }: FeeTable, nowUs: number): Row[] {
  return Object.entries(exchanges).map(([name, fees]) => [
    name,
    percent(fees.taker),
    percent(fees.maker),
    fees.feeIn,
    `${fees.latencyMs} ms`,
    ...originCells(fees, nowUs),
  ]);
}

export function networkRows({ exchanges }: FeeTable, nowUs: number): Row[] {
  return Object.entries(exchanges).flatMap(([name, { coins }]) =>
    Object.entries(coins).flatMap(([coin, networks]) =>
      networks.map((network) => [
        name,
        coin,
        network.name,
        withdrawal(network),
        network.withdrawMin ?? '?',
        String(network.confirmations),
        // As if the receiver asked for as many confirmations.
        duration(transferDelayMs(network, network)),
        openCell(network),
        ...originCells(network, nowUs),
      ]),
    ),
  );
}

function withdrawal({ withdrawFee, withdrawPercent }: Network): string {
  const flat = withdrawFee ?? '?';
  return withdrawPercent === '0' ? flat : `${flat} + ${percent(withdrawPercent)}`;
}

function openCell({ canDeposit, canWithdraw }: Network): string | Cell {
  if (canDeposit && canWithdraw) return 'yes';
  const text = canWithdraw ? 'withdrawals' : canDeposit ? 'deposits' : 'no';
  return { text, colour: 'yellow' };
}

function originCells(entry: ExchangeFees | Network, nowUs: number): Row {
  const origins = originsOf(entry);
  const sources = [...new Set(origins.map(({ source }) => shortSource(source)))];
  const oldest = oldestOf(origins);
  const date = oldest.readAt.slice(0, 10);
  const isOld = ageDays(oldest, nowUs) > MAX_AGE_DAYS;
  return [sources.join(', '), isOld ? { text: date, colour: 'yellow' as const } : date];
}

/** The host of an address. */
function shortSource(source: string): string {
  return /^https?:\/\/([^/]+)/.exec(source)?.[1] ?? source;
}

/** `0.001` is `0.1 %`. */
function percent(fraction: string): string {
  const sign = fraction.startsWith('-') ? '-' : '';
  const [integer = '0', decimals = ''] = fraction.replace('-', '').split('.');
  const shifted = `${integer}${decimals.slice(0, 2).padEnd(2, '0')}`.replace(/^0+(?=\d)/, '');
  const rest = decimals.slice(2).replace(/0+$/, '');
  return `${sign}${shifted}${rest === '' ? '' : `.${rest}`} %`;
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
