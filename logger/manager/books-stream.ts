/**
 * `Market.Books`: books of several securities as they move. What happens is queued as integers on the
 * recording path; text and messages are made of it in a turn of the event loop of their own.
 */

import { LimitExceededError } from '../errors.ts';
import type { LiveLevelEvent } from '../market/level-events.ts';
import { parseTimeUs } from '../market/time.ts';
import { bookChangeMessage } from '../messages/market.ts';
import type { BookChange, BooksPart, BooksRequest__Output } from '../messages/types.ts';
import { yieldToEventLoop } from '../runtime/yield.ts';
import { LiveLevels } from '../series/live-levels.ts';
import type { LoggerControl } from '../status/control.ts';
import type { ManagerContext } from './context.ts';
import type { PartWriter } from './part-writer.ts';
import { checkSecurities, checkSecurity } from './requests.ts';
import { ClosingError } from './status-map.ts';

/** An event takes as much as so many levels. */
const EVENT_LEVELS = 8;

interface Waiting {
  readonly index: number;
  readonly event: LiveLevelEvent;
}

/** Events that wait for the client. */
class WaitingEvents {
  readonly #maxLevels: number;
  #events: Waiting[] = [];
  #next = 0;
  #levels = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(maxLevels: number) {
    this.#maxLevels = maxLevels;
  }

  get isEmpty(): boolean {
    return this.#next === this.#events.length && this.#failure === undefined;
  }

  add(index: number, event: LiveLevelEvent): void {
    if (this.#failure !== undefined) return;
    this.#events.push({ index, event });
    this.#levels += levelsIn(event);
    if (this.#levels > this.#maxLevels && this.#events.length - this.#next > 1) {
      this.fail(
        new LimitExceededError('The client reads books more slowly than they move; try again'),
      );
    }
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#events = [];
    this.#next = this.#levels = 0;
    this.#wake();
  }

  /** Resolves once there is something to take, or it is woken. */
  async some(): Promise<void> {
    if (!this.isEmpty) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake();
  }

  /** Some of them, in order: about `levels`, but at least one. @throws why there will be no more. */
  take(levels: number): BookChange[] {
    if (this.#failure !== undefined) throw this.#failure.error;
    const changes: BookChange[] = [];
    for (let left = levels; left > 0 && this.#next < this.#events.length;) {
      const { index, event } = this.#events[this.#next++] as Waiting;
      changes.push(bookChangeMessage(index, event));
      this.#levels -= levelsIn(event);
      left -= levelsIn(event);
    }
    if (this.#next === this.#events.length) {
      this.#events = [];
      this.#next = 0;
    }
    return changes;
  }
}

function levelsIn(event: LiveLevelEvent): number {
  const isBook = event.type === 'image' || event.type === 'update';
  return EVENT_LEVELS + (isBook ? (event.bids.length + event.asks.length) / 2 : 0);
}

/** Since when `book` has none; null: never had one, or not recorded. */
function bookSinceUs(control: LoggerControl, security: string): number | null {
  if (control.status(security) === undefined) return null;
  const book = control.bookNow(security, { depth: 1 });
  if (book.state !== 'gap') return null;
  const sinceUs = parseTimeUs(book.gap.from);
  return sinceUs === control.startedUs ? null : sinceUs;
}

function follow(
  { control, clock }: ManagerContext,
  request: BooksRequest__Output & { readonly ids: readonly string[] },
  waiting: WaitingEvents,
): LiveLevels[] {
  return request.ids.map(
    (security, index) =>
      new LiveLevels(
        { live: control.live, nowUs: () => clock.nowUs() },
        { security, topOnly: request.top, trades: request.trades },
        {
          onEvent: (event) => waiting.add(index, event),
          onError: (error) => waiting.fail(error),
        },
      ),
  );
}

/** Runs until the client leaves or the port closes; then it throws. */
export async function streamBooks(
  context: ManagerContext,
  request: BooksRequest__Output,
  writer: PartWriter<BooksPart>,
): Promise<void> {
  const { control, closing, limits } = context;
  const named = checkSecurities(request.securities, limits.maxSecuritiesPerCall);
  const ids = named.map((security) => checkSecurity(security, control));
  const ended = AbortSignal.any([writer.signal, closing]);
  const waiting = new WaitingEvents(limits.maxWaitingLevels);
  const followed = follow(context, { ...request, ids }, waiting);
  ended.addEventListener('abort', () => waiting.wake(), { once: true });
  /** The next whose present is to be sent: a whole book each, so not all at once. */
  let next = 0;
  try {
    while (!ended.aborted) {
      const security = ids[next];
      if (waiting.isEmpty && security !== undefined) {
        followed[next++]?.begin(() => bookSinceUs(control, security));
      }
      await waiting.some();
      // What else comes in this turn goes into the same part.
      await yieldToEventLoop();
      if (ended.aborted) break;
      const changes = waiting.take(limits.maxLevelsPerPart);
      if (changes.length > 0) await writer.write({ changes });
    }
  } finally {
    for (const one of followed) one.stop();
  }
  if (closing.aborted) throw new ClosingError('The logger is stopping');
}
