import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { duration } from '../format.ts';

/** Since when, and how long. */
export const uptimeCommand: Command = {
  usage: 'uptime',
  describe: 'Show since when the logger runs',
  options: (yargs) => yargs,
  run: async (session) => {
    const { out } = session;
    const answer = await (await session.client()).unary('Uptime', {});
    const since = String(answer['since']);
    const uptime = Number(answer['uptime']);
    if (out.isJson) await out.json({ since, uptime });
    else await out.line(`up ${duration(uptime)}, since ${since}`);
    return EXIT.done;
  },
};
