/**
 * One connection of a trader or a reader. Its messages are taken in order; a login holds back those behind it.
 * Knows no socket: it gets text, and sends text.
 */

import { InvalidArgumentError } from '../../../logger/errors.ts';
import type { Clock } from '../../../logger/runtime/clock.ts';
import type { Command } from '../engine/commands.ts';
import type { ExchangeRunner } from '../exchange-runner.ts';
import {
  acceptedMessage,
  accountMessage,
  errorMessage,
  subscribedMessage,
} from '../wire/messages.ts';
import { formatOrderId, parseOrderId } from '../wire/order-ids.ts';
import { headOf, NO_HEAD, parseMessage, requestOf } from '../wire/requests.ts';
import type { Credentials, Request, RequestHead, Table, Topic } from '../wire/requests.ts';
import type { Logins } from './logins.ts';
import type { ServerLimits } from './limits.ts';
import { digestOf } from './passwords.ts';

export interface ClientDeps {
  readonly runner: ExchangeRunner;
  readonly logins: Logins;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly send: (text: string) => void;
  /** The book as it is, when the client is to get it. */
  readonly partial: (table: 'orderBookL2' | 'orderBookL3') => string;
  /** The exchange failed: what became of a command is not known. */
  readonly disconnect: () => void;
}

export class Client {
  /** null: not logged in. */
  user: number | null = null;
  readonly tables = new Set<Table>();
  readonly #deps: ClientDeps;
  /** Of the credentials that were right last. */
  #digest: Buffer | null = null;
  /** Messages behind a login that is being checked; null: none is. */
  #waiting: string[] | null = null;
  #tokens: number;
  #refilledMs: number;

  constructor(deps: ClientDeps) {
    this.#deps = deps;
    this.#tokens = deps.limits.messagesPerSecond;
    this.#refilledMs = deps.clock.monotonicMs();
  }

  /** @param text undefined: a binary message. */
  receive(text: string | undefined): void {
    const { limits, send } = this.#deps;
    if (!this.#takeToken()) {
      send(errorMessage(429, `More than ${limits.messagesPerSecond} messages a second`, NO_HEAD));
    } else if (text === undefined) {
      send(errorMessage(400, 'The message is not text', NO_HEAD));
    } else if (Buffer.byteLength(text) > limits.maxMessageBytes) {
      send(
        errorMessage(400, `The message is larger than ${limits.maxMessageBytes} bytes`, NO_HEAD),
      );
    } else if (!this.#waiting) {
      this.#take(text);
    } else if (this.#waiting.length < limits.maxWaitingMessages) {
      this.#waiting.push(text);
    } else {
      send(errorMessage(429, 'Too many messages wait for a login', NO_HEAD));
    }
  }

  /** From here on the client gets what happens to the book, and first of all the book as it is. */
  async subscribe(table: Table): Promise<void> {
    const { runner, send, partial } = this.#deps;
    if (this.tables.has(table)) return;
    await runner.between(() => {
      this.tables.add(table);
      if (table === 'orderBookL2' || table === 'orderBookL3') send(partial(table));
      if (table === 'account' && this.user !== null)
        send(accountMessage('partial', runner.state.accounts.get(this.user)));
    });
  }

  #take(text: string): void {
    if (text === 'ping') return this.#deps.send('pong');
    let head = NO_HEAD;
    try {
      const fields = parseMessage(text);
      head = headOf(fields);
      const request = requestOf(fields);
      const { credentials } = request;
      if (credentials && !this.#isKnown(credentials)) void this.#logIn(credentials, request, head);
      else this.#act(request, head);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      this.#deps.send(errorMessage(400, error.message, head));
    }
  }

  async #logIn(credentials: Credentials, request: Request, head: RequestHead): Promise<void> {
    this.#waiting = [];
    const login = await this.#deps.logins.check(credentials);
    if (login.kind === 'user') {
      // What was sent of an account is of the user before.
      if (this.user !== login.user) this.tables.delete('account');
      this.user = login.user;
      this.#digest = digestOf(credentials.username, credentials.password);
      this.#act(request, head);
    } else {
      this.#deps.send(errorMessage(login.status, login.error, head));
    }
    const waiting = this.#waiting;
    this.#waiting = null;
    // One of them may be a login again, which holds back the rest.
    for (const [i, text] of waiting.entries()) {
      this.#take(text);
      if (this.#waiting as string[] | null) {
        this.#waiting = waiting.slice(i + 1);
        return;
      }
    }
  }

  #act(request: Request, head: RequestHead): void {
    const { send, runner } = this.#deps;
    const { user } = this;
    if (request.op === 'unsubscribe' || request.op === 'subscribe') {
      const { op, tables } = request;
      for (const topic of tables) this.#changeTopic(op, topic, head);
      return;
    }
    if (user === null) return send(errorMessage(401, 'Not logged in', head));
    switch (request.op) {
      case 'login': {
        const { username } = runner.state.accounts.get(user);
        return send(acceptedMessage(head, { username }));
      }
      case 'account':
        this.#reportAccount(user, head);
        return;
      case 'order': {
        const { side, price, size } = request;
        this.#afterwards(this.#submit({ type: 'order', user, side, price, size }, head));
        return;
      }
      case 'cancel': {
        const orderId = parseOrderId(runner.salt, request.id);
        if (orderId === undefined) send(errorMessage(409, 'You have no such open order', head));
        else this.#afterwards(this.#submit({ type: 'cancel', user, orderId }, head));
      }
    }
  }

  #changeTopic(op: 'subscribe' | 'unsubscribe', { table, text }: Topic, head: RequestHead): void {
    const { send } = this.#deps;
    if (table === 'account' && this.user === null) {
      return send(errorMessage(401, 'Not logged in', head));
    }
    send(subscribedMessage(op, text, head));
    if (op === 'unsubscribe') this.tables.delete(table);
    else this.#afterwards(this.subscribe(table));
  }

  #reportAccount(user: number, head: RequestHead): void {
    const { runner, send } = this.#deps;
    const report = (): void =>
      send(accountMessage('partial', runner.state.accounts.get(user), head));
    this.#afterwards(runner.between(report));
  }

  async #submit(command: Command, head: RequestHead): Promise<void> {
    const { runner, send } = this.#deps;
    const outcome = await runner.submit(command);
    if (outcome.kind === 'rejected') send(errorMessage(outcome.status, outcome.error, head));
    else send(acceptedMessage(head, { id: formatOrderId(runner.salt, outcome.orderId) }));
  }

  /** Fails only with the exchange. */
  #afterwards(answer: Promise<void>): void {
    answer.catch(() => this.#deps.disconnect());
  }

  #isKnown({ username, password }: Credentials): boolean {
    return this.#digest !== null && this.#digest.equals(digestOf(username, password));
  }

  #takeToken(): boolean {
    const { clock, limits } = this.#deps;
    const nowMs = clock.monotonicMs();
    const gained = ((nowMs - this.#refilledMs) / 1000) * limits.messagesPerSecond;
    this.#tokens = Math.min(limits.messagesPerSecond, this.#tokens + gained);
    this.#refilledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
