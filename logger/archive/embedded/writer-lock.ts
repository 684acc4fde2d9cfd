/**
 * One writer per archive directory, across processes and containers that share the directory.
 *
 * Each process that wants to write listens on a Unix socket of its own, of a random name, in the
 * directory. The kernel closes it when the process dies, however it dies: no process id is written
 * down that another process could inherit, and no clock is asked. A socket file that nobody listens
 * on any more (killed process, copied directory) refuses connections, and because its name is never
 * used again, anyone may delete it without a race.
 *
 * Who finds a live socket of another asks it: an owner says so, and the newcomer is refused. Two
 * that start together see each other as candidates: the one with the greater name withdraws, the
 * other waits for that. A name becomes visible only once it is listening, and each lists the
 * directory only after its own name is visible, so of any two at least one sees the other.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { ArchiveInUseError, ArchiveUnavailableError, describeError } from '../../errors.ts';

/** A live process that says nothing for so long is stopped or stuck, and counts as the owner. */
const ANSWER_TIMEOUT_MS = 2000;
/** Longest path of a Unix socket on Linux, less the closing zero. */
const SOCKET_PATH_MAX_BYTES = 107;
const NAME = /^writer-[0-9a-f]{16}\.sock$/;
const OWNER = 'o';
const CANDIDATE = 'c';
/**
 * How often a socket that closes without a word is asked again. A candidate that withdraws is gone
 * at the second time; an owner short of file descriptors closes like that again and again.
 */
const ASK_LIMIT = 10;

export interface WriterLock {
  /** Idempotent. */
  release(): Promise<void>;
}

/** @throws ArchiveInUseError; ArchiveUnavailableError when the directory can't hold a socket. */
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
      for (let asked = 0; answer === 'closed' && asked < ASK_LIMIT; asked++) {
        answer = await ask(this.#paths.of(other), other > this.#name);
      }
      if (answer === 'dead') {
        rmSync(join(this.#directory, other), { force: true });
      } else {
        throw new ArchiveInUseError(
          `A logger, or a copy, is writing to the archive in ${this.#directory}: stop it first, or name another directory`,
          { context: { directory: this.#directory } },
        );
      }
    }
    this.#state = 'owner';
    for (const socket of this.#waiting) socket.end(OWNER);
    this.#waiting.clear();
  }

  #welcome(socket: Socket): void {
    // The other side may go at any time; that harms nobody here.
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
      // An error here says that it was not listening, which is what is wanted.
      this.#server.close(() => {
        resolve();
      });
    });
    this.#paths.close();
  }
}

type Answer = 'owner' | 'rival' | 'silent' | 'closed' | 'dead';

/**
 * What the process behind a socket says. A candidate that has to give way (`mayWait`) is waited for:
 * it closes the connection when it does. A candidate that need not is a `rival`.
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
      // Anything but these two (a full backlog, no permission) means that somebody may be there.
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

/** Paths short enough for a socket: through the open directory where the real one is too long. */
class SocketPaths {
  readonly #directory: string;
  readonly #descriptor: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    const longest = Buffer.byteLength(join(directory, `.writer-${'0'.repeat(16)}.sock`));
    this.#descriptor = longest > SOCKET_PATH_MAX_BYTES ? openSync(directory, 'r') : undefined;
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
