import { securityStatus } from '../../logger/messages/statuses.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { NOTHING_RECORDED, securityTable } from './security-table.ts';

export const listCommand: Command = {
  usage: 'list',
  describe: 'List what is recorded, and its state',
  options: (yargs) => yargs,
  run: async (session) => {
    const { out, paint } = session;
    const response = await (await session.client()).unary('List', {});
    const securities = response.securities.map(securityStatus);
    if (out.isJson) await out.json(securities);
    else if (securities.length === 0) await out.line(NOTHING_RECORDED);
    else for (const line of securityTable(securities, paint, out.tableWidth)) await out.line(line);
    return EXIT.done;
  },
};
