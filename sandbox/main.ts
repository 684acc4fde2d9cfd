#!/usr/bin/env node
/**
 * `npm run sandbox`: serves the sandbox exchange on loopback until it is stopped. It first prints the
 * settings that point a logger at it, one per line, then a note for people as comments, so that the
 * whole output can serve as an environment file.
 */

import yargs from 'yargs';
import type { Options } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { describeError, InvalidArgumentError } from '../logger/errors.ts';
import { upperCaseAscii } from '../logger/market/security.ts';
import { FAULT_TYPES, parseFault } from './faults/faults.ts';
import type { Fault } from './faults/faults.ts';
import { startSandbox } from './sandbox.ts';
import type { Sandbox, SandboxOptions, ServedVenue } from './sandbox.ts';
import { DEFAULT_SYMBOLS } from './market/symbols.ts';
import { VENUES } from './venues/venues.ts';

/** No other part of the project uses this port by default. */
const DEFAULT_PORT = 6680;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Uses `--port`; the others have an option of their own. */
const [FIRST_VENUE, ...OTHER_VENUES] = VENUES;

/** `a and b`; `a, b, and c` */
const LIST = new Intl.ListFormat('en');

class UsageError extends InvalidArgumentError {}

async function main(): Promise<number> {
  const options = await readOptions();
  const stopped = nextSignal();
  let sandbox: Sandbox;
  try {
    sandbox = await startSandbox(options);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(error.message);
    throw error;
  }
  process.stdout.write(`${describe(sandbox, String(options.seed))}\n`);
  await stopped;
  await sandbox.close();
  return 0;
}

function describe({ loggerSettings, venues }: Sandbox, seed: string): string {
  const served = Object.values(venues);
  const symbols = served.map((venue) => `${venue.symbols.join(', ')} (${venue.title})`);
  return [
    ...Object.entries(loggerSettings).map((pair) => pair.join('=')),
    '',
    `# Sandbox exchange with ${LIST.format(symbols)}, seed ${seed}.`,
    '# Make it misbehave:',
    ...served.map((venue) => `#   ${faultCommand(venue)}`),
    '# Stop with Ctrl-C.',
  ].join('\n');
}

/** A shell command that drops the next update of the venue's first symbol. */
function faultCommand({ symbols, restUrl }: ServedVenue): string {
  const fault = JSON.stringify({ type: 'drop-diffs', symbol: symbols[0], count: 1 });
  return `curl -d '${fault}' ${restUrl}/sandbox/misbehave`;
}

const OPTIONS = {
  seed: { type: 'string', default: '1', describe: 'Determines what the market does' },
  port: {
    type: 'number',
    default: DEFAULT_PORT,
    describe: `WebSocket and REST port of ${FIRST_VENUE.title}; 0: any free port`,
  },
  'rest-port': {
    type: 'number',
    describe: `A separate REST port for ${FIRST_VENUE.title}`,
  },
  symbols: {
    type: 'string',
    default: DEFAULT_SYMBOLS.map((profile) => profile.symbol).join(','),
    describe: 'Comma-separated',
  },
  pace: {
    type: 'number',
    default: 200,
    describe: 'Orders, cancels and trades per second in a busy market',
  },
  'connection-life': {
    type: 'number',
    describe: `Seconds after which ${FIRST_VENUE.title} closes a connection (24 hours)`,
  },
  mirror: {
    type: 'string',
    array: true,
    describe: 'A venue that trades a copy of the markets, whose prices the fault "skew" moves',
  },
  misbehave: {
    type: 'string',
    array: true,
    describe: `A fault as JSON, injected from the start; "type" is one of ${FAULT_TYPES.join(', ')}`,
  },
} as const satisfies Record<string, Options>;

function venuePortOptions(): Record<string, Options> {
  const entries = OTHER_VENUES.map(({ name, title }, index): [string, Options] => [
    `${name}-port`,
    {
      type: 'number',
      describe: `WebSocket and REST port of ${title}; --port + ${index + 1} by default`,
    },
  ]);
  return Object.fromEntries(entries);
}

async function readOptions(): Promise<SandboxOptions> {
  const parser = yargs(hideBin(process.argv))
    .scriptName('npm run sandbox --')
    .usage(
      `$0 [options]\n\nA sandbox exchange on loopback that speaks the protocols of ${LIST.format(VENUES.map(({ title }) => title))}.`,
    )
    .options(OPTIONS)
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw new UsageError(message ?? describeError(error));
    });
  // Apart, since options with computed names would blur the types of the others.
  parser.options(venuePortOptions());
  const given = await parser.parseAsync();
  if (given['help'] === true || given['version'] === true) process.exit(0);
  const { seed, pace, port, restPort, connectionLife } = given;
  const first = FIRST_VENUE.name;
  return {
    seed,
    pace,
    ports: { [first]: portOf('port', port), ...otherPorts(port, given) },
    ...(restPort === undefined ? {} : { restPorts: { [first]: portOf('rest-port', restPort) } }),
    symbols: given.symbols
      .split(',')
      .map((symbol) => upperCaseAscii(symbol.trim()))
      .filter((symbol) => symbol !== ''),
    ...(connectionLife === undefined
      ? {}
      : { limits: { [first]: { connectionLifeMs: connectionLife * 1000 } } }),
    mirrors: (given.mirror ?? []).flatMap((names) => names.split(',')),
    faults: (given.misbehave ?? []).map((text) => faultOf(text)),
  };
}

/** Each further venue's port is one above the one before, unless given. */
function otherPorts(
  firstPort: number,
  given: Readonly<Record<string, unknown>>,
): Record<string, number> {
  const entries = OTHER_VENUES.map(({ name }, index): [string, number] => {
    const option = `${name}-port`;
    const byDefault = firstPort === 0 ? 0 : firstPort + index + 1;
    return [name, portOf(option, (given[option] as number | undefined) ?? byDefault)];
  });
  return Object.fromEntries(entries);
}

function portOf(name: string, port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`${name}: ${port} is not a port (0 to 65535)`);
}

function faultOf(text: string): Fault {
  try {
    return parseFault(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`misbehave: ${describeError(error)}`);
  }
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function isPortInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

try {
  process.exitCode = await main();
} catch (error) {
  const hint = isPortInUse(error) ? ' (stop the other process, or choose another --port)' : '';
  process.stderr.write(`sandbox: ${describeError(error)}${hint}\n`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}
