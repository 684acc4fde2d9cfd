import { valued } from '../../../manager-cli/command.ts';
import type { PipeCommand } from '../command.ts';
import { liveLines } from '../live-lines.ts';
import { VENUE_OPTIONS, wantedVenues } from '../options.ts';
import { loggerSources, venuesOf } from '../sources.ts';

/** The top of book over all exchanges. Ends by Ctrl-C (exit 0). */
export const topCommand: PipeCommand = {
  usage: '$0',
  describe: 'The top of book over all exchanges: a line for each change, until Ctrl-C',
  options: {
    ...VENUE_OPTIONS,
    memory: { ...valued('How much of the past is kept in memory'), defaultDescription: '24h' },
  },
  examples: [
    [
      '--pairs BTCUSDT --exchanges binance,bybit',
      'one line for each change of a best price or size',
    ],
    ['--pairs BTCUSDT --logger a=10.0.0.1:6634 --logger b=10.0.0.2:6634', 'of two loggers'],
  ],
  run: async (session) => {
    const wanted = wantedVenues(session.args);
    const sources = loggerSources(session);
    try {
      const venues = await venuesOf(session, wanted, sources);
      return await liveLines(session, sources, venues);
    } finally {
      for (const source of sources) await source.close();
    }
  },
};
