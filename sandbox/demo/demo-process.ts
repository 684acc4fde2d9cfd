/**
 * The demo's child processes: the logger, and manager CLI or pipe once per command. They inherit only the
 * few environment variables that any program needs, so that the demo runs the same everywhere.
 * `close` leaves no process behind.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { LoggerError } from '../../logger/errors.ts';
import { within } from '../../logger/runtime/timing.ts';
import { systemClock } from '../server/system-clock.ts';
import { until } from '../until.ts';

/** The demo found something wrong. */
export class DemoError extends LoggerError {
  readonly code = 'conflict';
}

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command in the background. */
export interface RunningCommand {
  readonly ended: Promise<CommandOutcome>;
  /** What it has written so far. */
  output(): CommandOutcome;
  isRunning(): boolean;
  /** As Ctrl-C. */
  interrupt(): Promise<CommandOutcome>;
}

const LOGGER = fileURLToPath(new URL('../../logger/main.js', import.meta.url));
/** What is run once per command, by the name of its npm script. */
const PROGRAMS = {
  manager: fileURLToPath(new URL('../../manager-cli/main.js', import.meta.url)),
  pipe: fileURLToPath(new URL('../../pipe/main.js', import.meta.url)),
} as const;
export type Program = keyof typeof PROGRAMS;

const START_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 12_000;
/** Further output of a command is dropped. */
const MAX_OUTPUT_CHARACTERS = 64 * 1024 * 1024;
const PROBE_EVERY_MS = 50;
const INHERITED = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'SystemRoot', 'NODE_OPTIONS'];

export interface ProcessSettings {
  readonly dataDirectory: string;
  readonly managerPort: number;
  readonly authkey: string;
  readonly commandLimitMs: number;
  /** Where commands run. Default: where the demo does. */
  readonly commandDirectory?: string;
  /** Settings that point the logger at the sandbox. */
  readonly exchanges: Readonly<Record<string, string>>;
}

export class DemoProcesses {
  readonly #settings: ProcessSettings;
  readonly #commands = new Set<ChildProcess>();
  #logger: ChildProcess | null = null;
  #loggerOutput = '';
  #loggerExited: Promise<number> = Promise.resolve(0);

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
  }

  /** Starts the logger and waits until its manager port accepts connections. @throws DemoError */
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
    this.#loggerExited = exitOf(child);
    const isOpen = (): Promise<boolean> => {
      if (!this.isLoggerRunning()) {
        throw new DemoError(`The logger did not start:${this.loggerTail()}`);
      }
      return acceptsConnections(managerPort);
    };
    await until("the logger's manager port", isOpen, START_LIMIT_MS, PROBE_EVERY_MS);
  }

  /** The last lines of the logger's output. */
  loggerTail(): string {
    const lines = this.#loggerOutput.trim().split('\n').slice(-12);
    return lines.length === 1 && lines[0] === '' ? ' no output' : `\n  ${lines.join('\n  ')}`;
  }

  isLoggerRunning(): boolean {
    return this.#logger?.exitCode === null && this.#logger.signalCode === null;
  }

  /** Waits until the logger has exited. @returns its exit code. @throws DemoError */
  loggerExit(): Promise<number> {
    return within(systemClock(), STOP_LIMIT_MS, this.#loggerExited, () => {
      throw new DemoError(`The logger has not stopped within ${STOP_LIMIT_MS / 1000} s`);
    });
  }

  /** Runs one command of a program. */
  run(args: readonly string[], program: Program = 'manager'): Promise<CommandOutcome> {
    return this.#spawn(args, program, this.#settings.commandLimitMs).ended;
  }

  /** Starts a command that goes on until it is stopped. */
  start(args: readonly string[], program: Program): RunningCommand {
    return this.#spawn(args, program);
  }

  #spawn(args: readonly string[], program: Program, timeout?: number): RunningCommand {
    const child = spawn(process.execPath, [PROGRAMS[program], ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.#settings.commandDirectory,
      ...(timeout !== undefined && { timeout }),
      env: {
        ...baseEnvironment(),
        MANAGER_PORT: String(this.#settings.managerPort),
        MANAGER_AUTHKEY: this.#settings.authkey,
        // As npm sets them: hints are to be copied from what is shown here.
        npm_lifecycle_event: program,
        npm_package_name: 'orderbook-logger',
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
    const ended = exitOf(child).then((exitCode) => {
      this.#commands.delete(child);
      return { exitCode, stdout, stderr };
    });
    return {
      ended,
      output: () => ({ exitCode: child.exitCode ?? 0, stdout, stderr }),
      isRunning: () => child.exitCode === null && child.signalCode === null,
      interrupt: () => {
        child.kill('SIGINT');
        return ended;
      },
    };
  }

  /** Stops what still runs: the logger by SIGTERM, then by SIGKILL. */
  async close(): Promise<void> {
    for (const command of this.#commands) command.kill('SIGKILL');
    if (!this.isLoggerRunning()) return;
    this.#logger?.kill('SIGTERM');
    try {
      await this.loggerExit();
    } catch (error) {
      this.killAll();
      await this.#loggerExited;
      if (!(error instanceof DemoError)) throw error;
    }
  }

  /** Immediately, for `process.on('exit')`. */
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

/** Exit code of a child; 128 if a signal ended it or it could not be started. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(128));
    child.once('close', (code) => resolve(code ?? 128));
  });
}

function acceptsConnections(port: number): Promise<boolean> {
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
  const environment: Record<string, string> = { LOGLEVEL: 'warning' };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
