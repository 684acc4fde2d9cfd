import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { duration } from '../format.ts';

export const uptimeCommand: Command = {
  usage: 'uptime',
  describe: 'Show how long the logger has been running',
  examples: [['uptime', 'since when, and how long']],
  run: async (session) => {
    const { out } = session;
    const { since, uptime } = await (await session.client()).unary('Uptime', {});
    if (out.isJson) await out.json({ since, uptime });
    else await out.line(`up ${duration(uptime)}, since ${since}`);
    return EXIT.done;
  },
};
