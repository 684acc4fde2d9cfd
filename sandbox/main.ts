#!/usr/bin/env node
/**
 * `npm run sandbox`: the sandbox exchange by itself, on loopback, until it is told to stop. First it
 * prints the variables that point a logger at it, one a line, then a note for people, whose lines
 * are comments to whoever reads the variables from a file.
 */

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { describeError, InvalidArgumentError } from '../logger/errors.ts';
import { loggerSettings } from './logger-settings.ts';
import { parseSwitch, SWITCH_TYPES } from './faults/fault-injector.ts';
import type { Switch } from './faults/fault-injector.ts';
import { startSandbox } from './sandbox.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import { DEFAULT_SYMBOLS } from './market/symbols.ts';

/** The port where nothing else of this project lives; 0 takes a free one. */
const DEFAULT_PORT = 6680;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

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
  const variables = Object.entries(loggerSettings(sandbox)).map((pair) => pair.join('='));
  process.stdout.write(
    `${variables.join('\n')}\n` +
      `\n# Sandbox exchange with ${sandbox.symbols.join(', ')} (Binance) and ${sandbox.products.join(', ')} (Coinbase), seed ${String(options.seed)}.\n` +
      `# Make it misbehave:\n#   ${misbehaving(sandbox.symbols[0], sandbox.restUrl)}\n` +
      `#   ${misbehaving(sandbox.products[0], sandbox.coinbaseRestUrl)}\n` +
      `# Stop with Ctrl-C.\n`,
  );
  await stopped;
  await sandbox.close();
  return 0;
}

/** What makes a symbol's next message disappear, for a shell. */
function misbehaving(symbol: string | undefined, restUrl: string): string {
  const change = JSON.stringify({ type: 'drop-diffs', symbol, count: 1 });
  return `curl -d '${change}' ${restUrl}/sandbox/misbehave`;
}

async function readOptions(): Promise<SandboxOptions> {
  const given = await yargs(hideBin(process.argv))
    .scriptName('npm run sandbox --')
    .usage(
      '$0 [options]\n\nA sandbox exchange that speaks the protocols of Binance and Coinbase, on loopback.',
    )
    .option('seed', {
      type: 'string',
      default: '1',
      describe: 'What the market does follows from it',
    })
    .option('port', {
      type: 'number',
      default: DEFAULT_PORT,
      describe: 'WebSocket and REST; 0 takes a free one',
    })
    .option('rest-port', { type: 'number', describe: 'A port of its own for REST' })
    .option('coinbase-port', {
      type: 'number',
      describe: 'The same for Coinbase; one above --port by default',
    })
    .option('symbols', {
      type: 'string',
      default: DEFAULT_SYMBOLS.map((profile) => profile.symbol).join(','),
      describe: 'Comma-separated',
    })
    .option('pace', {
      type: 'number',
      default: 200,
      describe: 'Actions of the traders of a busy symbol in one second',
    })
    .option('connection-life', {
      type: 'number',
      describe: 'Seconds after which a connection is closed (24 hours)',
    })
    .option('misbehave', {
      type: 'string',
      array: true,
      describe: `A switch as JSON, set from the start; "type" is one of ${SWITCH_TYPES.join(', ')}`,
    })
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw new UsageError(message ?? describeError(error));
    })
    .parseAsync();
  if (given['help'] === true || given['version'] === true) process.exit(0);
  return {
    seed: given.seed,
    port: portOf('port', given.port),
    coinbasePort: portOf(
      'coinbase-port',
      given.coinbasePort ?? (given.port === 0 ? 0 : given.port + 1),
    ),
    ...(given.restPort === undefined ? {} : { restPort: portOf('rest-port', given.restPort) }),
    symbols: given.symbols
      .split(',')
      .map((symbol) => symbol.trim().toUpperCase())
      .filter((symbol) => symbol !== ''),
    pace: given.pace,
    ...(given.connectionLife === undefined
      ? {}
      : { limits: { connectionLifeMs: given.connectionLife * 1000 } }),
    faults: (given.misbehave ?? []).map((text) => switchOf(text)),
  };
}

function portOf(name: string, port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`${name}: ${port} is not a port (0 to 65535)`);
}

function switchOf(text: string): Switch {
  try {
    return parseSwitch(JSON.parse(text));
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
  const hint = isPortInUse(error) ? ' (stop what uses it, or choose another with --port)' : '';
  process.stderr.write(`sandbox: ${describeError(error)}${hint}\n`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}
