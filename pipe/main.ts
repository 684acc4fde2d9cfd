#!/usr/bin/env node
/** The command `orderbook-pipe`: `program/program.ts` with the real terminal, environment and signals. */

import process from 'node:process';
import { describeError } from '../logger/errors.ts';
import { EXIT } from '../manager-cli/exit-codes.ts';
import { drained } from '../manager-cli/output.ts';
import { run } from './program/program.ts';
import { NAME } from './program/program-name.ts';

const SYSTEM_KEY_FILE = '/etc/finTechApp_logger/authkey';

const interrupt = new AbortController();
const onSignal = (): void => interrupt.abort();
// The first signal asks the command to end in order; a second one kills it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);

// Timers of the injected clock alone keep no process alive; a run does until it ends.
const alive = setInterval(() => undefined, 60_000);

let exitCode: number = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupted: interrupt.signal,
  systemKeyFile: SYSTEM_KEY_FILE,
});

clearInterval(alive);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
const lost = await drained(process.stdout);
if (lost && exitCode === EXIT.done) {
  process.stderr.write(`${NAME}: stdout can't be written: ${describeError(lost)}\n`);
  exitCode = EXIT.failed;
}
await drained(process.stderr);
// Not left to the event loop: an unanswered connection would keep it alive.
process.exit(exitCode);
