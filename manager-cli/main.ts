#!/usr/bin/env node
/** The command `orderbook-manager`: `program.ts` with the real terminal, environment and signals. */

import process from 'node:process';
import { run } from './program.ts';

const SYSTEM_KEY_FILE = '/etc/finTechApp_logger/authkey';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first asks the command to end in order; a second one gets the default, the end at once.
  process.once(signal, () => interrupt.abort());
}

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupted: interrupt.signal,
  systemKeyFile: SYSTEM_KEY_FILE,
});
