/** A manager port over fakes on a real socket, a raw client for it, and the CLI run in process. */

import { fileURLToPath } from 'node:url';
import { PassThrough, Readable, Writable } from 'node:stream';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import type { ChannelCredentials, ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { expect, vi } from 'vitest';
import type { LogFields } from '../../logger/runtime/log.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import type { ManagerAccess } from '../../logger/manager/gate/access.ts';
import type { ManagerLimits } from '../../logger/manager/limits.ts';
import { startManager } from '../../logger/manager/server.ts';
import type { ManagerPort } from '../../logger/manager/server.ts';
import type { ExchangeCandlesService } from '../../logger/series/exchange-candles.ts';
import type { Io } from '../../manager-cli/io.ts';
import { run } from '../../manager-cli/program.ts';
import { FakeControl } from './fake-control.ts';
import { FakeReader } from './fake-reader.ts';

export const KEY = 'a-key-of-more-than-16-characters';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export class LogBook {
  readonly lines: LogLine[] = [];
  readonly error = this.#level('error');
  readonly warning = this.#level('warning');
  readonly notice = this.#level('notice');
  readonly info = this.#level('info');
  readonly debug = this.#level('debug');

  #level(level: string): (message: string, fields?: LogFields) => void {
    return (message, fields = {}) => void this.lines.push({ level, message, fields });
  }

  at(level: string): LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }
}

export interface Port extends ManagerPort {
  readonly control: FakeControl;
  readonly reader: FakeReader;
  readonly log: LogBook;
}

/** These keys, in plaintext. */
export function accessWith(...keys: readonly string[]): ManagerAccess {
  return { keys, tls: null, warnings: [] };
}

export async function startPort(
  options: {
    readonly securities?: readonly string[];
    readonly clock?: Clock;
    readonly limits?: Partial<ManagerLimits>;
    readonly host?: string;
    readonly port?: number;
    readonly access?: ManagerAccess;
    readonly readAccess?: () => ManagerAccess;
    readonly exchangeCandles?: ExchangeCandlesService;
  } = {},
): Promise<Port> {
  const control = new FakeControl(...(options.securities ?? ['binance:BTCUSDT']));
  const reader = new FakeReader();
  const log = new LogBook();
  const manager = await startManager({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    access: options.access ?? accessWith(KEY),
    readAccess: options.readAccess ?? (() => accessWith(KEY)),
    control,
    reader,
    version: '9.9.9',
    clock: options.clock ?? createSystemClock(),
    log,
    ...(options.limits && { limits: options.limits }),
    ...(options.exchangeCandles && { exchangeCandles: options.exchangeCandles }),
  });
  return { ...manager, control, reader, log };
}

const definitions = loadSync(
  ['manager.proto', 'market.proto'].map((file) =>
    fileURLToPath(new URL(`../../proto/${file}`, import.meta.url)),
  ),
  { longs: String, enums: String, defaults: true },
);
/** The calls of both. */
const service = {
  ...(definitions['orderbook.manager.v1.Manager'] as ServiceDefinition),
  ...(definitions['orderbook.market.v1.Market'] as ServiceDefinition),
};

export function bearer(key: string = KEY): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${key}`);
  return metadata;
}

export interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly response: any;
  readonly metadata: Metadata;
}

/** A client without any of the CLI's manners. */
export class RawClient {
  readonly #client: Client;

  constructor(port: number, channel: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new Client(`127.0.0.1:${port}`, channel, {
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  unary(
    method: string,
    request: object,
    metadata: Metadata = bearer(),
    deadlineMs = 20_000,
  ): Promise<Outcome> {
    const { path, requestSerialize, responseDeserialize } = service[method]!;
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error: ServiceError | null, response: unknown) =>
          resolve({
            code: error?.code ?? 0,
            details: error?.details ?? '',
            response,
            metadata: error?.metadata ?? new Metadata(),
          }),
      );
    });
  }

  stream(method: string, request: object, metadata: Metadata = bearer()) {
    const { path, requestSerialize, responseDeserialize } = service[method]!;
    return this.#client.makeServerStreamRequest<any, any>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
    );
  }

  /** All parts, or the status that ended them. */
  async collect(
    method: string,
    request: object,
  ): Promise<{ parts: any[]; error: ServiceError | undefined }> {
    const parts: any[] = [];
    try {
      for await (const part of this.stream(method, request)) parts.push(part);
      return { parts, error: undefined };
    } catch (error) {
      return { parts, error: error as ServiceError };
    }
  }

  close(): void {
    this.#client.close();
  }
}

class Sink extends Writable {
  text = '';
  isTTY = false;
  columns = 200;
  rows = 50;
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** What is printed past the log while `run` runs: grpc-js prints through the console. */
export async function printedDuring(run: () => Promise<unknown>): Promise<string[]> {
  const printed: string[] = [];
  const note = (...words: unknown[]): boolean => {
    printed.push(words.map(String).join(' '));
    return true;
  };
  const spies = [
    vi.spyOn(console, 'error').mockImplementation(note),
    vi.spyOn(console, 'info').mockImplementation(note),
    vi.spyOn(process.stderr, 'write').mockImplementation(note),
  ];
  try {
    await run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return printed;
}

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of `--json`. */
  readonly json: any;
}

export interface CliOptions {
  readonly port?: number;
  readonly env?: Record<string, string>;
  /** What is typed; a terminal then. */
  readonly typed?: string;
  /** stdout and stderr are terminals. */
  readonly isTerminal?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly interrupted?: AbortSignal;
  readonly onStdout?: (text: string) => void;
  readonly systemKeyFile?: string;
}

/** Runs one command line, with the right key unless `env` says otherwise. */
export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const stdout = new Sink();
  const stderr = new Sink();
  stdout.isTTY = options.isTerminal ?? false;
  stderr.isTTY = options.isTerminal ?? false;
  stdout.columns = options.columns ?? stdout.columns;
  stdout.rows = options.rows ?? stdout.rows;
  const { onStdout } = options;
  if (onStdout) {
    const write = stdout._write.bind(stdout);
    stdout._write = (chunk, encoding, done) =>
      write(chunk, encoding, () => {
        done();
        onStdout(stdout.text);
      });
  }
  const typed = options.typed;
  const stdin: Io['stdin'] =
    typed === undefined
      ? Readable.from([])
      : Object.assign(new PassThrough().end(typed), { isTTY: true });
  const code = await run(argv, {
    stdin,
    stdout,
    stderr,
    env: {
      MANAGER_AUTHKEY: KEY,
      HOME: '/nonexistent',
      ...(options.port !== undefined && { MANAGER_PORT: String(options.port) }),
      ...options.env,
    },
    interrupted: options.interrupted ?? new AbortController().signal,
    systemKeyFile: options.systemKeyFile ?? '/nonexistent/authkey',
  });
  let json: unknown;
  try {
    json = JSON.parse(stdout.text);
  } catch {
    // Not JSON: the test that wanted it will say so.
    json = undefined;
  }
  return { code, stdout: stdout.text, stderr: stderr.text, json };
}

/** One line on stderr that matches, nothing on stdout. */
export function expectError(run: CliRun, code: number, text: RegExp): void {
  expect(run.stdout).toBe('');
  expect(run.stderr).toMatch(/^orderbook-manager: [^\n]+\n$/);
  expect(run.stderr).toMatch(text);
  expect(run.code).toBe(code);
}

/** Keys of one security in `list --json`, in order. */
export const LIST_KEYS = [
  'security',
  'level',
  'state',
  'feed',
  'sequence',
  'bestBid',
  'bestAsk',
  'lastMessageAge',
  'messageRate',
  'gaps',
  'lastBaseImage',
  'storedBytes',
];
