/**
 * One open product of the `full` channel: every message about its orders, in the exchange's own
 * numbering. Heartbeats, which run beside it, say how far that numbering has come.
 */

import type { MarketEvent } from '../../market/events.ts';
import type { FeedListener, Instrument } from '../exchange.ts';
import { wireError } from '../fields.ts';
import type { Refusals } from '../refusals.ts';
import { Subscription } from '../subscription.ts';
import { orderEventOf } from './events.ts';
import type { CoinbaseFrame, OrderFrame } from './wire.ts';

/** Messages without a number that are remembered, since two connections bring them twice. */
const ACTIVATED_MAX = 256;
/** So many heartbeats that count on, with no message between them: the channel is dead. */
const HEARTBEATS_WITHOUT_MESSAGE_MAX = 5;

export class FullSubscription extends Subscription<CoinbaseFrame> {
  readonly streams: readonly string[];
  readonly #onStuck: (subscription: FullSubscription) => void;
  /** What stands for a time that makes no sense: the last one that did. */
  #exchangeTimeUs: number | null = null;
  #isCollecting = false;
  readonly #activated = new Set<string>();
  #heartbeatSequence = 0;
  #heartbeatsWithoutMessage = 0;

  /** @param onStuck heartbeats come, and nothing of what they count. */
  constructor(
    instrument: Instrument,
    parts: { readonly listener: FeedListener; readonly refusals: Refusals },
    onStuck: (subscription: FullSubscription) => void,
  ) {
    super(instrument, parts);
    this.streams = [this.symbol];
    this.#onStuck = onStuck;
  }

  take(frame: CoinbaseFrame, receiveTimeUs: number): void {
    if (this.isClosed) return;
    const timeUs = this.streamTimeUs(receiveTimeUs);
    switch (frame.kind) {
      case 'order':
        this.#heartbeatsWithoutMessage = 0;
        this.hand(() => {
          const times = { exchangeTimeUs: this.#timeOf(frame), receiveTimeUs: timeUs };
          const scaled = orderEventOf(frame, this.scale, times);
          return this.#isRepeated(scaled.event) ? null : scaled;
        });
        return;
      case 'heartbeat': {
        if (frame.timeUs !== null) this.#exchangeTimeUs = frame.timeUs;
        const exchangeTimeUs = this.#exchangeTimeUs;
        if (exchangeTimeUs === null) return;
        const lastSequence = frame.sequence;
        this.listener.onHeartbeat({ lastSequence, exchangeTimeUs, receiveTimeUs: timeUs });
        this.#watch(lastSequence);
        return;
      }
      case 'auction':
        this.collect(frame.isCollecting);
        return;
      case 'levels':
      case 'changes':
      case 'last-match':
        // Of channels that were not asked for.
        return;
    }
  }

  /** Whether orders are being collected for an auction. */
  collect(isCollecting: boolean): void {
    if (this.isClosed || this.#isCollecting === isCollecting) return;
    this.#isCollecting = isCollecting;
    this.listener.onAuction(isCollecting);
  }

  protected forget(): void {
    this.#heartbeatsWithoutMessage = 0;
  }

  #timeOf(frame: OrderFrame): number {
    if (frame.timeUs !== null) {
      this.#exchangeTimeUs = frame.timeUs;
      return frame.timeUs;
    }
    if (this.#exchangeTimeUs === null) throw wireError('time', 'The message has no time');
    this.refusals.note(
      'time',
      'A message has no time that makes sense; the last one stands for it',
    );
    return this.#exchangeTimeUs;
  }

  #isRepeated(event: MarketEvent): boolean {
    if (event.type !== 'activate') return false;
    const key = `${event.orderId} ${event.exchangeTimeUs}`;
    if (this.#activated.has(key)) return true;
    this.#activated.add(key);
    for (const oldest of this.#activated) {
      if (this.#activated.size <= ACTIVATED_MAX) break;
      this.#activated.delete(oldest);
    }
    return false;
  }

  #watch(sequence: number): void {
    if (sequence > this.#heartbeatSequence) this.#heartbeatsWithoutMessage++;
    this.#heartbeatSequence = sequence;
    if (this.#heartbeatsWithoutMessage <= HEARTBEATS_WITHOUT_MESSAGE_MAX) return;
    this.#heartbeatsWithoutMessage = 0;
    this.#onStuck(this);
  }
}
