/**
 * Follows the live feed of one security and hands on its book by price as it moves, with every message in the
 * order in which it was recorded. It has a book exactly while `book` and `health` have one: not in a gap, not
 * while the feed is stale, not before it is recorded and not after it was removed.
 */

import type { LiveEvent, LiveSegment, RecorderPhase, StateEvent } from '../live/events.ts';
import type { LiveSource } from '../live/feeds.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookUpdate, MarketEvent } from '../market/events.ts';
import type { LiveLevelEvent } from '../market/level-events.ts';
import { imageEvent, isSameTop, topEvent, topOf, updateEvent } from '../queries/level-events.ts';
import type { Top } from '../queries/level-events.ts';
import { tradeIn } from '../queries/trade-item.ts';

export interface LiveLevelsQuery {
  readonly security: string;
  /** The best level of each side alone, as an image when it changes. */
  readonly topOnly: boolean;
  readonly trades: boolean;
}

export interface LiveLevelsListener {
  /** On the recording path: see `LiveListener`. */
  onEvent(event: LiveLevelEvent): void;
  onError(error: unknown): void;
}

const NOT_RECORDED = 'not recorded now';

export class LiveLevels {
  readonly #query: LiveLevelsQuery;
  readonly #nowUs: () => number;
  readonly #listener: LiveLevelsListener;
  readonly #unsubscribe: () => void;
  #phase: RecorderPhase = 'closed';
  #segment: LiveSegment | null = null;
  #sinceUs: number | null = null;
  #reason = NOT_RECORDED;
  #hasBegun = false;
  /** The image was handed on, and nothing since has ended it. */
  #isProven = false;
  /** What was said last of why there is no book. */
  #said: string | null = null;
  #top: Top = [undefined, undefined];

  constructor(
    deps: { readonly live: LiveSource; readonly nowUs: () => number },
    query: LiveLevelsQuery,
    listener: LiveLevelsListener,
  ) {
    this.#query = query;
    this.#nowUs = deps.nowUs;
    this.#listener = listener;
    this.#unsubscribe = deps.live.subscribe(
      query.security,
      (event) => this.#take(event),
      (error) => listener.onError(error),
    );
  }

  /**
   * Hands on the present, and from then on everything.
   * @param sinceUs since when there is no book, where that is known better than here.
   */
  begin(sinceUs?: () => number | null): void {
    this.#hasBegun = true;
    if (this.#isLive) {
      this.#image();
      return;
    }
    if (sinceUs) this.#sinceUs = sinceUs();
    this.#sayUnproven();
  }

  stop(): void {
    this.#unsubscribe();
  }

  get #isLive(): boolean {
    return this.#phase === 'live' && this.#segment !== null;
  }

  #take(event: LiveEvent): void {
    switch (event.type) {
      case 'image':
        this.#segment = event.segment;
        if (this.#hasBegun && this.#isLive) this.#image();
        return;
      case 'update':
        if (this.#isProven) this.#update(event.update, event.segment);
        else this.#trade(event.update, event.segment.scale);
        return;
      case 'side-event':
        this.#trade(event.event, event.scale);
        return;
      case 'gap':
        this.#segment = null;
        this.#isProven = false;
        this.#sinceUs = event.gap.fromUs;
        // What is live is not for long: the phase that follows says why.
        if (this.#phase !== 'live') this.#unproven();
        return;
      case 'state':
        this.#state(event);
        return;
      case 'unapplied':
      case 'heartbeat':
    }
  }

  #state({ phase, message, aliveUntilUs }: StateEvent): void {
    this.#phase = phase;
    if (phase !== 'live' && phase !== 'stale') this.#segment = null;
    if (this.#isLive) {
      if (this.#hasBegun && !this.#isProven) this.#image();
      return;
    }
    const segment = this.#segment;
    if (segment) this.#sinceUs = Math.max(aliveUntilUs ?? 0, segment.receiveTimeUs);
    else this.#sinceUs ??= aliveUntilUs;
    this.#reason = phase === 'closed' ? NOT_RECORDED : (message ?? phase);
    this.#unproven();
  }

  /** Says so, and again once it is known better since when, or in what state the recording is. */
  #unproven(): void {
    this.#isProven = false;
    if (this.#hasBegun && this.#said !== `${this.#phase} ${this.#sinceUs}`) this.#sayUnproven();
  }

  #sayUnproven(): void {
    this.#said = `${this.#phase} ${this.#sinceUs}`;
    this.#listener.onEvent({
      type: 'unproven',
      sinceUs: this.#sinceUs,
      atUs: this.#nowUs(),
      reason: this.#reason,
    });
  }

  #image(): void {
    const segment = this.#segment as LiveSegment;
    this.#isProven = true;
    this.#said = null;
    this.#sinceUs = null;
    if (!this.#query.topOnly) this.#listener.onEvent(imageEvent(segment));
    else this.#listener.onEvent(topEvent(segment, (this.#top = topOf(segment))));
  }

  #update(update: BookUpdate, segment: LiveSegment): void {
    if (!this.#query.topOnly) this.#listener.onEvent(updateEvent(segment, update));
    else if (!isSameTop(topOf(segment), this.#top)) this.#image();
    this.#trade(update, segment.scale);
  }

  #trade(event: MarketEvent, scale: Scale): void {
    if (!this.#query.trades || !this.#hasBegun) return;
    const trade = tradeIn(event, scale);
    if (trade) this.#listener.onEvent(trade);
  }
}
