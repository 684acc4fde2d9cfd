/**
 * Searches days on threads of their own, each with its own readers of the same archives: decoding what was
 * recorded is all that a search does for long.
 */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { WithLater } from './later/examine.ts';
import type { DaySearch } from './scan.ts';
import type { CoupleDay, SearchOptions } from './search-day.ts';

/** What a thread opens. */
export interface SearchedArchives {
  /** Locations by the name of their source. */
  readonly archives: readonly (readonly [source: string, location: string])[];
  /** As of `TopsCache`. */
  readonly topsDirectory: string | null;
  readonly closedUs: number;
}

export interface SearchRequest {
  readonly options: SearchOptions;
  readonly day: CoupleDay;
}

interface Thread {
  readonly worker: Worker;
  readonly failed: Promise<never>;
}

export class SearchThreads implements DaySearch {
  readonly width = availableParallelism();
  readonly #opened: SearchedArchives;
  readonly #threads: Thread[] = [];
  readonly #idle: Thread[] = [];

  constructor(opened: SearchedArchives) {
    this.#opened = opened;
  }

  async search(options: SearchOptions, day: CoupleDay): Promise<readonly WithLater[]> {
    const thread = this.#idle.pop() ?? this.#start();
    const request: SearchRequest = { options, day };
    const answered = new Promise<readonly WithLater[]>((resolve) =>
      thread.worker.once('message', resolve),
    );
    thread.worker.postMessage(request);
    const found = await Promise.race([answered, thread.failed]);
    this.#idle.push(thread);
    return found;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(): Thread {
    // The compiled file, beside this one in dist/.
    const worker = new Worker(new URL('search-thread.js', import.meta.url), {
      workerData: this.#opened,
    });
    const failed = new Promise<never>((_resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`A thread of the search ended with ${code}`)));
    });
    // `search` reports it; without a search nobody has to know.
    failed.catch(() => undefined);
    const thread = { worker, failed };
    this.#threads.push(thread);
    return thread;
  }
}
