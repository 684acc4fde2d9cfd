import { nested, processFigures } from '../answers.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { bytes, grouped } from '../format.ts';
import { renderTable } from '../table.ts';

/** Memory, event loop, handles, queues. */
export const statsCommand: Command = {
  usage: 'stats',
  describe: "Show figures of the logger's process",
  options: (yargs) => yargs,
  run: async (session) => {
    const { out, paint } = session;
    const answer = await (await session.client()).unary('Stats', {});
    const figures = processFigures(nested(answer, 'process') ?? {});
    if (out.isJson) {
      await out.json(figures);
      return EXIT.done;
    }
    const rows = [
      ['memory', bytes(figures.rss)],
      ['heap in use', bytes(figures.heapUsed)],
      ['event loop lag (p99)', `${figures.eventLoopLag.toFixed(1)} ms`],
      ['threads', grouped(figures.threads)],
      ['handles', grouped(figures.handles)],
      ['events in open blocks', grouped(figures.queuedEvents)],
      ['spool', bytes(figures.spoolBytes)],
    ];
    const columns = [{ title: 'FIGURE' }, { title: 'VALUE', align: 'right' as const }];
    for (const line of renderTable(columns, rows, paint)) await out.line(line);
    return EXIT.done;
  },
};
