import { parts, securityRow } from '../answers.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { NOTHING_RECORDED, securityTable } from './security-table.ts';

/** What is recorded now. */
export const listCommand: Command = {
  usage: 'list',
  describe: 'Show what is recorded, and how it goes',
  options: (yargs) => yargs,
  run: async (session) => {
    const { out, paint } = session;
    const answer = await (await session.client()).unary('List', {});
    const securities = parts(answer, 'securities').map(securityRow);
    if (out.isJson) await out.json(securities);
    else if (securities.length === 0) await out.line(NOTHING_RECORDED);
    else for (const line of securityTable(securities, paint, out.tableWidth)) await out.line(line);
    return EXIT.done;
  },
};
