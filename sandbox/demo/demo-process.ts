/**
 * The demo's child processes: the logger, and the manager CLI once for each command. Nothing of the
 * caller's environment reaches them but what a program needs to run, so that the demo is the same
 * everywhere. Whatever happens, `close` leaves no process behind.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LoggerError } from '../../logger/errors.ts';

/** Something in the demo is not as it should be; the message says what. */
export class DemoError extends LoggerError {
  readonly code = 'conflict';
}

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LOGGER = fileURLToPath(new URL('../../logger/main.js', import.meta.url));
const MANAGER = fileURLToPath(new URL('../../manager-cli/main.js', import.meta.url));
/** Longest that a logger may take to open its port, or to stop. */
const START_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 12_000;
const COMMAND_LIMIT_MS = 25_000;
/** How much of a child's output is kept. */
const MAX_OUTPUT_CHARACTERS = 64 * 1024 * 1024;
const PROBE_EVERY_MS = 50;
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'SystemRoot', 'NODE_OPTIONS'];

export interface ProcessSettings {
  readonly dataDirectory: string;
  readonly managerPort: number;
  readonly authkey: string;
  /** What points the logger at the sandbox. */
  readonly exchanges: Readonly<Record<string, string>>;
}

export class DemoProcesses {
  readonly #settings: ProcessSettings;
  readonly #commands = new Set<ChildProcess>();
  #logger: ChildProcess | null = null;
  #loggerOutput = '';
  #loggerEnded: Promise<number> = Promise.resolve(0);

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
  }

  /** Starts the logger and waits until its manager port takes connections. @throws DemoError */
  async startLogger(): Promise<void> {
    const { dataDirectory, managerPort, authkey, exchanges } = this.#settings;
    const child = spawn(process.execPath, [LOGGER], {
      cwd: dataDirectory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...baseEnvironment(),
        DATA_DIR: dataDirectory,
        MANAGER_PORT: String(managerPort),
        MANAGER_AUTHKEY: authkey,
        ...exchanges,
        ORDERBOOK_UPDATEFREQUENCY: '100',
      },
    });
    const keep = (chunk: Buffer): void => {
      this.#loggerOutput = (this.#loggerOutput + chunk.toString()).slice(-4000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.#logger = child;
    this.#loggerEnded = ended(child);
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await takesConnections(managerPort))) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new DemoError(`The logger did not start:${this.loggerTail()}`);
      }
      if (performance.now() > deadline) {
        throw new DemoError(`The logger's port is not open after ${START_LIMIT_MS / 1000} s`);
      }
      await wait(PROBE_EVERY_MS);
    }
  }

  /** The last lines that the logger wrote. */
  loggerTail(): string {
    const lines = this.#loggerOutput.trim().split('\n').slice(-12);
    return lines.length === 1 && lines[0] === '' ? ' it said nothing' : `\n  ${lines.join('\n  ')}`;
  }

  isLoggerRunning(): boolean {
    return this.#logger?.exitCode === null && this.#logger.signalCode === null;
  }

  /** Waits for the logger to end by itself. @returns its exit code. @throws DemoError */
  async loggerExit(): Promise<number> {
    const late = Symbol('late');
    const limit = new AbortController();
    const timer = wait(STOP_LIMIT_MS, late, { signal: limit.signal }).catch(() => late);
    const outcome = await Promise.race([this.#loggerEnded, timer]);
    limit.abort();
    if (typeof outcome === 'number') return outcome;
    throw new DemoError(
      `The logger still runs ${STOP_LIMIT_MS / 1000} s after it was told to stop`,
    );
  }

  /** Runs one command of the manager CLI to its end. */
  async run(args: readonly string[]): Promise<CommandOutcome> {
    const child = spawn(process.execPath, [MANAGER, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_LIMIT_MS,
      env: {
        ...baseEnvironment(),
        MANAGER_PORT: String(this.#settings.managerPort),
        MANAGER_AUTHKEY: this.#settings.authkey,
      },
    });
    this.#commands.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_OUTPUT_CHARACTERS) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < MAX_OUTPUT_CHARACTERS) stderr += text;
    });
    const exitCode = await ended(child);
    this.#commands.delete(child);
    return { exitCode, stdout, stderr };
  }

  /** Ends what still runs: asks the logger first, then insists. */
  async close(): Promise<void> {
    for (const command of this.#commands) command.kill('SIGKILL');
    if (!this.isLoggerRunning()) return;
    this.#logger?.kill('SIGTERM');
    try {
      await this.loggerExit();
    } catch (error) {
      // It was asked and did not go: nothing may stay behind.
      this.killAll();
      await this.#loggerEnded;
      if (!(error instanceof DemoError)) throw error;
    }
  }

  /** At once; for the last moment of the process. */
  killAll(): void {
    for (const child of [...this.#commands, this.#logger]) child?.kill('SIGKILL');
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Exit code of a child; 128 for one that a signal ended or that could not be started. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(128));
    child.once('close', (code) => resolve(code ?? 128));
  });
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function baseEnvironment(): Record<string, string> {
  const passed: Record<string, string> = { LOGLEVEL: 'warning' };
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}
