import type { Options } from 'yargs';
import { Parser } from 'yargs/helpers';
import { text } from '../../../manager-cli/arguments.ts';
import { valued } from '../../../manager-cli/command.ts';
import { EXIT, usageError } from '../../../manager-cli/exit-codes.ts';
import type { ExitCode } from '../../../manager-cli/exit-codes.ts';
import type { Venue } from '../../market/venue.ts';
import type { PastHistory } from '../../sources/past-tops.ts';
import type { StrategyDefinition } from '../../strategy/strategy.ts';
import type { PipeCommand, PipeSession } from '../command.ts';
import { liveLines } from '../live-lines.ts';
import { VENUE_OPTIONS, wantedVenues } from '../options.ts';
import { pastLines, rangeOf, topsOfRange } from '../past-lines.ts';
import { PAST_OPTIONS, pastOptions } from '../past-options.ts';
import type { PastOptions } from '../past-options.ts';
import { DEFAULT_STORE } from '../../records/open-store.ts';
import { runStrategy } from '../run/action.ts';
import { runPostMortem } from '../run/post-mortem.ts';
import { isPast, loggerSources, openSources, venuesOf } from '../sources.ts';
import type { AnySource } from '../sources.ts';
import { writeTopFile } from '../top-file.ts';

const STRATEGY_OPTIONS: Readonly<Record<string, Options>> = {
  mode: {
    ...valued('action: run it on live books; post-mortem: what came of its decisions (arbitrage)'),
    choices: ['action', 'post-mortem'],
    defaultDescription: 'action',
  },
  store: {
    ...valued('Where records are kept: a directory or mongodb://…'),
    defaultDescription: DEFAULT_STORE,
  },
  fees: valued('Your own fees and transfers: a JSON file, over the defaults'),
  balances: valued(
    'Balances before the first run on this store: JSON like {"binance": {"USDT": "10000"}}',
  ),
  execute: {
    ...valued('Where orders go'),
    choices: ['paper', 'sandbox'],
    defaultDescription: 'paper',
  },
  from: valued('With --mode post-mortem: the first moment; else the first run'),
  to: valued('With --mode post-mortem: before which moment it ends; else the end of the recording'),
  report: valued('With --mode post-mortem: also write a page with charts to this file'),
  account: {
    ...valued('With --execute sandbox: VENUE=ws://USER@HOST:PORT, once for each venue'),
    array: true,
  },
};

/** The top of book over all exchanges, and strategies on it. Ends by Ctrl-C (exit 0). */
export function topCommand(
  argv: readonly string[],
  strategies: readonly StrategyDefinition[],
): PipeCommand {
  const chosen = chosenStrategy(argv, strategies);
  return {
    usage: '$0',
    describe: 'The top of book over all exchanges, a line for each change; or a strategy on it',
    options: {
      ...VENUE_OPTIONS,
      ...(chosen ? {} : PAST_OPTIONS),
      memory: { ...valued('How much of the past is kept in memory'), defaultDescription: '24h' },
      strategy: valued(`Run a strategy: ${strategies.map(({ name }) => name).join(', ')}`),
      ...(chosen && { ...STRATEGY_OPTIONS, ...chosen.options }),
    },
    examples: chosen?.examples?.map(([line, about]) => [
      `--strategy ${chosen.name} ${line}`,
      about,
    ]) ?? [
      [
        '--pairs BTCUSDT --exchanges binance,bybit',
        'a line for each change of a best price or size',
      ],
      ['--pairs BTCUSDT --logger a=10.0.0.1:6634 --logger b=10.0.0.2:6634', 'of two loggers'],
      ['--pairs BTCUSDT --archive ./data --from -1h', 'the same lines from an archive'],
      ['--pairs BTCUSDT --at 2026-11-20T07:00:04.5Z', 'as it was at a moment'],
      ['--pairs BTCUSDT --last 6m --format feather --out tops.feather', 'the last minutes, a file'],
      ['--strategy arbitrage --help', 'the options of a strategy'],
    ],
    run: (session) => run(session, strategies),
  };
}

async function run(
  session: PipeSession,
  strategies: readonly StrategyDefinition[],
): Promise<ExitCode> {
  const name = text(session.args, 'strategy');
  if (name === undefined) return lines(session);
  const definition = strategies.find((one) => one.name === name);
  if (definition !== undefined) {
    const isPostMortem = text(session.args, 'mode') === 'post-mortem';
    return isPostMortem ? runPostMortem(session, definition) : runStrategy(session, definition);
  }
  throw usageError(
    `--strategy: ${JSON.stringify(name.slice(0, 40))} is not one of ${strategies.map((one) => one.name).join(', ')}`,
  );
}

async function lines(session: PipeSession): Promise<ExitCode> {
  const wanted = wantedVenues(session.args);
  const past = pastOptions(session.args, isPast(session));
  if (past !== null) {
    const sources = await openSources(session);
    try {
      return await printPast(session, sources, await venuesOf(session, wanted, sources), past);
    } finally {
      for (const source of sources) await source.close();
    }
  }
  const sources = loggerSources(session);
  try {
    const venues = await venuesOf(session, wanted, sources);
    return await liveLines(session, sources, venues);
  } finally {
    for (const source of sources) await source.close();
  }
}

async function printPast(
  session: PipeSession,
  sources: readonly AnySource[],
  venues: readonly Venue[],
  { range, out }: PastOptions,
): Promise<ExitCode> {
  const { signal } = session;
  const historyOf = async ({ source }: Venue): Promise<PastHistory> =>
    (sources.find(({ name }) => name === source) as AnySource).history(signal);
  const asked = await rangeOf(venues, historyOf, range);
  const tops = topsOfRange(venues, historyOf, asked, signal);
  if (out === null) return pastLines(session, venues, tops, asked.fromUs);
  await writeTopFile(out, tops);
  return EXIT.done;
}

/** Its options have to be known before the command line is read. */
function chosenStrategy(
  argv: readonly string[],
  strategies: readonly StrategyDefinition[],
): StrategyDefinition | undefined {
  const { strategy } = Parser([...argv], { string: ['strategy'] });
  return strategies.find(({ name }) => name === strategy);
}
