import { securityStatus } from '../../logger/messages/statuses.ts';
import type { HoldingResult } from '../../logger/queries/results.ts';
import { flag, text } from '../arguments.ts';
import { ARCHIVE_OPTION } from '../command.ts';
import type { Command, Session } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { UNKNOWN, bytes, duration, grouped, known } from '../format.ts';
import type { Paint } from '../style.ts';
import { renderTable } from '../table.ts';
import type { Column } from '../table.ts';
import { CONTRACT_COLUMN, contractCell, nothingRecorded, securityTable } from './security-table.ts';

const HOLDING_COLUMNS: readonly Column[] = [
  { title: 'SECURITY' },
  { title: 'FEED', dropOrder: 3 },
  { title: 'FROM' },
  { title: 'TO' },
  { title: 'COVERED', align: 'right' },
  { title: 'INTERVALS', align: 'right', dropOrder: 1 },
  { title: 'GAPS', align: 'right' },
  { title: 'STORED', align: 'right', dropOrder: 2 },
];

function holdingTable(
  holdings: readonly HoldingResult[],
  paint: Paint,
  { isWide, maxWidth }: { readonly isWide: boolean; readonly maxWidth: number },
): string[] {
  const rows = holdings.map((held) => [
    held.security,
    `${held.level ?? UNKNOWN} ${held.feed}`,
    known(held.from),
    known(held.to),
    duration(held.covered),
    grouped(held.intervals),
    held.gaps === 0 ? '0' : { text: grouped(held.gaps), colour: 'yellow' as const },
    bytes(held.storedBytes),
    ...(isWide ? [contractCell(held)] : []),
  ]);
  const columns = isWide ? [...HOLDING_COLUMNS, CONTRACT_COLUMN] : HOLDING_COLUMNS;
  return renderTable(columns, rows, paint, isWide ? undefined : maxWidth);
}

async function listArchive(session: Session, location: string): Promise<ExitCode> {
  const { args, out, paint } = session;
  const { archiveHoldings } = await import('../archive-history.ts');
  const holdings = await archiveHoldings(location);
  const shape = { isWide: flag(args, 'wide'), maxWidth: out.tableWidth };
  if (out.isJson) await out.json(holdings);
  else if (holdings.length === 0) await out.line('The archive holds nothing.');
  else for (const line of holdingTable(holdings, paint, shape)) await out.line(line);
  return EXIT.done;
}

export const listCommand: Command = {
  usage: 'list',
  describe: 'List what is recorded, and its state; with --archive, what an archive holds',
  options: {
    ...ARCHIVE_OPTION,
    wide: {
      type: 'boolean',
      describe: 'Show every column whatever the width, and what a contract is',
    },
  },
  examples: [
    ['list', 'what the logger records now'],
    ['list --archive ./data', 'what an archive holds, without a logger'],
  ],
  run: async (session) => {
    const { args, out, paint } = session;
    const location = text(args, 'archive');
    if (location !== undefined) return listArchive(session, location);
    const response = await (await session.client()).unary('List', {});
    const securities = response.securities.map(securityStatus);
    if (out.isJson) await out.json(securities);
    else if (securities.length === 0) await out.line(nothingRecorded(session.program));
    else {
      const isWide = flag(args, 'wide');
      for (const line of securityTable(securities, paint, out.tableWidth, isWide)) {
        await out.line(line);
      }
    }
    return EXIT.done;
  },
};
