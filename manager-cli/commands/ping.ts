import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

export const pingCommand: Command = {
  usage: 'ping',
  describe: 'Measure the round trip to the logger',
  examples: [['ping', 'whether a logger answers, and how fast']],
  run: async (session) => {
    const { out } = session;
    const logger = await session.client();
    // The first call sets up the connection; the second one is measured.
    await logger.unary('Ping', {});
    const startedMs = performance.now();
    await logger.unary('Ping', {});
    const roundTrip = Number((performance.now() - startedMs).toFixed(3));
    if (out.isJson) await out.json({ roundTrip });
    else await out.line(`${roundTrip} ms`);
    return EXIT.done;
  },
};
