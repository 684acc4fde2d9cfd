/**
 * Asks for the instruments of many symbols together: a request for a hundred symbols takes as much of
 * the budget as one for a single symbol. What is asked for while a request is under way joins the next.
 */

import { FeedClosedError, UnknownSecurityError } from '../../errors.ts';
import type { Instrument } from '../exchange.ts';
import type { Listing } from '../streaming-exchange.ts';

interface Waiting {
  readonly symbol: string;
  readonly resolve: (instrument: Instrument) => void;
  readonly reject: (error: unknown) => void;
}

type LookUp = (symbols: readonly string[]) => Promise<ReadonlyMap<string, Listing>>;

export class InstrumentBatch {
  readonly #maxSymbols: number;
  readonly #lookUp: LookUp;
  #waiting: Waiting[] = [];
  #asked = 0;
  #isAsking = false;

  /** @param lookUp asks for up to `maxSymbols` symbols. */
  constructor(maxSymbols: number, lookUp: LookUp) {
    this.#maxSymbols = maxSymbols;
    this.#lookUp = lookUp;
  }

  /** Symbols that are being asked for. */
  get waiting(): number {
    return this.#waiting.length + this.#asked;
  }

  /**
   * @throws UnknownSecurityError when the exchange does not list the symbol; FeedClosedError when the
   *   signal cancels the wait; whatever the look-up throws.
   */
  ask(symbol: string, caller: AbortSignal): Promise<Instrument> {
    // Of its own: hundreds may wait on one signal, and Node warns of as many listeners.
    const signal = AbortSignal.any([caller]);
    return new Promise<Instrument>((resolve, reject) => {
      const cancel = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(new FeedClosedError('The request was cancelled'));
      };
      const waiting: Waiting = {
        symbol,
        resolve: (instrument) => {
          signal.removeEventListener('abort', cancel);
          resolve(instrument);
        },
        reject: (error) => {
          signal.removeEventListener('abort', cancel);
          reject(error);
        },
      };
      if (signal.aborted) {
        cancel();
        return;
      }
      signal.addEventListener('abort', cancel, { once: true });
      this.#waiting.push(waiting);
      void this.#askAll();
    });
  }

  async #askAll(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#waiting.length > 0) await this.#askSome();
    this.#isAsking = false;
  }

  async #askSome(): Promise<void> {
    const symbols = new Set<string>();
    for (const { symbol } of this.#waiting) {
      if (symbols.size < this.#maxSymbols) symbols.add(symbol);
    }
    const asked = this.#waiting.filter(({ symbol }) => symbols.has(symbol));
    this.#waiting = this.#waiting.filter(({ symbol }) => !symbols.has(symbol));
    this.#asked = symbols.size;
    try {
      const listings = await this.#lookUp([...symbols]);
      for (const waiting of asked) settle(waiting, listings.get(waiting.symbol));
    } catch (error) {
      for (const waiting of asked) waiting.reject(error);
    } finally {
      this.#asked = 0;
    }
  }
}

function settle({ symbol, resolve, reject }: Waiting, listing: Listing | undefined): void {
  if (listing && 'scale' in listing) resolve(listing);
  else
    reject(new UnknownSecurityError(listing?.unlisted ?? `The exchange does not list ${symbol}`));
}
