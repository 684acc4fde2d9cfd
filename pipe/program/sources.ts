/** Opens what `--logger` and `--archive` name, and finds the venues in it. */

import { address } from '../../manager-cli/channel.ts';
import { text, timeoutMs } from '../../manager-cli/arguments.ts';
import { readEndpoint } from '../../manager-cli/endpoint.ts';
import type { Endpoint } from '../../manager-cli/endpoint.ts';
import { CliError, EXIT, cliErrorOf, usageError } from '../../manager-cli/exit-codes.ts';
import { CONNECTION_OPTIONS } from '../../manager-cli/global-options.ts';
import { sleep } from '../../logger/runtime/timing.ts';
import { findVenues } from '../market/venues.ts';
import type { KnownSource, Wanted } from '../market/venues.ts';
import type { Venue } from '../market/venue.ts';
import { ArchiveSource } from '../sources/archive-source.ts';
import { LoggerSource } from '../sources/logger-source.ts';
import type { Source } from '../sources/source.ts';
import type { PipeSession } from './command.ts';
import { namedTexts, texts } from './options.ts';

/** How often a logger is asked again that does not know all products yet. */
const ASK_AGAIN_MS = 250;

/** Archives alone are read, and no logger is asked. */
export function isPast({ args }: PipeSession): boolean {
  if (texts(args, 'archive').length === 0) return false;
  return ![...CONNECTION_OPTIONS, 'logger'].some((name) => args[name] !== undefined);
}

/** The loggers of `--logger`, or the one of the connection options. @throws the usage error. */
export function loggerSources(session: PipeSession): LoggerSource[] {
  const { args, clock, random, log } = session;
  const given = namedTexts(args, 'logger');
  const limitMs = timeoutMs(args);
  const open = (endpoint: Endpoint, name: string | null): LoggerSource =>
    new LoggerSource({
      name: name ?? address(endpoint),
      endpoint,
      timeoutMs: limitMs,
      clock,
      random,
      log,
    });
  if (given.length === 0) return [open(readEndpoint(args, session.io), null)];
  const other = ['host', 'port'].find((name) => text(args, name) !== undefined);
  if (other !== undefined) {
    throw usageError(`--logger and --${other} contradict each other; give one of them`);
  }
  return given.map(({ name, rest }) => {
    const match = /^(.+):(\d+)$/.exec(rest);
    if (!match) throw usageError(`--logger: ${JSON.stringify(rest.slice(0, 80))} is not HOST:PORT`);
    const [, host, port] = match;
    return open(readEndpoint({ ...args, host, port }, session.io), name);
  });
}

/** The archives of `--archive`. @throws InvalidArgumentError, ArchiveUnavailableError */
export async function archiveSources({ args }: PipeSession): Promise<ArchiveSource[]> {
  const opened: ArchiveSource[] = [];
  try {
    for (const { name, rest } of namedTexts(args, 'archive')) {
      opened.push(await ArchiveSource.open(name ?? archiveName(rest), rest));
    }
    return opened;
  } catch (error) {
    for (const source of opened) await source.close();
    throw cliErrorOf(error);
  }
}

/** A URI may hold a password. */
function archiveName(location: string): string {
  return location.replace(/^(mongodb(\+srv)?:\/\/)[^@/]*@/, '$1');
}

/** A source whose past can be asked. */
export type AnySource = LoggerSource | ArchiveSource;

/** Archives alone, or loggers. */
export async function openSources(session: PipeSession): Promise<readonly AnySource[]> {
  return isPast(session) ? archiveSources(session) : loggerSources(session);
}

/**
 * Asks the sources for their products and finds the venues in them. A logger that has just started may
 * not know its products yet: it is asked again, for as long as a call may take.
 * @throws CliError with exit code 5 when one is not there.
 */
export async function venuesOf(
  session: PipeSession,
  wanted: Wanted,
  sources: readonly Source[],
): Promise<readonly Venue[]> {
  const { clock, signal } = session;
  const untilMs = clock.monotonicMs() + timeoutMs(session.args);
  for (;;) {
    const { venues, missing } = found(wanted, await knownSources(sources, signal));
    if (missing.length === 0) return venues;
    if (clock.monotonicMs() >= untilMs || signal.aborted) {
      throw new CliError(
        EXIT.notRecorded,
        `${missing.join(', ')}: not recorded; see ${session.program} pairs`,
      );
    }
    await sleep(clock, ASK_AGAIN_MS, signal);
  }
}

export async function knownSources(
  sources: readonly Source[],
  signal: AbortSignal,
): Promise<readonly KnownSource[]> {
  return Promise.all(
    sources.map(async (source) => ({
      name: source.name,
      instruments: await source.instruments(signal),
    })),
  );
}

function found(wanted: Wanted, sources: readonly KnownSource[]): ReturnType<typeof findVenues> {
  const unknown = wanted.exchanges?.find(
    ({ source }) => source !== null && !sources.some(({ name }) => name === source),
  );
  if (unknown !== undefined) {
    throw usageError(
      `--exchanges: there is no source ${unknown.source}; name it with --logger or --archive`,
    );
  }
  try {
    return findVenues(wanted, sources);
  } catch (error) {
    throw cliErrorOf(error);
  }
}
