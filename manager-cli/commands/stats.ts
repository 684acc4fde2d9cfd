import { processStatus } from '../../logger/messages/statuses.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { bytes, grouped } from '../format.ts';
import { renderTable } from '../table.ts';

export const statsCommand: Command = {
  usage: 'stats',
  describe: "Show memory, event loop lag and queues of the logger's process",
  examples: [['stats', 'figures of the process']],
  run: async (session) => {
    const { out, paint } = session;
    const response = await (await session.client()).unary('Stats', {});
    const stats = processStatus(response.process);
    if (out.isJson) {
      await out.json(stats);
      return EXIT.done;
    }
    const rows = [
      ['memory', bytes(stats.rss)],
      ['heap in use', bytes(stats.heapUsed)],
      ['event loop lag (p99)', `${stats.eventLoopLag.toFixed(1)} ms`],
      ['threads', grouped(stats.threads)],
      ['handles', grouped(stats.handles)],
      ['events in open blocks', grouped(stats.queuedEvents)],
      ['spool', bytes(stats.spoolBytes)],
    ];
    const columns = [{ title: 'FIGURE' }, { title: 'VALUE', align: 'right' as const }];
    for (const line of renderTable(columns, rows, paint)) await out.line(line);
    return EXIT.done;
  },
};
