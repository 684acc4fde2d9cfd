/** Builds the recorders of a logger, with their commands and their status. */

import type { Exchange } from '../exchange/exchange.ts';
import { LiveFeeds } from '../live/feeds.ts';
import type { LoggerControl } from '../status/control.ts';
import { InstrumentKeeper } from './instrument-keeper.ts';
import { LoggerCommands } from './commands.ts';
import { ExchangeDirectory } from './exchange-directory.ts';
import type { NormalizeSymbol } from './exchange-directory.ts';
import type { ReceiveTimes } from './receive-times.ts';
import { Recorders } from './recorders.ts';
import type { RecordersDeps } from './recorders.ts';
import { StatusBoard } from './status-board.ts';
import type { StatusBoardDeps } from './status-board.ts';

export interface RecorderServiceDeps
  extends
    Omit<RecordersDeps, 'exchanges' | 'liveFeeds' | 'receiveTimes'>,
    Omit<StatusBoardDeps, 'exchanges' | 'recorders' | 'receiveTimes'> {
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly normalizeSymbol: NormalizeSymbol;
  readonly receiveTimes: Pick<ReceiveTimes, 'defectsBetween' | 'stalls'>;
  /** Begins an orderly stop of the process. */
  readonly onTerminate: () => void;
}

export interface RecorderService {
  readonly recorders: Recorders;
  readonly board: StatusBoard;
  readonly control: LoggerControl;
  /** @throws InvalidArgumentError for a security in the settings. */
  start(configured: readonly string[]): Promise<void>;
  /** Stores what was received of these securities. @returns false: the archive fails. */
  persist(securities: Iterable<string>): Promise<boolean>;
  /** Writes everything out. The exchanges' connections are the caller's to close. */
  stop(): Promise<void>;
}

export function createRecorderService(deps: RecorderServiceDeps): RecorderService {
  const live = new LiveFeeds(deps.log);
  const exchanges = new ExchangeDirectory(deps.exchanges, deps.normalizeSymbol);
  const instruments = new InstrumentKeeper(deps);
  const recorders = new Recorders({
    ...deps,
    exchanges,
    liveFeeds: live,
    keepInstrument: (security, instrument) => instruments.keep(security, instrument),
  });
  const commands = new LoggerCommands({ ...deps, recorders, exchanges, live });
  const board = new StatusBoard({ ...deps, recorders, exchanges });
  const control: LoggerControl = {
    startedUs: board.startedUs,
    live,
    add: (securities, wait, signal) => commands.add(securities, wait, signal),
    remove: (securities) => commands.remove(securities),
    snapshot: (securities) => commands.snapshot(securities),
    reset: (exchange) => commands.reset(exchange),
    flush: (security) => commands.flush(security),
    instruments: () => board.instruments(),
    list: () => board.list(),
    status: (security) => board.status(security),
    health: () => board.health(),
    bookNow: (security, view) => board.bookNow(security, view),
    canonicalId: (security) => exchanges.canonicalId(security),
    terminate: deps.onTerminate,
  };
  return {
    recorders,
    board,
    control,
    start: async (configured) => {
      await recorders.start(configured);
      board.start();
    },
    persist: (securities) => {
      for (const security of securities) recorders.get(security)?.recorder.journal();
      return deps.queue.drained();
    },
    stop: async () => {
      board.stop();
      await recorders.stop();
      await instruments.stop();
    },
  };
}
