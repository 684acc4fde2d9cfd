/**
 * One writer per archive directory, across processes and containers that share the directory.
 *
 * Each process that wants to write listens on its own Unix socket, with a random name, in the
 * directory. The kernel closes it when the process dies, however it dies: there is no process id
 * that another process could inherit, and no timeout. A socket file without a listener (killed
 * process, copied directory) refuses connections, and because its name is never reused, anyone may
 * delete it without a race.
 *
 * A process that finds another's live socket asks it. An owner answers so, and the newcomer gives
 * up. Two that start together see each other as candidates: the one with the greater name
 * withdraws, the other waits for that. A name becomes visible only once its socket is listening,
 * and each process lists the directory only after its own name is visible, so of any two at least
 * one sees the other.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { ArchiveInUseError, ArchiveUnavailableError, describeError } from '../../errors.ts';

/** A live process that does not answer for this long is stopped or stuck, and counts as the owner. */
const ANSWER_TIMEOUT_MS = 2000;
/** Longest path of a Unix socket on Linux, without the terminating zero. */
const MAX_SOCKET_PATH_BYTES = 107;
const NAME = /^writer-[0-9a-f]{16}\.sock$/;
const OWNER = 'o';
const CANDIDATE = 'c';
/**
 * How often a socket that closes without an answer is asked again. A candidate that withdraws is gone
 * the second time; an owner that is out of file descriptors closes every time.
 */
const MAX_ATTEMPTS = 10;

export interface WriterLock {
  /** Idempotent. */
  release(): Promise<void>;
}

/** @throws ArchiveInUseError; ArchiveUnavailableError if the directory cannot hold a socket. */
export async function lockForWriting(directory: string): Promise<WriterLock> {
  const candidate = await Candidate.stand(directory);
  try {
    await candidate.elect();
  } catch (error) {
    await candidate.release();
    throw error;
  }
  return candidate;
}

class Candidate implements WriterLock {
  readonly #directory: string;
  readonly #paths: SocketPaths;
  readonly #name: string;
  readonly #server: Server;
  readonly #waiting = new Set<Socket>();
  #state: 'candidate' | 'owner' | 'released' = 'candidate';

  private constructor(directory: string, paths: SocketPaths, name: string) {
    this.#directory = directory;
    this.#paths = paths;
    this.#name = name;
    this.#server = createServer((socket) => {
      this.#welcome(socket);
    });
  }

  static async stand(directory: string): Promise<Candidate> {
    const paths = new SocketPaths(directory);
    const name = `writer-${randomBytes(8).toString('hex')}.sock`;
    const candidate = new Candidate(directory, paths, name);
    try {
      const hidden = `.${name}`;
      await listen(candidate.#server, paths.of(hidden));
      candidate.#server.unref();
      renameSync(join(directory, hidden), join(directory, name));
    } catch (error) {
      await candidate.release();
      throw new ArchiveUnavailableError(
        `The archive in ${directory} can't be locked: ${describeError(error)}`,
        { cause: error },
      );
    }
    return candidate;
  }

  async elect(): Promise<void> {
    for (const other of readdirSync(this.#directory)) {
      if (!NAME.test(other) || other === this.#name) continue;
      let answer: Answer = 'closed';
      for (let asked = 0; answer === 'closed' && asked < MAX_ATTEMPTS; asked++) {
        answer = await ask(this.#paths.of(other), other > this.#name);
      }
      if (answer === 'dead') {
        rmSync(join(this.#directory, other), { force: true });
      } else {
        throw new ArchiveInUseError(
          `A logger or a copy is writing to the archive in ${this.#directory}: stop it first, or use another directory`,
          { context: { directory: this.#directory } },
        );
      }
    }
    this.#state = 'owner';
    for (const socket of this.#waiting) socket.end(OWNER);
    this.#waiting.clear();
  }

  #welcome(socket: Socket): void {
    // The other side may disappear at any time; that is harmless.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#waiting.delete(socket));
    socket.unref();
    socket.resume();
    if (this.#state === 'owner') {
      socket.end(OWNER);
    } else {
      socket.write(CANDIDATE);
      this.#waiting.add(socket);
    }
  }

  async release(): Promise<void> {
    if (this.#state === 'released') return;
    this.#state = 'released';
    rmSync(join(this.#directory, this.#name), { force: true });
    for (const socket of this.#waiting) socket.destroy();
    await new Promise<void>((resolve) => {
      // An error means that it was not listening, which is just as well.
      this.#server.close(() => {
        resolve();
      });
    });
    this.#paths.close();
  }
}

type Answer = 'owner' | 'rival' | 'silent' | 'closed' | 'dead';

/**
 * Asks the process behind a socket. A candidate that has to withdraw is waited for (`mayWait`): it
 * closes the connection when it does. A candidate that need not withdraw is a `rival`.
 */
function ask(path: string, mayWait: boolean): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    let isConnected = false;
    const settle = (answer: Answer): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      settle('silent');
    });
    socket.on('connect', () => {
      isConnected = true;
    });
    socket.on('data', (data) => {
      const heard = data.toString();
      if (heard.includes(OWNER)) settle('owner');
      else if (!mayWait) settle('rival');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (isConnected) return;
      // Any other error (a full backlog, no permission) means that a process may be listening.
      settle(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'dead' : 'silent');
    });
    socket.on('close', () => {
      settle('closed');
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Paths short enough for a socket: through the open directory if the real path is too long. */
class SocketPaths {
  readonly #directory: string;
  readonly #descriptor: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    const longest = Buffer.byteLength(join(directory, `.writer-${'0'.repeat(16)}.sock`));
    this.#descriptor = longest > MAX_SOCKET_PATH_BYTES ? openSync(directory, 'r') : undefined;
  }

  of(name: string): string {
    return this.#descriptor === undefined
      ? join(this.#directory, name)
      : `/proc/self/fd/${this.#descriptor}/${name}`;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}
