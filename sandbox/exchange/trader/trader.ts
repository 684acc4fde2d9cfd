/**
 * A trader's side of the connection: sends commands one after the other, and says what became of them and of
 * orders that rest. Knows no terminal.
 */

import type { WebSocket } from 'ws';
import { FeedClosedError } from '../../../logger/errors.ts';
import type { Credentials } from '../wire/requests.ts';
import type { TypedCommand } from './typed-command.ts';
import { lineOf } from './trader-lines.ts';
import type { Incoming } from './trader-lines.ts';

interface Waiting {
  readonly resolve: (answer: Incoming) => void;
  readonly reject: (error: Error) => void;
}

export class Trader {
  readonly #socket: WebSocket;
  readonly #say: (line: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #own = new Set<string>();
  /** What came before the answer that says whose it is. */
  readonly #held: Incoming[] = [];
  #isLoggedIn = false;
  #ref = 0;

  /** @param socket is open already. */
  constructor(socket: WebSocket, say: (line: string) => void) {
    this.#socket = socket;
    this.#say = say;
    socket.on('message', (data: Buffer) =>
      this.#take(JSON.parse(data.toString('utf8')) as Incoming),
    );
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(lost());
      this.#waiting.clear();
    });
  }

  /** @returns whether the exchange accepts it. */
  async logIn({ username, password }: Credentials): Promise<boolean> {
    if (!(await this.#ask({ op: 'login', username, password }))) return false;
    if (!(await this.#ask({ op: 'subscribe', args: ['account'] }))) return false;
    // Behind all that the subscription brings.
    const account = await this.#ask({ op: 'account' });
    this.#isLoggedIn = true;
    if (account) this.#tell(account);
    return account !== undefined;
  }

  /** @returns whether the exchange accepts it. */
  async execute(command: TypedCommand): Promise<boolean> {
    if (command.kind === 'order') {
      const { side, price, size } = command;
      return (await this.#ask({ op: 'order', side, price, size })) !== undefined;
    }
    if (command.kind === 'cancel')
      return (await this.#ask({ op: 'cancel', id: command.id })) !== undefined;
    if (command.kind === 'account') await this.#ask({ op: 'account' });
    return true;
  }

  /** @returns undefined where it is rejected, which is said. */
  async #ask(message: Readonly<Record<string, unknown>>): Promise<Incoming | undefined> {
    const ref = ++this.#ref;
    const asked = new Promise<Incoming>((resolve, reject) => {
      this.#waiting.set(ref, { resolve, reject });
    });
    if (this.#socket.readyState !== this.#socket.OPEN) throw lost();
    this.#socket.send(JSON.stringify({ ...message, ref }));
    const answer = await asked;
    if (answer.id !== undefined) this.#own.add(answer.id);
    for (const held of this.#held.splice(0)) this.#tell(held);
    if (answer.error === undefined) return answer;
    this.#say(`${answer.status}: ${answer.error}`);
    return undefined;
  }

  #take(message: Incoming): void {
    const { ref } = message;
    const waiting = typeof ref === 'number' ? this.#waiting.get(ref) : undefined;
    if (waiting && typeof ref === 'number') {
      this.#waiting.delete(ref);
      if (message.table !== undefined) this.#held.push(message);
      waiting.resolve(message);
    } else if (this.#waiting.size > 0 || this.#held.length > 0) {
      this.#held.push(message);
    } else {
      this.#tell(message);
    }
  }

  #tell(message: Incoming): void {
    const id = message.data?.[0]?.['id'];
    if (!this.#isLoggedIn) return;
    if (message.table !== 'account' && !this.#own.has(String(id))) return;
    const line = lineOf(message);
    if (line !== undefined) this.#say(line);
  }
}

function lost(): FeedClosedError {
  return new FeedClosedError('The exchange closed the connection');
}
