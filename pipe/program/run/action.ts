/** `--strategy NAME --mode action`: a strategy on live books, until Ctrl-C. */

import { readFileSync } from 'node:fs';
import { describeError } from '../../../logger/errors.ts';
import { untilAborted } from '../../../logger/runtime/timing.ts';
import { text } from '../../../manager-cli/arguments.ts';
import { CliError, EXIT, usageError } from '../../../manager-cli/exit-codes.ts';
import type { ExitCode } from '../../../manager-cli/exit-codes.ts';
import type { Balance } from '../../execution/execution.ts';
import { ageWarning } from '../../fees/age.ts';
import type { Venue } from '../../market/venue.ts';
import { DEFAULT_STORE, openRecordStore } from '../../records/open-store.ts';
import type { OrderResult, StrategyDefinition } from '../../strategy/strategy.ts';
import type { PipeSession } from '../command.ts';
import { parseBalances } from './balances-file.ts';
import { follow } from '../../sources/follow.ts';
import { LineSink } from '../line-sink.ts';
import { wantedVenues } from '../options.ts';
import { liveMemory } from '../memory.ts';
import { archiveSources, loggerSources, venuesOf } from '../sources.ts';
import { executionOf } from './executions.ts';
import { feesOf } from './fees.ts';
import type { RecordBatch } from './journal.ts';
import { RecordLines, unfilledLine, unfilledOf } from './record-lines.ts';
import { StrategyRun } from './strategy-run.ts';
import type { RunDeps, RunOptions } from './strategy-run.ts';

export async function runStrategy(
  session: PipeSession,
  definition: StrategyDefinition,
): Promise<ExitCode> {
  const { args, clock, log } = session;
  const wanted = wantedVenues(args);
  const own = ownOptions(definition, args);
  // Before anything is asked for: a mistake in them is none of a logger.
  definition.settings?.(own);
  const sources = loggerSources(session);
  const archives = await archiveSources(session);
  const store = await openRecordStore(text(args, 'store') ?? DEFAULT_STORE, 'write', clock);
  const failed = new Failure();
  try {
    const { fees, feeTable } = feesOf(args);
    const venues = await venuesOf(session, wanted, sources);
    const exchanges = [...new Set(venues.map(({ exchange }) => exchange))];
    const warning = ageWarning(fees, clock.nowUs(), exchanges);
    if (warning !== null) log.warning(warning);
    const sink = new LineSink(session);
    const lines = new RecordLines();
    const signal = AbortSignal.any([sink.signal, failed.signal]);
    const options: RunOptions = {
      definition,
      options: own,
      venues,
      fees,
      feeTable,
      opening: openingBalances(args, venues),
    };
    const deps: RunDeps = {
      store,
      memory: liveMemory(session, venues, { loggers: sources, archives, signal }),
      clock,
      log,
      execution: executionOf(args, venues, session.io.env),
      onStored: (batch) => {
        const stored = session.out.isJson ? jsonLines(batch) : lines.of(batch);
        for (const line of stored) sink.put(line);
      },
      onOrder: (result) => printUnfilled(result, session, sink),
      onFailed: failed.fail,
    };
    await runUntil(signal, { options, deps, sources });
    failed.check();
    if (sink.isTooSlow) throw new CliError(EXIT.failed, 'The reader of the output is too slow');
    return EXIT.done;
  } finally {
    for (const source of [...sources, ...archives]) await source.close();
    await store.close();
  }
}

/** Ends in order, however it ends. */
async function runUntil(
  signal: AbortSignal,
  given: {
    readonly options: RunOptions;
    readonly deps: RunDeps;
    readonly sources: Parameters<typeof follow>[0];
  },
): Promise<void> {
  const { options, deps, sources } = given;
  const run = await StrategyRun.start(options, deps);
  const stopped = new AbortController();
  const following = follow(sources, options.venues, (event) => run.onEvent(event), {
    signal: stopped.signal,
    trades: true,
  });
  // It is awaited below, however this ends.
  following.catch(() => undefined);
  try {
    await untilAborted(following, signal);
  } finally {
    // Orders under way are filled at books that still move.
    try {
      await run.stop();
    } finally {
      stopped.abort();
      await following;
    }
  }
}

/** The first error that the run can't go on with. */
class Failure {
  readonly #abort = new AbortController();
  #error: unknown;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  readonly fail = (error: unknown): void => {
    if (this.#abort.signal.aborted) return;
    this.#error = error;
    this.#abort.abort();
  };

  check(): void {
    if (this.#abort.signal.aborted) throw this.#error;
  }
}

function ownOptions(
  { options }: StrategyDefinition,
  args: PipeSession['args'],
): Readonly<Record<string, unknown>> {
  const given = Object.keys(options).map((name) => [name, args[name] ?? options[name]?.default]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function openingBalances(args: PipeSession['args'], venues: readonly Venue[]): readonly Balance[] {
  const path = text(args, 'balances');
  if (path === undefined) return [];
  try {
    return parseBalances(readFileSync(path, 'utf8'), venues);
  } catch (error) {
    throw usageError(`--balances: ${path}: ${describeError(error)}`);
  }
}

function printUnfilled(result: OrderResult, { out }: PipeSession, sink: LineSink): void {
  const unfilled = unfilledOf(result);
  if (unfilled === null) return;
  sink.put(out.isJson ? JSON.stringify({ unfilled }) : unfilledLine(unfilled));
}

function* jsonLines({ opportunities, decisions, ledger, results }: RecordBatch) {
  for (const opportunity of opportunities ?? []) yield JSON.stringify({ opportunity });
  for (const decision of decisions ?? []) yield JSON.stringify({ decision });
  for (const movement of ledger ?? []) yield JSON.stringify({ movement });
  for (const result of results ?? []) yield JSON.stringify({ result });
}
