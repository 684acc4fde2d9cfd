/**
 * Finds loss on a feed whose book has no sequence: the trades of a product have consecutive ids, and
 * the heartbeat names the last one.
 */

/** Heartbeats, one a second, that name a trade that has not come, before it counts as lost. */
const MAX_HEARTBEATS_AHEAD = 2;

export class TradeContinuity {
  readonly #onLoss: (agreedUs: number, what: string) => void;
  #lastTradeId: number | null = null;
  #heartbeatsAhead = 0;
  /** When it was last certain that nothing was missing. */
  #agreedUs = 0;

  /** @param onLoss is called with the receive time at which it was last certain that nothing was missing. */
  constructor(onLoss: (agreedUs: number, what: string) => void) {
    this.#onLoss = onLoss;
  }

  /** The last trade before the subscription: what came before it was not asked for. */
  begin(tradeId: number): void {
    this.#lastTradeId = Math.max(this.#lastTradeId ?? 0, tradeId);
  }

  /** A whole book came in. */
  image(receiveTimeUs: number): void {
    this.#agreedUs = Math.max(this.#agreedUs, receiveTimeUs);
  }

  trade(tradeId: number, receiveTimeUs: number): void {
    const last = this.#lastTradeId;
    this.#lastTradeId = Math.max(last ?? tradeId, tradeId);
    if (last !== null && tradeId > last + 1) {
      this.#onLoss(this.#agreedUs, `trade ${tradeId} came after ${last}`);
    }
    this.#heartbeatsAhead = 0;
    this.#agreedUs = receiveTimeUs;
  }

  /** A heartbeat named the exchange's last trade. */
  heartbeat(tradeId: number, receiveTimeUs: number): void {
    const last = this.#lastTradeId;
    if (last === null || tradeId <= last) {
      this.#lastTradeId ??= tradeId;
      this.#heartbeatsAhead = 0;
      this.#agreedUs = receiveTimeUs;
      return;
    }
    if (++this.#heartbeatsAhead < MAX_HEARTBEATS_AHEAD) return;
    this.#heartbeatsAhead = 0;
    this.#lastTradeId = tradeId;
    const what = `the exchange is at trade ${tradeId}, and ${last} was the last that came`;
    this.#onLoss(this.#agreedUs, what);
  }

  /** Another subscription begins. */
  reset(): void {
    this.#lastTradeId = null;
    this.#heartbeatsAhead = 0;
  }
}
