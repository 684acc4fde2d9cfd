/**
 * One product of the `full` channel: every message about its orders, in the exchange's sequence.
 * Heartbeats, beside it, carry that sequence.
 */

import type { MarketEvent, SideEvent } from '../../market/events.ts';
import type { Instrument } from '../exchange.ts';
import type {
  HeartbeatMessage,
  NoticeMessage,
  SideEventMessage,
  UpdateMessage,
} from '../feed/protocol.ts';
import { SymbolFeed, withTimes } from '../feed/symbol-feed.ts';
import type { SymbolFeedDeps } from '../feed/symbol-feed.ts';
import { forgetOldest } from '../feed/trade-filter.ts';

/** Messages without a sequence that are remembered, since two sessions bring them twice. */
const MAX_ACTIVATED = 256;
/** So many heartbeats that count on, with no message between them: the channel is stuck. */
const MAX_HEARTBEATS_WITHOUT_MESSAGE = 5;

export class FullFeed extends SymbolFeed {
  readonly #onStuck: () => void;
  /** Stands in for a time that makes no sense: the last one that did. */
  #exchangeTimeUs: number | null = null;
  readonly #activated = new Set<string>();
  #heartbeatSequence = 0;
  #heartbeatsWithoutMessage = 0;

  /** @param onStuck heartbeats come, and none of the messages that they count. */
  constructor(instrument: Instrument, deps: SymbolFeedDeps, onStuck: () => void) {
    super(instrument, deps);
    this.#onStuck = onStuck;
  }

  unreadable(): void {
    // The sequence of the next message shows the gap.
  }

  protected deliverUpdate({ event, scale, hasTime }: UpdateMessage): void {
    const update = this.#timed(event, hasTime);
    if (update) this.emitUpdate(update, scale);
  }

  protected deliverSideEvent({ event, scale, hasTime }: SideEventMessage): void {
    const timed = this.#timed(event, hasTime);
    if (timed && !this.#isRepeated(timed)) this.emitSideEvent(timed, scale);
  }

  protected override deliverNotice(notice: NoticeMessage): void {
    if (notice.kind === 'heartbeat') this.#deliverHeartbeat(notice);
    if (notice.kind !== 'auction') return;
    this.streamTimeUs(notice.receiveTimeUs);
    this.setAuction(notice.isCollecting);
  }

  protected forget(): void {
    this.#heartbeatsWithoutMessage = 0;
  }

  /** The event at its place in the stream; undefined: no time is known for it. */
  #timed<Event extends MarketEvent>(event: Event, hasTime: boolean): Event | undefined {
    this.#heartbeatsWithoutMessage = 0;
    const receiveTimeUs = this.streamTimeUs(event.receiveTimeUs);
    if (hasTime) this.#exchangeTimeUs = event.exchangeTimeUs;
    else {
      const isKnown = this.#exchangeTimeUs !== null;
      const instead = isKnown ? '; the last one stands for it' : '';
      this.wireErrors.count('time', `A message has no time that makes sense${instead}`);
    }
    const exchangeTimeUs = this.#exchangeTimeUs;
    if (exchangeTimeUs === null) return undefined;
    return withTimes(event, receiveTimeUs, exchangeTimeUs);
  }

  #deliverHeartbeat(heartbeat: HeartbeatMessage): void {
    const { lastSequence } = heartbeat;
    const receiveTimeUs = this.streamTimeUs(heartbeat.receiveTimeUs);
    this.#exchangeTimeUs = heartbeat.exchangeTimeUs ?? this.#exchangeTimeUs;
    if (this.#exchangeTimeUs === null) return;
    const exchangeTimeUs = this.#exchangeTimeUs;
    this.listener.onHeartbeat({ lastSequence, exchangeTimeUs, receiveTimeUs });
    this.#watch(lastSequence);
  }

  #isRepeated(event: SideEvent): boolean {
    if (event.type !== 'activate') return false;
    const key = `${event.orderId} ${event.exchangeTimeUs}`;
    if (this.#activated.has(key)) return true;
    this.#activated.add(key);
    forgetOldest(this.#activated, MAX_ACTIVATED);
    return false;
  }

  #watch(sequence: number): void {
    if (sequence > this.#heartbeatSequence) this.#heartbeatsWithoutMessage++;
    this.#heartbeatSequence = sequence;
    if (this.#heartbeatsWithoutMessage <= MAX_HEARTBEATS_WITHOUT_MESSAGE) return;
    this.#heartbeatsWithoutMessage = 0;
    this.#onStuck();
  }
}
