/**
 * Queries a logger for current and past books, and compares every result with the exchange's own
 * book.
 */

import type { BookResult, NoBookResult } from '../../logger/queries/results.ts';
import { describeError } from '../../logger/errors.ts';
import { formatTimeUs, parseTimeUs } from '../../logger/market/time.ts';
import type { BookQuery } from '../../logger/queries/queries.ts';
import { LoggerHistory } from '../../manager-cli/logger-history.ts';
import { integerIn, pick } from '../../sandbox/prng.ts';
import type { Random } from '../../logger/runtime/random.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { LoggerProcess } from './logger-process.ts';
import { Moments } from './moments.ts';
import type { Moment } from './moments.ts';
import { difference, digest, trueBook } from './truth.ts';

const MAX_MOMENTS = 200;
/** Per security: about the last two minutes, which the exchange remembers. */
const MAX_RECENT = 60;
/** Limit of `words`. */
const MAX_WORDS = 20;

export interface Books {
  asked: number;
  /** Compared with the exchange's book. */
  compared: number;
  mismatches: number;
  /** The result was a gap. */
  notRecorded: number;
  /** The call failed. */
  unanswered: number;
}

interface WitnessParts {
  readonly logger: LoggerProcess;
  readonly sandbox: Sandbox;
  readonly securities: readonly string[];
  readonly random: Random;
}

interface Recent {
  readonly sequence: number;
  readonly us: number;
}

export class Witness {
  readonly books: Books = { asked: 0, compared: 0, mismatches: 0, notRecorded: 0, unanswered: 0 };
  /** The first mismatches and failed calls. */
  readonly words: string[] = [];
  readonly moments: Moments;
  readonly #parts: WitnessParts;
  readonly #recent = new Map<string, Recent[]>();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
    this.moments = new Moments(parts.random, MAX_MOMENTS);
  }

  /** Makes a random query. A failed call is counted. */
  async ask(): Promise<void> {
    const { random, securities } = this.#parts;
    const security = pick(random, securities);
    const questions = [
      () => this.#now(security),
      () => this.#now(security),
      () => this.#atSequence(security),
      () => this.#atTime(security),
      () => this.#again(),
    ];
    this.books.asked++;
    try {
      await pick(random, questions)();
    } catch (error) {
      this.books.unanswered++;
      this.#say(`no answer: ${describeError(error)}`);
    }
  }

  async #now(security: string): Promise<void> {
    const answer = await this.#book({ security });
    if (!this.#isRight(answer, 'now', security)) return;
    const { sequence, receiveTime } = answer;
    const returnedMs = performance.now();
    const moment = { security, sequence: Number(sequence), receiveTime, digest: digest(answer) };
    this.moments.add({ ...moment, returnedMs });
    const recent = this.#recent.get(security) ?? [];
    recent.push({ sequence: moment.sequence, us: parseTimeUs(receiveTime) });
    if (recent.length > MAX_RECENT) recent.shift();
    this.#recent.set(security, recent);
  }

  async #atSequence(security: string): Promise<void> {
    const [first, last] = this.#ends(security);
    if (!first || !last) return this.#now(security);
    const sequence = integerIn(this.#parts.random, first.sequence, last.sequence);
    this.#isRight(
      await this.#book({ security, position: { sequence } }),
      `at ${sequence}`,
      security,
      sequence,
    );
  }

  async #atTime(security: string): Promise<void> {
    const [first, last] = this.#ends(security);
    if (!first || !last) return this.#now(security);
    const us = integerIn(this.#parts.random, first.us, last.us);
    const position = { clock: 'receive', us } as const;
    this.#isRight(await this.#book({ security, position }), `at ${formatTimeUs(us)}`, security);
  }

  /** Repeats a query: it must give the same book again. */
  async #again(): Promise<void> {
    const { all } = this.moments;
    if (all.length === 0) return;
    const moment = pick(this.#parts.random, all);
    const { security, sequence } = moment;
    this.compare(moment, await this.#book({ security, position: { sequence } }));
  }

  /** Compares a result with what was returned for the same query before. */
  compare(moment: Moment, answer: BookResult | NoBookResult): void {
    const { security, sequence } = moment;
    this.books.compared++;
    const isSame = answer.state === 'proven' && digest(answer) === moment.digest;
    if (isSame && Number(answer.sequence) === sequence) return;
    const now = answer.state === 'proven' ? `${answer.sequence}` : `no book (${answer.gap.cause})`;
    this.#mismatch(`${security} at ${sequence} differs from the earlier result: ${now}`);
  }

  /** @param asked the result must be the last book at or before this sequence. */
  #isRight(
    answer: BookResult | NoBookResult,
    when: string,
    security: string,
    asked = answer.state === 'proven' ? Number(answer.sequence) : 0,
  ): answer is BookResult {
    if (answer.state !== 'proven') {
      this.books.notRecorded++;
      return false;
    }
    const truth = trueBook(this.#parts.sandbox, security, asked);
    if (!truth) return false;
    this.books.compared++;
    const wrong = difference(answer, truth);
    if (wrong !== null) this.#mismatch(`${security} ${when}: ${wrong}`);
    return wrong === null;
  }

  #ends(security: string): [Recent | undefined, Recent | undefined] {
    const recent = this.#recent.get(security);
    return [recent?.[0], recent?.at(-1)];
  }

  #book(query: BookQuery): Promise<BookResult | NoBookResult> {
    const history = new LoggerHistory(this.#parts.logger.client);
    return history.book(query, new AbortController().signal);
  }

  #mismatch(words: string): void {
    this.books.mismatches++;
    this.#say(`mismatch: ${words}`);
  }

  #say(words: string): void {
    if (this.words.length < MAX_WORDS && !this.words.includes(words)) this.words.push(words);
  }
}
