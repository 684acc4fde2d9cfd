/**
 * Live feeds: recorders publish, everything else subscribes.
 *
 * A listener is called synchronously, in the order of events, on the recording path:
 * - It returns within microseconds and does I/O elsewhere; what it queues it bounds itself.
 * - It may keep events and everything in them, except `segment` and its book, which move on.
 * - It must not change anything it is given, and must not call a recorder. Subscribing and
 *   unsubscribing are allowed; both take effect with the next event.
 * - One that throws is unsubscribed and its `onError` is called: recording continues, and so do the
 *   other listeners.
 */

import { describeError } from '../errors.ts';
import type { Log } from '../runtime/log.ts';
import type { LiveEvent } from './events.ts';

const STATE_EVENTS: ReadonlySet<LiveEvent['type']> = new Set(['image', 'gap', 'state']);

export type LiveListener = (event: LiveEvent) => void;

/** Ends a subscription; the listener is not called afterwards. Idempotent. */
export type Unsubscribe = () => void;

/** The side of subscribers. */
export interface LiveSource {
  /**
   * Subscribes to one security, recorded now or later, or to `all` of them. The listener is first
   * called with the present: the proven book, if there is one, and the state.
   * @param onError receives what the listener threw; default: the log.
   */
  subscribe(
    security: string,
    listener: LiveListener,
    onError?: (error: unknown) => void,
  ): Unsubscribe;

  /** As `subscribe`, without market data: images, gaps and states alone, at no cost to a message. */
  subscribeToStates(
    security: string,
    listener: LiveListener,
    onError?: (error: unknown) => void,
  ): Unsubscribe;
}

/** The side of one recorder. */
export interface LivePublisher {
  publish(event: LiveEvent): void;
  /** Nothing is published afterwards. */
  close(): void;
}

export const ALL_SECURITIES = 'all';

interface Subscription {
  readonly security: string;
  readonly listener: LiveListener;
  readonly onError: (error: unknown) => void;
  readonly takesMarketData: boolean;
  isActive: boolean;
}

interface Feed {
  /** Those of the security, then those of all securities, each in order of subscription. */
  subscriptions: readonly Subscription[];
  /** Those of them that take market data. */
  ofMarketData: readonly Subscription[];
  readonly present: () => readonly LiveEvent[];
}

export class LiveFeeds implements LiveSource {
  readonly #log: Log;
  /** By security, or `all`. */
  readonly #subscriptions = new Map<string, readonly Subscription[]>();
  readonly #feeds = new Map<string, Feed>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param present events that describe the recording as it is now, for a new subscriber. */
  open(security: string, present: () => readonly LiveEvent[]): LivePublisher {
    const feed: Feed = { subscriptions: [], ofMarketData: [], present };
    setSubscriptions(feed, this.#subscribersOf(security));
    this.#feeds.set(security, feed);
    return {
      publish: (event) => {
        const isMarketData = !STATE_EVENTS.has(event.type);
        const subscriptions = isMarketData ? feed.ofMarketData : feed.subscriptions;
        for (const subscription of subscriptions) this.#deliver(subscription, event);
      },
      close: () => {
        setSubscriptions(feed, []);
        if (this.#feeds.get(security) === feed) this.#feeds.delete(security);
      },
    };
  }

  subscribe(
    security: string,
    listener: LiveListener,
    onError?: (error: unknown) => void,
  ): Unsubscribe {
    return this.#subscribe(security, listener, true, onError);
  }

  subscribeToStates(
    security: string,
    listener: LiveListener,
    onError?: (error: unknown) => void,
  ): Unsubscribe {
    return this.#subscribe(security, listener, false, onError);
  }

  #subscribe(
    security: string,
    listener: LiveListener,
    takesMarketData: boolean,
    onError: (error: unknown) => void = (error) => this.#logFailure(error),
  ): Unsubscribe {
    const subscription: Subscription = {
      security,
      listener,
      onError,
      takesMarketData,
      isActive: true,
    };
    const others = this.#subscriptions.get(security) ?? [];
    this.#set(security, [...others, subscription]);
    for (const { present } of this.#feedsOf(security)) {
      for (const event of present()) this.#deliver(subscription, event);
    }
    return () => this.#cancel(subscription);
  }

  #deliver(subscription: Subscription, event: LiveEvent): void {
    if (!subscription.isActive) return;
    try {
      subscription.listener(event);
    } catch (error) {
      this.#cancel(subscription);
      subscription.onError(error);
    }
  }

  #cancel(subscription: Subscription): void {
    if (!subscription.isActive) return;
    subscription.isActive = false;
    const { security } = subscription;
    const others = this.#subscriptions.get(security) ?? [];
    this.#set(
      security,
      others.filter((one) => one !== subscription),
    );
  }

  /** Copies on write: a delivery in progress continues with the list it started with. */
  #set(security: string, subscriptions: readonly Subscription[]): void {
    if (subscriptions.length === 0) this.#subscriptions.delete(security);
    else this.#subscriptions.set(security, subscriptions);
    if (security === ALL_SECURITIES) {
      for (const [id, feed] of this.#feeds) setSubscriptions(feed, this.#subscribersOf(id));
      return;
    }
    const feed = this.#feeds.get(security);
    if (feed) setSubscriptions(feed, this.#subscribersOf(security));
  }

  #subscribersOf(security: string): readonly Subscription[] {
    const named = this.#subscriptions.get(security) ?? [];
    return [...named, ...(this.#subscriptions.get(ALL_SECURITIES) ?? [])];
  }

  #feedsOf(security: string): readonly Feed[] {
    if (security === ALL_SECURITIES) return [...this.#feeds.values()];
    const feed = this.#feeds.get(security);
    return feed ? [feed] : [];
  }

  #logFailure(error: unknown): void {
    this.#log.error('A live subscriber failed and was unsubscribed', {
      error: describeError(error),
    });
  }
}

function setSubscriptions(feed: Feed, subscriptions: readonly Subscription[]): void {
  feed.subscriptions = subscriptions;
  feed.ofMarketData = subscriptions.filter(({ takesMarketData }) => takesMarketData);
}
