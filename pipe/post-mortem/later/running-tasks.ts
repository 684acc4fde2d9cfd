/** Tasks that wait for what the books of two venues do next. Pure: books are given, nothing is read. */

import type { VenueEvent } from '../../market/events.ts';
import type { VenueBook } from '../../market/venue-book.ts';
import type { Venue } from '../../market/venue.ts';
import type { LaterTask, TwoBooks } from './later-task.ts';

export class RunningTasks {
  readonly #books: readonly VenueBook[];
  readonly #endUs: number;
  readonly #onEnded: (count: number) => void;
  #tasks: LaterTask[] = [];

  /** @param endUs behind it nothing is known of both. */
  constructor(
    books: readonly VenueBook[],
    endUs: number,
    onEnded: (count: number) => void = () => undefined,
  ) {
    this.#books = books;
    this.#endUs = endUs;
    this.#onEnded = onEnded;
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  /** From the books as they stand. */
  add(task: LaterTask): void {
    if (!task.isDone) this.#tasks.push(task);
  }

  /**
   * Moments before the next event: the books stand as they were then.
   * @param nextUs Infinity: nothing comes.
   */
  beforeNext(nextUs: number): void {
    const untilUs = nextUs === Infinity ? this.#endUs : nextUs - 1;
    for (const task of this.#tasks) {
      for (let us = task.nextMomentUs; us <= untilUs && !task.isDone; us = task.nextMomentUs) {
        task.atMoment(us, this.#booksOf(task));
      }
    }
    this.#removeDone();
  }

  /** Everything of that moment is in the books. */
  at(us: number, events: readonly VenueEvent[]): void {
    for (const task of this.#tasks) task.onEvents(us, events, this.#booksOf(task));
    this.#removeDone();
  }

  /** Nothing more is recorded. */
  end(): void {
    for (const task of this.#tasks) task.end('the recording ends too early');
    this.#removeDone();
  }

  #removeDone(): void {
    const left = this.#tasks.filter((task) => !task.isDone);
    if (left.length === this.#tasks.length) return;
    this.#onEnded(this.#tasks.length - left.length);
    this.#tasks = left;
  }

  #booksOf({ question }: LaterTask): TwoBooks {
    const of = (venue: Venue): VenueBook =>
      this.#books.find((book) => book.venue === venue) as VenueBook;
    return { buy: of(question.buy), sell: of(question.sell) };
  }
}
