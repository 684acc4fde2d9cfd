import { TIMEFRAMES } from '../../logger/candles/timeframe.ts';
import type { WatchPart__Output } from '../../logger/messages/types.ts';
import { securityStatus } from '../../logger/messages/statuses.ts';
import type { SnapshotsQuery } from '../../logger/queries/queries.ts';
import type { RecordingState, SecurityStatus } from '../../logger/status/security-status.ts';
import { flag, integer, liveSnapshotsQuery, securities, text } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import { CancelledError } from '../client.ts';
import { SECURITY, valued } from '../command.ts';
import type { Command, Session } from '../command.ts';
import { CliError, EXIT, usageError } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { difference, grouped, known, rate } from '../format.ts';
import { Screen } from '../screen.ts';
import { stateColour } from '../style.ts';
import { nothingRecorded, securityTable } from './security-table.ts';
import { followLadder } from './watch-ladder.ts';
import { followCandles, followSnapshots } from './watch-series.ts';

type SecurityRow = Omit<SecurityStatus, 'state'> & {
  readonly state: RecordingState | 'removed';
};

/** Shows updates: on a screen that is redrawn, as lines, or as JSON lines. */
interface View {
  show(changed: readonly SecurityRow[], all: readonly SecurityStatus[]): Promise<void>;
  end(): Promise<void>;
}

/** Changes worth a line: ages and rates change all the time. */
function essence(row: SecurityRow): string {
  return [row.state, row.bestBid, row.bestAsk].join(' ');
}

function table({ out, paint, program }: Session): View {
  const screen = new Screen(out);
  return {
    show: (_changed, all) =>
      screen.draw(
        all.length === 0 ? [nothingRecorded(program)] : securityTable(all, paint, screen.columns),
      ),
    end: () => screen.end(),
  };
}

function changeLine(row: SecurityRow, { paint }: Session): string {
  const { bestBid, bestAsk } = row;
  const spread =
    bestBid === null || bestAsk === null ? '' : `  spread ${difference(bestAsk, bestBid)}`;
  const prices = [bestBid, bestAsk].map((price) => (price === null ? known(null) : grouped(price)));
  return `${new Date().toISOString()}  ${row.security}  ${paint(stateColour(row.state), row.state)}  ${prices.join(' / ')}${spread}  ${rate(row.messageRate)}/s`;
}

function lines(session: Session): View {
  return {
    async show(changed) {
      for (const row of changed) {
        if (session.out.isJson) await session.out.json(row);
        else await session.out.line(changeLine(row, session));
      }
    },
    async end() {},
  };
}

/** The latest status of each watched security. */
class Board {
  readonly #rows = new Map<string, SecurityStatus>();

  /** @returns the rows that changed in more than ages and rates. */
  apply(part: WatchPart__Output): SecurityRow[] {
    const changed: SecurityRow[] = [];
    for (const row of part.securities.map(securityStatus)) {
      const before = this.#rows.get(row.security);
      this.#rows.set(row.security, row);
      if (before === undefined || essence(before) !== essence(row)) changed.push(row);
    }
    for (const security of part.removed) {
      const before = this.#rows.get(security);
      this.#rows.delete(security);
      if (before !== undefined) changed.push({ ...before, state: 'removed' });
    }
    return changed;
  }

  all(): SecurityStatus[] {
    return [...this.#rows.values()].sort((a, b) => (a.security < b.security ? -1 : 1));
  }
}

async function follow(session: Session, watched: readonly string[]): Promise<void> {
  const { out, signal } = session;
  const view = out.isTerminal && !out.isJson ? table(session) : lines(session);
  const client = await session.client();
  const board = new Board();
  const request = { securities: [...watched] };
  try {
    for await (const part of client.stream('Watch', request, { isEndless: true, signal })) {
      await view.show(board.apply(part), board.all());
    }
  } finally {
    if (!out.broken.aborted) await view.end();
  }
}

/** The security and depth of `--ladder`; undefined without it. */
function ladderOf(args: Arguments): { security: string; depth: number | undefined } | undefined {
  const depth = integer(args, 'depth', { min: 1, max: 1000 });
  if (!flag(args, 'ladder')) {
    if (depth === undefined) return undefined;
    throw usageError('--depth is for --ladder or --snapshots; give one of the two');
  }
  const [security, ...others] = securities(args);
  if (security === undefined || others.length > 0) {
    throw usageError('--ladder shows one security: name one, like binance:BTCUSDT');
  }
  return { security, depth };
}

/** The security and timeframes of `--candles`; undefined without it. */
function candlesOf(args: Arguments): { security: string; timeframes: string[] } | undefined {
  const given = text(args, 'candles');
  if (given === undefined) return undefined;
  if (flag(args, 'ladder')) throw usageError('--candles contradicts --ladder; give one of the two');
  const timeframes = given.split(',').map((one) => one.trim());
  const wrong = timeframes.find((one) => !TIMEFRAMES.some((timeframe) => timeframe === one));
  if (wrong !== undefined) {
    throw usageError(
      `--candles: ${JSON.stringify(wrong.slice(0, 60))} is not a timeframe; use some of ${TIMEFRAMES.join(',')}`,
    );
  }
  const [security, ...others] = securities(args);
  if (security === undefined || others.length > 0) {
    throw usageError('--candles follows one security: name one, like binance:BTCUSDT');
  }
  return { security, timeframes };
}

/** The query of `--snapshots`; undefined without it. */
function snapshotsOf(args: Arguments): SnapshotsQuery | undefined {
  if (text(args, 'snapshots') === undefined) {
    const given = flag(args, 'features') ? 'features' : text(args, 'level') && 'level';
    if (given === undefined) return undefined;
    throw usageError(`--${given} is for --snapshots; give both`);
  }
  const isLadder = flag(args, 'ladder');
  const other = isLadder ? 'ladder' : text(args, 'candles') && 'candles';
  if (other !== undefined) {
    throw usageError(`--snapshots contradicts --${other}; give one of the two`);
  }
  if (flag(args, 'features') && !flag(args, 'json')) {
    throw usageError('--features needs --json: the lines have no room for it');
  }
  return liveSnapshotsQuery(args);
}

/** Ends by Ctrl-C (exit 0), or when the logger stops (exit 4). */
export const watchCommand: Command = {
  usage: 'watch [security..]',
  describe:
    'Follow the top of book, or the depth, candles or snapshots of one security, until Ctrl-C',
  positionals: { security: `${SECURITY} (default: all)` },
  options: {
    ladder: { type: 'boolean', describe: 'Show the depth of one security, price by price' },
    depth: valued(
      'Prices per side of the ladder (default: what fits the screen; 5 on lines) or of snapshots (default: all)',
    ),
    candles: valued('Follow the candles of one security, of these timeframes: 1m,1h'),
    snapshots: valued('Follow the book of one security at this interval: 200ms'),
    features: {
      type: 'boolean',
      describe: 'Snapshots: what was added, cancelled and traded at each price (with --json)',
    },
    level: { ...valued('Snapshots: 2 aggregates an L3 book by price'), choices: ['2'] },
  },
  examples: [
    ['watch', 'the top of every book'],
    ['watch binance:BTCUSDT --ladder', 'the depth of one'],
    ['watch binance:BTCUSDT --candles 1m,1h', 'its candles as they run, end and become final'],
    ['watch binance:BTCUSDT --snapshots 200ms --depth 10 --json', 'its book five times a second'],
    ['watch --json', 'a JSON line for each change, for a pipe'],
  ],
  completes: { recorded: true },
  run: async (session): Promise<ExitCode> => {
    const { args, signal } = session;
    const snapshots = snapshotsOf(args);
    const ladder = snapshots ? undefined : ladderOf(args);
    const candles = candlesOf(args);
    try {
      if (snapshots) await followSnapshots(session, snapshots);
      else if (candles) await followCandles(session, candles.security, candles.timeframes);
      else if (ladder) await followLadder(session, ladder.security, ladder.depth);
      else await follow(session, securities(args));
    } catch (error) {
      if (error instanceof CancelledError || signal.aborted) return EXIT.done;
      throw error;
    }
    throw new CliError(EXIT.unreachable, 'The logger ended the watch; it is stopping');
  },
};
