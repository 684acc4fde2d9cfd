/**
 * The first half of the self-check: at every base image, the book rebuilt from the stored records is
 * held against the book in memory as it was then. One image at a time, beside the recording; what
 * waits is bounded, and beyond that an image goes unchecked, which is counted nowhere as checked: the
 * next one is rebuilt from before it.
 */

import { differenceBetween } from '../../book/difference.ts';
import type { ShownBook } from '../../book/difference.ts';
import { LoggerError, RecordCorruptError, describeError } from '../../errors.ts';
import type { BookImage } from '../../market/events.ts';
import type { RecorderLimits } from '../limits.ts';

/**
 * The book that the records show at `toSequence`, from the image at `fromSequence` on; null: they were
 * given up and declared so.
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
) => Promise<ShownBook | null>;

/** An image that is in the archive. */
export interface ImageToCheck {
  readonly security: string;
  readonly epoch: number;
  /** Where the image before it stands that was checked last; asked when its turn has come. */
  readonly fromSequence: () => number;
  /** The book in memory at that moment. */
  readonly image: BookImage;
}

/** `reason`: in words for the log. */
export type RecordCheckOutcome =
  | { readonly kind: 'same' }
  /** The records were given up and declared so: what comes next is checked from this image on. */
  | { readonly kind: 'given-up' }
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

  constructor(parts: {
    readonly rebuild: Rebuild;
    readonly limits: RecorderLimits;
    readonly onFatal: (error: unknown) => void;
  }) {
    this.#rebuild = parts.rebuild;
    this.#limits = parts.limits;
    this.#onFatal = parts.onFatal;
  }

  /** `onChecked` is called once, later. Not after `stop`. */
  add(one: ImageToCheck, onChecked: (outcome: RecordCheckOutcome) => void): void {
    if (this.#life.signal.aborted) return;
    const rows = rowsOf(one.image);
    if (this.#waiting.length > 0 && this.#waitingRows + rows > this.#limits.checkMaxRows) {
      onChecked({ kind: 'unchecked', reason: 'Too many images wait to be checked' });
      return;
    }
    this.#waiting.push({ ...one, onChecked });
    this.#waitingRows += rows;
    this.#running ??= this.#run().catch(this.#onFatal);
  }

  /** Gives up what waits, and what is being read. */
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

  /** Records move, and are given up, while they are read: a difference counts when seen twice. */
  async #check(one: ImageToCheck): Promise<RecordCheckOutcome> {
    const outcome = await this.#look(one);
    return outcome.kind === 'differs' ? this.#look(one) : outcome;
  }

  async #look({ image, ...span }: ImageToCheck): Promise<RecordCheckOutcome> {
    const fromSequence = span.fromSequence();
    const whole = { ...span, fromSequence, toSequence: image.sequence };
    const { signal } = this.#life;
    try {
      // A store that says nothing for seconds holds nobody up who stops.
      const rebuilt = await unlessAborted(this.#rebuild(whole, signal), signal);
      if (rebuilt === null) return { kind: 'given-up' };
      const difference = differenceBetween(rebuilt, image);
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

/** What `work` brings; who aborts does not wait for it. */
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
