/** A logger in a separate process, which can be killed and restarted on the same data. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '../../manager-cli/client.ts';
import type { LoggerClient } from '../../manager-cli/client.ts';
import type { Endpoint } from '../../manager-cli/endpoint.ts';
import { freePort } from '../../sandbox/demo/demo-process.ts';
import { until } from '../../sandbox/until.ts';

const LOGGER = fileURLToPath(new URL('../../logger/main.js', import.meta.url));
const COLLECTOR = new URL('collect-on-signal.js', import.meta.url).href;
/** By then a full collection has finished and the pages have been returned. */
const COLLECTED_AFTER_MS = 500;
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;
const CALL_LIMIT_MS = 15_000;
/** Variables inherited from the environment; all others are set by the soak. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_OPTIONS'];

export interface LoggerSettings {
  readonly dataDirectory: string;
  /** Its output is appended to this file. */
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Stop {
  /** The exit code; null if it had to be killed. */
  readonly code: number | null;
  readonly seconds: number;
}

export class LoggerProcess {
  readonly #settings: LoggerSettings;
  readonly #authkey = randomBytes(24).toString('hex');
  #child: ChildProcess | undefined;
  #client: LoggerClient | undefined;
  #endpoint: Endpoint | undefined;
  #metricsPort = 0;
  #lives = 0;
  #isUp = false;

  constructor(settings: LoggerSettings) {
    this.#settings = settings;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Number of starts. */
  get lives(): number {
    return this.#lives;
  }

  /** It has been started and not stopped. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  get client(): LoggerClient {
    if (!this.#client) throw new Error('The logger has not been started');
    return this.#client;
  }

  get endpoint(): Endpoint {
    if (!this.#endpoint) throw new Error('The logger has not been started');
    return this.#endpoint;
  }

  get metricsUrl(): string {
    return `http://127.0.0.1:${this.#metricsPort}/metrics`;
  }

  /** Starts the logger. Resolves when its manager port answers. */
  async start(): Promise<void> {
    const { dataDirectory, logFile, environment } = this.#settings;
    const port = await freePort();
    this.#metricsPort = await freePort();
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, ['--expose-gc', '--import', COLLECTOR, LOGGER], {
      cwd: dataDirectory,
      stdio: ['ignore', log, log],
      env: {
        ...passedOn(),
        ...environment,
        DATA_DIR: dataDirectory,
        MANAGER_PORT: String(port),
        MANAGER_AUTHKEY: this.#authkey,
        METRICS_PORT: String(this.#metricsPort),
      },
    });
    closeSync(log);
    this.#child = child;
    const endpoint = { host: '127.0.0.1', port, authkey: this.#authkey, tls: undefined };
    this.#endpoint = endpoint;
    const client = await until(
      'the logger to answer',
      () => {
        if (!this.isRunning) throw new Error('The logger exited while starting');
        // Retried until it listens.
        return connect(endpoint, CALL_LIMIT_MS).catch(() => null);
      },
      START_LIMIT_MS,
    );
    this.#client = client;
    this.#lives++;
    this.#isUp = true;
  }

  /** Resolves after a full garbage collection. */
  async collectGarbage(): Promise<void> {
    this.#child?.kill('SIGUSR2');
    await wait(COLLECTED_AFTER_MS);
  }

  /** Sends a signal and waits for the exit; kills the process after a timeout. */
  async end(signal: NodeJS.Signals): Promise<Stop> {
    this.#isUp = false;
    this.#client?.close();
    const child = this.#child;
    const startMs = performance.now();
    if (child && this.isRunning) {
      const ended = once(child, 'exit');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      child.kill(signal);
      await ended;
      clearTimeout(late);
    }
    return { code: child?.exitCode ?? null, seconds: (performance.now() - startMs) / 1000 };
  }

  /** Kills it immediately, as this process is exiting. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }
}

function passedOn(): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
