/**
 * A MongoDB server as a child process that a test can kill and restart on the same data and port: a
 * `mongod`, or the compatible server at `MONGODB_TEST_SERVER`.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

/** A server program and its arguments. */
export interface ServerProgram {
  readonly path: string;
  readonly args: (directory: string, port: number) => string[];
}

export interface MongoProcess {
  readonly uri: string;
  readonly port: number;
  /** Starts on the same data and port as before. Resolves when it accepts connections. */
  start(): Promise<void>;
  /** Sends a signal: SIGSTOP makes it hang. */
  signal(name: NodeJS.Signals): void;
  /** Sends a signal and waits for the process to exit. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** The first `mongod` on the PATH. */
export function mongodOnPath(env: NodeJS.ProcessEnv): ServerProgram | undefined {
  const path = (env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'mongod'))
    .find(isExecutable);
  return (
    (path && {
      path,
      args: (directory, port) => [
        '--dbpath',
        directory,
        '--port',
        String(port),
        '--bind_ip',
        '127.0.0.1',
        '--nounixsocket',
        '--quiet',
      ],
    }) ||
    undefined
  );
}

/** A server that a test may kill: a `mongod`, else `MONGODB_TEST_SERVER`. */
export function killableServer(env: NodeJS.ProcessEnv): ServerProgram | undefined {
  const named = env['MONGODB_TEST_SERVER'];
  return (
    mongodOnPath(env) ??
    (named
      ? { path: named, args: (dir, port) => ['-dir', dir, '-addr', `127.0.0.1:${port}`] }
      : undefined)
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Missing or not executable here: look in the next folder.
    return false;
  }
}

/** The returned server is not started yet. */
export async function mongoProcess(
  program: ServerProgram,
  directory: string,
): Promise<MongoProcess> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  let said = '';
  return {
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    port,
    start: async () => {
      const started = spawn(program.path, program.args(directory, port), {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (piece: Buffer) => (said = `${said}${piece.toString()}`.slice(-2000)));
      }
      await until(
        'the MongoDB server',
        () => {
          if (started.exitCode !== null) throw new Error(`${program.path} ended: ${said}`);
          return takesConnections(port);
        },
        20_000,
      );
    },
    signal: (name) => void child?.kill(name),
    end: async (signal) => {
      const ending = child;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
      const ended = once(ending, 'close');
      ending.kill(signal);
      await ended;
    },
  };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
