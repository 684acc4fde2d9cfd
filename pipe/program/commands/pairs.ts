import { text } from '../../../manager-cli/arguments.ts';
import { EXIT } from '../../../manager-cli/exit-codes.ts';
import { known } from '../../../manager-cli/format.ts';
import { renderTable } from '../../../manager-cli/table.ts';
import { paintFor } from '../../../manager-cli/style.ts';
import { allVenues } from '../../market/venues.ts';
import type { Venue } from '../../market/venue.ts';
import type { PipeCommand } from '../command.ts';
import { VENUE_OPTIONS, pairExceptions, wantedExchanges } from '../options.ts';
import { knownSources, openSources } from '../sources.ts';

const NOTHING =
  'No recorded security belongs to a pair; record some: orderbook-manager add binance:BTCUSDT bybit:BTCUSDT';
const COLUMNS = [
  { title: 'PAIR' },
  { title: 'VENUE' },
  { title: 'SECURITY' },
  { title: 'TICK', align: 'right' },
  { title: 'LOT', align: 'right' },
  { title: 'MIN SIZE', align: 'right' },
  { title: 'MIN NOTIONAL', align: 'right' },
] as const;

function row({ pair, name, security, instrument }: Venue): string[] {
  const { tickSize, lotSize, minSize, minNotional } = instrument;
  return [pair, name, security, ...[tickSize, lotSize, minSize, minNotional].map(known)];
}

const byPair = (a: Venue, b: Venue): number =>
  a.pair === b.pair ? (a.name < b.name ? -1 : 1) : a.pair < b.pair ? -1 : 1;

/** Which symbol of which exchange is which pair. */
export const pairsCommand: PipeCommand = {
  usage: 'pairs',
  describe: 'List which symbol of which exchange is which pair',
  options: Object.fromEntries(Object.entries(VENUE_OPTIONS).filter(([name]) => name !== 'pairs')),
  examples: [['pairs --exchanges binance,bybit', 'what the logger records there']],
  run: async (session) => {
    const { args, out, io } = session;
    const given = text(args, 'exchanges');
    const wanted = given === undefined ? null : wantedExchanges(given);
    const exceptions = pairExceptions(args);
    const sources = await openSources(session);
    try {
      const all = allVenues(await knownSources(sources, session.signal), exceptions);
      const venues = all
        .filter(
          ({ exchange, source }) =>
            wanted === null ||
            wanted.some((one) => one.exchange === exchange && (one.source ?? source) === source),
        )
        .sort(byPair);
      if (out.isJson) {
        await out.json(
          venues.map(({ name: venue, pair, base, quote, security, instrument }) => {
            const { tickSize, lotSize, minSize, minNotional } = instrument;
            return { pair, base, quote, venue, security, tickSize, lotSize, minSize, minNotional };
          }),
        );
      } else if (venues.length === 0) await out.line(NOTHING);
      else {
        const paint = paintFor(io.stdout, io.env);
        for (const line of renderTable(COLUMNS, venues.map(row), paint)) await out.line(line);
      }
      return EXIT.done;
    } finally {
      for (const source of sources) await source.close();
    }
  },
};
