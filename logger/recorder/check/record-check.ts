/**
 * The record check: at each base image, compares the book rebuilt from the stored records with the
 * book that was in memory. One image at a time. The queue is bounded: beyond that an
 * image stays unchecked, and the next one is rebuilt from before it.
 */

import { differenceBetween, differenceInside, isKnownLessFar } from '../../book/difference.ts';
import type { BookContent } from '../../book/difference.ts';
import { LoggerError, RecordCorruptError, describeError } from '../../errors.ts';
import type { BookImage } from '../../market/events.ts';
import type { RecorderLimits } from '../limits.ts';

/**
 * Rebuilds the book at `toSequence` from the image at `fromSequence`. null: those records were
 * declared void.
 * @throws RecordCorruptError, ArchiveUnavailableError; what `signal` was aborted with.
 */
export type Rebuild = (
  span: {
    readonly security: string;
    readonly epoch: number;
    readonly fromSequence: number;
    readonly toSequence: number;
  },
  signal: AbortSignal,
) => Promise<BookContent | null>;

/** An image that is in the archive. */
export interface ImageToCheck {
  readonly security: string;
  readonly epoch: number;
  /** Sequence of the last checked image before it; asked when the check begins. */
  readonly fromSequence: () => number;
  /** The book that was in memory. */
  readonly image: BookImage;
}

export type RecordCheckOutcome =
  | { readonly kind: 'same' }
  /** The records were declared void: the next check starts from this image. */
  | { readonly kind: 'void' }
  | { readonly kind: 'differs'; readonly reason: string }
  | { readonly kind: 'unchecked'; readonly reason: string };

interface Waiting extends ImageToCheck {
  readonly onChecked: (outcome: RecordCheckOutcome) => void;
}

export class RecordCheck {
  readonly #rebuild: Rebuild;
  readonly #limits: RecorderLimits;
  readonly #onFatal: (error: unknown) => void;
  readonly #life = new AbortController();
  #waiting: Waiting[] = [];
  #waitingRows = 0;
  #running: Promise<void> | undefined;

  constructor(deps: {
    readonly rebuild: Rebuild;
    readonly limits: RecorderLimits;
    readonly onFatal: (error: unknown) => void;
  }) {
    this.#rebuild = deps.rebuild;
    this.#limits = deps.limits;
    this.#onFatal = deps.onFatal;
  }

  /** `onChecked` is called once, later; not after `stop`. */
  add(one: ImageToCheck, onChecked: (outcome: RecordCheckOutcome) => void): void {
    if (this.#life.signal.aborted) return;
    const rows = rowsOf(one.image);
    if (this.#waiting.length > 0 && this.#waitingRows + rows > this.#limits.maxCheckRows) {
      onChecked({ kind: 'unchecked', reason: 'Too many images wait to be checked' });
      return;
    }
    this.#waiting.push({ ...one, onChecked });
    this.#waitingRows += rows;
    this.#running ??= this.#run().catch(this.#onFatal);
  }

  /** Drops what waits, and what is being read. */
  async stop(): Promise<void> {
    this.#life.abort();
    this.#waiting = [];
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let one = this.#waiting[0]; one; one = this.#waiting[0]) {
      const outcome = await this.#check(one);
      if (this.#life.signal.aborted) break;
      this.#waiting.shift();
      this.#waitingRows -= rowsOf(one.image);
      one.onChecked(outcome);
    }
    this.#running = undefined;
  }

  /** Records may be moved or declared void while they are read: a difference counts if seen twice. */
  async #check(one: ImageToCheck): Promise<RecordCheckOutcome> {
    const outcome = await this.#compare(one);
    return outcome.kind === 'differs' ? this.#compare(one) : outcome;
  }

  async #compare({ image, fromSequence, ...segment }: ImageToCheck): Promise<RecordCheckOutcome> {
    const span = { ...segment, fromSequence: fromSequence(), toSequence: image.sequence };
    const { signal } = this.#life;
    try {
      // Shutdown must not wait for a slow store.
      const rebuilt = await unlessAborted(this.#rebuild(span, signal), signal);
      if (rebuilt === null) return { kind: 'void' };
      // Where the horizon moved out, the records before it show the book up to the old one.
      const compare = isKnownLessFar(rebuilt, image) ? differenceInside : differenceBetween;
      const difference = compare(rebuilt, image);
      if (difference === null) return { kind: 'same' };
      const { places, example } = difference;
      return { kind: 'differs', reason: `${places.size} places differ: ${example}` };
    } catch (error) {
      if (error instanceof RecordCorruptError) {
        return { kind: 'differs', reason: describeError(error) };
      }
      const isOperational = error instanceof LoggerError || signal.aborted;
      if (!isOperational) throw error;
      return { kind: 'unchecked', reason: describeError(error) };
    }
  }
}

/** The result of `work`; rejects at once when the signal aborts. The work itself continues. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Levels of both sides, or orders. */
function rowsOf(image: BookImage): number {
  return (image.bids.length + image.asks.length) / (image.level === 'L2' ? 2 : 1);
}
