/** A logger as a process of its own, which can be killed and started again on the same data. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '../../manager-cli/client.ts';
import type { LoggerClient } from '../../manager-cli/client.ts';
import { freePort } from '../../sandbox/demo/demo-process.ts';
import { until } from '../../sandbox/until.ts';

const LOGGER = fileURLToPath(new URL('../../logger/main.js', import.meta.url));
const COLLECTOR = new URL('collect-on-signal.js', import.meta.url).href;
/** A full collection is over, and the pages are given back. */
const COLLECTED_AFTER_MS = 500;
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;
const CALL_LIMIT_MS = 15_000;
/** Of the environment; all else is the soak's own. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_OPTIONS'];

export interface LoggerSettings {
  readonly dataDirectory: string;
  /** What it says goes to the end of this file. */
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Stop {
  /** null: it had to be killed. */
  readonly code: number | null;
  readonly seconds: number;
}

export class LoggerProcess {
  readonly #settings: LoggerSettings;
  readonly #authkey = randomBytes(24).toString('hex');
  #child: ChildProcess | undefined;
  #client: LoggerClient | undefined;
  #metricsPort = 0;
  #lives = 0;
  #isUp = false;

  constructor(settings: LoggerSettings) {
    this.#settings = settings;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** How often it was started. */
  get lives(): number {
    return this.#lives;
  }

  /** It was started, and nobody has ended it. */
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

  get metricsUrl(): string {
    return `http://127.0.0.1:${this.#metricsPort}/metrics`;
  }

  /** Resolves when its manager port answers. */
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
    const client = await until(
      'the logger to answer',
      () => {
        if (!this.isRunning) throw new Error('The logger ended while it was starting');
        // Nobody listens yet: asked again.
        return connect(endpoint, CALL_LIMIT_MS).catch(() => null);
      },
      START_LIMIT_MS,
    );
    this.#client = client;
    this.#lives++;
    this.#isUp = true;
  }

  /** Resolves when everything that was garbage is gone. */
  async collectGarbage(): Promise<void> {
    this.#child?.kill('SIGUSR2');
    await wait(COLLECTED_AFTER_MS);
  }

  /** Sends a signal and waits for the end; kills what does not end in time. */
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

  /** At once; for the last moment of this process. */
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
