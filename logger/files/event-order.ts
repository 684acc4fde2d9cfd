/**
 * Events in the order of hftbacktest: those of the exchange by its time, those of the local side by ours, in one
 * array. An event that is at its place in both orders is one row, any other is two: one that only the
 * exchange's side reads, and one that only the local side does.
 * https://hftbacktest.readthedocs.io/en/latest/data.html
 *
 * Events come by receive time. The exchange's time is out of order by a little, so they wait until none of an
 * earlier time can come.
 */

/** How far the exchange's time may go back from one message to another: see `MAX_EXCHANGE_DISORDER_US`. */
const WINDOW_US = 10_000_000;

/** Of hftbacktest's `types.py`. */
export const FLAG = {
  depth: 1,
  trade: 2,
  clear: 3,
  snapshot: 4,
  addOrder: 10,
  cancelOrder: 11,
  modifyOrder: 12,
  fill: 13,
  exchange: 2 ** 31,
  local: 2 ** 30,
  buy: 2 ** 29,
  sell: 2 ** 28,
} as const;

export interface MarketEventRow {
  /** What it is and of which side, without who reads it. */
  readonly flags: number;
  readonly exchangeUs: number;
  readonly localUs: number;
  readonly price: number;
  readonly size: number;
}

interface PlacedEvent extends MarketEventRow {
  /** It is written for the exchange's side. */
  isAtExchange: boolean;
}

export class EventOrder {
  readonly #write: (event: MarketEventRow, flags: number) => void;
  #byLocal: PlacedEvent[] = [];
  #byExchange: PlacedEvent[] = [];
  #localAt = 0;
  #exchangeAt = 0;
  #lastLocalUs = 0;
  #lastExchangeUs = 0;

  constructor(write: (event: MarketEventRow, flags: number) => void) {
    this.#write = write;
  }

  /** The latest times so far. */
  get lastUs(): Pick<MarketEventRow, 'exchangeUs' | 'localUs'> {
    return {
      exchangeUs: this.#byExchange.at(-1)?.exchangeUs ?? this.#lastExchangeUs,
      localUs: this.#lastLocalUs,
    };
  }

  add(event: MarketEventRow): void {
    // None goes behind what is written already.
    const exchangeUs = Math.max(event.exchangeUs, this.#lastExchangeUs);
    const localUs = Math.max(event.localUs, this.#lastLocalUs);
    const placed: PlacedEvent = { ...event, exchangeUs, localUs, isAtExchange: false };
    this.#lastLocalUs = localUs;
    this.#byLocal.push(placed);
    let at = this.#byExchange.length;
    while (at > this.#exchangeAt && isAfter(this.#byExchange[at - 1] as PlacedEvent, placed)) at--;
    this.#byExchange.splice(at, 0, placed);
    const newestUs = (this.#byExchange.at(-1) as PlacedEvent).exchangeUs;
    this.#writeUntil(newestUs - WINDOW_US);
  }

  /** Nothing earlier comes: the rest. */
  flush(): void {
    this.#writeUntil(Infinity);
  }

  #writeUntil(exchangeUs: number): void {
    for (;;) {
      const ofExchange = this.#byExchange[this.#exchangeAt];
      const ofLocal = this.#byLocal[this.#localAt];
      if (ofLocal?.isAtExchange === true) {
        this.#write(ofLocal, FLAG.local);
        this.#localAt++;
        continue;
      }
      if (ofExchange === undefined || ofExchange.exchangeUs > exchangeUs) break;
      const isAtBoth = ofExchange === ofLocal;
      this.#write(ofExchange, isAtBoth ? FLAG.exchange + FLAG.local : FLAG.exchange);
      ofExchange.isAtExchange = true;
      this.#lastExchangeUs = ofExchange.exchangeUs;
      this.#exchangeAt++;
      if (isAtBoth) this.#localAt++;
    }
    this.#forget();
  }

  /** What is written is dropped, now and then. */
  #forget(): void {
    if (this.#exchangeAt > 1024 && 2 * this.#exchangeAt > this.#byExchange.length) {
      this.#byExchange = this.#byExchange.slice(this.#exchangeAt);
      this.#exchangeAt = 0;
    }
    if (this.#localAt > 1024 && 2 * this.#localAt > this.#byLocal.length) {
      this.#byLocal = this.#byLocal.slice(this.#localAt);
      this.#localAt = 0;
    }
  }
}

/**
 * By the exchange's time; of one time trades first, as a change of the book that a trade caused already lacks what
 * was traded.
 */
function isAfter(a: MarketEventRow, b: MarketEventRow): boolean {
  if (a.exchangeUs !== b.exchangeUs) return a.exchangeUs > b.exchangeUs;
  return !isTrade(a) && isTrade(b);
}

function isTrade({ flags }: MarketEventRow): boolean {
  return (flags & 0xff) === FLAG.trade;
}
