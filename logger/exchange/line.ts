/**
 * The lasting connection for a number of symbols: it survives the physical ones. An unplanned end is
 * followed by a new connection at once, then with back-off. A planned one (age, shutdown announced,
 * reset, no data in spite of pings) opens the new connection first, and gives up the old one only
 * when every symbol has come in on the new one, or is so quiet that waiting longer proves nothing.
 * A symbol is down only while no connection carries it.
 */

import { FeedClosedError } from '../errors.ts';
import type { Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import { backoffDelayMs } from '../runtime/backoff.ts';
import type { TokenBucket } from './token-bucket.ts';
import { Carrier } from './carrier.ts';
import type { CarrierOptions, CarrierOwner } from './carrier.ts';
import type { LoginGate } from './login-gate.ts';
import type { Membership } from './membership.ts';
import type { MarketFrame } from './dialect.ts';
import type { Subscription } from './subscription.ts';

export interface LineOptions<Frame extends MarketFrame> extends CarrierOptions<Frame> {
  /** For the log: whose connection, and of which feed. */
  readonly exchange: string;
  readonly feed: string;
  /** Where the exchange wants a key: shared by all lines. */
  readonly login?: LoginGate | undefined;
  readonly random: Random;
  readonly log: Log;
  /** New connections, shared by all lines: the exchange's limit is per address. */
  readonly connecting: TokenBucket;
  /** The exchange refused the symbol's streams; it has left this line. */
  readonly onRefused: (subscription: Subscription<Frame>, reason: string) => void;
}

/** Symbols that a line of the log names. */
const NAMED_MAX = 3;

interface Waiter<Frame extends MarketFrame> {
  /** The connection that was to be replaced; undefined: there was none. */
  readonly replaced: Carrier<Frame> | undefined;
  readonly timer: Timer;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Line<Frame extends MarketFrame> implements CarrierOwner<Frame> {
  readonly #options: LineOptions<Frame>;
  readonly #subscriptions = new Map<string, Subscription<Frame>>();
  /** Oldest first, at most two: the second is to replace the first. */
  #carriers: Carrier<Frame>[] = [];
  /** Attempts since data last came in on a new connection. */
  #failures = 0;
  #connectTimer: Timer | null = null;
  #isReplacing = false;
  /** The exchange refused our login on it. */
  #refused: Carrier<Frame> | null = null;
  /** Asked to be replaced while it was itself the replacement. */
  #replaceNext: { readonly carrier: Carrier<Frame>; readonly reason: string } | null = null;
  #waiters: Waiter<Frame>[] = [];
  readonly #closing = new Set<Promise<void>>();
  readonly #sinceMs: number;
  #frames = 0;

  constructor(options: LineOptions<Frame>) {
    this.#options = options;
    this.#sinceMs = options.clock.monotonicMs();
  }

  get streamCount(): number {
    let count = 0;
    for (const { streams } of this.#subscriptions.values()) count += streams.length;
    return count;
  }

  get openConnections(): number {
    return this.#carriers.filter((carrier) => carrier.isOpen).length;
  }

  /** Market data a second, over its whole life. */
  get framesPerSecond(): number {
    const seconds = (this.#options.clock.monotonicMs() - this.#sinceMs) / 1000;
    return this.#frames / Math.max(1, seconds);
  }

  add(subscription: Subscription<Frame>): void {
    this.#subscriptions.set(subscription.symbol, subscription);
    for (const carrier of this.#carriers) carrier.add(subscription);
    if (this.#carriers.length === 0 && !this.#connectTimer) this.#connectIn(0);
  }

  remove(subscription: Subscription<Frame>): void {
    if (this.#subscriptions.get(subscription.symbol) !== subscription) return;
    this.#subscriptions.delete(subscription.symbol);
    for (const carrier of this.#carriers) carrier.remove(subscription);
    if (this.#subscriptions.size === 0) this.#shut();
    else this.#checkTakeover();
    this.#settleWaiters();
  }

  /** The last moment at which a connection that carries the symbol was whole; null: none does. */
  aliveUntilUs(subscription: Subscription<Frame>): number | null {
    let aliveUntilUs: number | null = null;
    for (const carrier of this.#carriers) {
      const membership = carrier.confirmed(subscription);
      if (!membership || membership.isBehind) continue;
      aliveUntilUs = Math.max(aliveUntilUs ?? 0, carrier.aliveUntilUs ?? 0);
    }
    return aliveUntilUs;
  }

  /**
   * Replaces the connection, the new one first. Resolves when every symbol has moved.
   * @throws FeedClosedError when that did not happen within the limit; it goes on being tried.
   */
  reset(): Promise<void> {
    if (this.#subscriptions.size === 0) return Promise.resolve();
    const { clock, limits } = this.#options;
    return new Promise<void>((resolve, reject) => {
      const waiter: Waiter<Frame> = {
        replaced: this.#carriers[0],
        resolve,
        reject,
        timer: clock.schedule(limits.resetWithinMs, () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          const late = `The connection was not replaced within ${limits.resetWithinMs} ms`;
          reject(new FeedClosedError(`${late}; it goes on being tried`, { retryable: true }));
        }),
      };
      this.#waiters.push(waiter);
      this.#replace('A reset was asked for');
    });
  }

  /** Ends everything. Resolves when the sockets are gone. */
  async close(): Promise<void> {
    this.#subscriptions.clear();
    this.#shut();
    for (const { timer, reject } of this.#waiters) {
      timer.cancel();
      reject(new FeedClosedError('The exchange was closed'));
    }
    this.#waiters = [];
    await Promise.all(this.#closing);
  }

  onOpen(): void {
    this.#options.log.info('Connected to the exchange', this.#name());
    this.#checkTakeover();
  }

  onConfirmed(carrier: Carrier<Frame>, membership: Membership<Frame>): void {
    const { subscription } = membership;
    this.#options.login?.accepted();
    const hasRival = this.#otherCarrying(carrier, subscription)?.canFollow === true;
    // Up first: what came in before the confirmation follows after it.
    if (!hasRival) subscription.up();
    // Where nothing is numbered there is no way back from the newer connection to the older one.
    membership.isSuperseded =
      hasRival && !this.#options.dialect.isSequenced && carrier === this.#carriers[0];
    membership.onNewBeginning = () => this.#supersede(carrier, subscription);
    membership.confirm(hasRival);
    // A quiet symbol stops keeping the old connection after a while.
    carrier.schedule(this.#options.joinWithinMs, () => {
      membership.isSettled = true;
      this.#checkTakeover();
    });
    this.#checkTakeover();
    this.#settleWaiters();
  }

  onRefused(_carrier: Carrier<Frame>, { subscription }: Membership<Frame>, reason: string): void {
    this.remove(subscription);
    this.#options.onRefused(subscription, reason);
  }

  /** Nothing streams until the exchange takes us: every symbol hears why, and it is tried again. */
  onLoginRefused(carrier: Carrier<Frame>, reason: string): void {
    this.#options.login?.refused(reason);
    this.#tellRefusal(reason, carrier);
    this.#refused = carrier;
    carrier.drop(`The login was refused: ${reason}`);
  }

  onPutOff(carrier: Carrier<Frame>, { subscription }: Membership<Frame>, reason: string): void {
    if (this.#otherCarrying(carrier, subscription)) return;
    this.#options.log.warning('The exchange refuses more streams on a connection', {
      ...this.#name(),
      symbol: subscription.symbol,
      reason,
    });
    subscription.refuse(reason, false);
  }

  onFirstStep(): void {
    this.#failures = 0;
    this.#options.login?.proven();
  }

  /** To every symbol that no other connection carries. */
  #tellRefusal(reason: string, refused?: Carrier<Frame>): void {
    for (const subscription of this.#subscriptions.values()) {
      if (!this.#otherCarrying(refused, subscription)) subscription.refuse(reason, false);
    }
  }

  /** Which of the connections it is, for the log: of one exchange they share an address. */
  #name(): Readonly<Record<string, string>> {
    const { exchange, feed, url } = this.#options;
    const symbols = [...this.#subscriptions.keys()];
    const more = symbols.length > NAMED_MAX ? ` and ${symbols.length - NAMED_MAX} more` : '';
    return { exchange, feed, symbols: symbols.slice(0, NAMED_MAX).join(',') + more, url };
  }

  onMarketFrame(
    carrier: Carrier<Frame>,
    arrival: {
      readonly membership: Membership<Frame>;
      readonly frame: Frame;
      readonly receiveTimeUs: number;
    },
  ): void {
    const { membership, frame, receiveTimeUs } = arrival;
    this.#frames++;
    membership.receive(frame, receiveTimeUs);
    if (this.#carriers.length < 2) return;
    this.#otherCarrying(carrier, membership.subscription)?.catchUp();
    this.#checkTakeover();
  }

  onReplace(carrier: Carrier<Frame>, reason: string): void {
    if (carrier === this.#carriers[0]) this.#replace(reason);
    else this.#replaceNext = { carrier, reason };
  }

  onEnd(carrier: Carrier<Frame>, reason: string): void {
    const wasOldest = this.#carriers[0] === carrier;
    this.#carriers = this.#carriers.filter((other) => other !== carrier);
    this.#options.login?.left(this);
    // A refused login has been told.
    const level = this.#refused === carrier ? 'debug' : 'warning';
    this.#options.log[level]('The connection to the exchange ended', { ...this.#name(), reason });
    const aliveUntilUs = carrier.aliveUntilUs ?? this.#options.clock.nowUs();
    // Arranged before any listener hears of it: what it then asks for finds things in order.
    if (this.#carriers.length === 0) {
      this.#isReplacing = false;
      this.#connectAfterFailure();
    } else if (wasOldest) {
      this.#isReplacing = false;
    } else if (this.#isReplacing) {
      this.#connectAfterFailure();
    }
    for (const subscription of this.#subscriptions.values()) {
      if (!carrier.confirmed(subscription)) continue;
      const other = this.#otherCarrying(carrier, subscription);
      if (other?.canFollow) other.join();
      else subscription.down(aliveUntilUs, reason);
      // It had handed over to the one that is gone, and is needed again: from a new beginning.
      if (other?.isSuperseded) this.#carriers.forEach((left) => left.renew(subscription));
    }
    if (wasOldest) this.#promoted();
    this.#settleWaiters();
  }

  #replace(reason: string): void {
    if (this.#carriers.length === 0) {
      this.#failures = 0;
      this.#connectIn(0);
      return;
    }
    if (this.#isReplacing) return;
    this.#isReplacing = true;
    this.#options.log.info('Replacing the connection to the exchange', {
      ...this.#name(),
      reason,
    });
    this.#connectIn(0);
  }

  #connectAfterFailure(): void {
    const { random, limits } = this.#options;
    this.#connectIn(backoffDelayMs(this.#failures, random, limits.backoff));
    this.#failures++;
  }

  #connectIn(delayMs: number): void {
    const { clock, connecting } = this.#options;
    this.#connectTimer?.cancel();
    this.#connectTimer = clock.schedule(Math.max(delayMs, connecting.waitMs(1)), () => {
      this.#connectTimer = null;
      this.#connect();
    });
  }

  #connect(): void {
    const { connecting, login } = this.#options;
    if (connecting.waitMs(1) > 0) {
      // Another line took the place in the meantime.
      this.#connectIn(0);
      return;
    }
    const mayEnter = login?.enter(this, {
      onTurn: () => this.#connectIn(0),
      onRefused: (reason) => this.#tellRefusal(reason),
    });
    if (mayEnter === false) return;
    connecting.take(1);
    const carrier = new Carrier(this.#options, this);
    this.#carriers.push(carrier);
    for (const subscription of this.#subscriptions.values()) carrier.add(subscription);
  }

  #checkTakeover(): void {
    const [old, fresh] = this.#carriers;
    if (!old || !fresh?.isOpen) return;
    for (const subscription of this.#subscriptions.values()) {
      if (!old.confirmed(subscription)) continue;
      if (!fresh.confirmed(subscription)?.canReplace) return;
    }
    this.#carriers = [fresh];
    this.#isReplacing = false;
    this.#retire(old);
    this.#options.log.info('The connection to the exchange was replaced', this.#name());
    for (const subscription of this.#subscriptions.values()) {
      fresh.confirmed(subscription)?.join();
    }
    this.#promoted();
    this.#settleWaiters();
  }

  /** The connection that is now the first may have asked to be replaced already. */
  #promoted(): void {
    const next = this.#replaceNext;
    this.#replaceNext = null;
    if (next && next.carrier === this.#carriers[0]) this.#replace(next.reason);
  }

  /** Where nothing is numbered: what the others still bring of the symbol counts no more. */
  #supersede(carrier: Carrier<Frame>, subscription: Subscription<Frame>): number | null {
    let aliveUntilUs: number | null = null;
    for (const other of this.#carriers) {
      const membership = other === carrier ? undefined : other.confirmed(subscription);
      if (!membership) continue;
      if (membership.canFollow) aliveUntilUs = other.aliveUntilUs;
      membership.isSuperseded = true;
    }
    return aliveUntilUs;
  }

  /** Asks for a symbol's streams afresh on the connection that serves it. */
  renew(subscription: Subscription<Frame>): void {
    for (const carrier of this.#carriers) {
      if (carrier.confirmed(subscription)?.canFollow) carrier.renew(subscription);
    }
  }

  /** This connection brings less than it should: a new one is to take over. */
  replace(reason: string): void {
    this.#replace(reason);
  }

  #otherCarrying(
    carrier: Carrier<Frame> | undefined,
    subscription: Subscription<Frame>,
  ): Membership<Frame> | undefined {
    for (const other of this.#carriers) {
      if (other === carrier) continue;
      const membership = other.confirmed(subscription);
      if (membership) return membership;
    }
    return undefined;
  }

  #settleWaiters(): void {
    if (this.#waiters.length === 0) return;
    const [carrier, second] = this.#carriers;
    const isWhole =
      this.#subscriptions.size === 0 ||
      (carrier !== undefined &&
        second === undefined &&
        [...this.#subscriptions.values()].every((each) => carrier.confirmed(each)));
    if (!isWhole) return;
    const done = this.#waiters.filter(
      ({ replaced }) => this.#subscriptions.size === 0 || replaced !== carrier,
    );
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { timer, resolve } of done) {
      timer.cancel();
      resolve();
    }
  }

  #shut(): void {
    this.#options.login?.left(this);
    this.#connectTimer?.cancel();
    this.#connectTimer = null;
    this.#isReplacing = false;
    for (const carrier of this.#carriers) this.#retire(carrier);
    this.#carriers = [];
  }

  #retire(carrier: Carrier<Frame>): void {
    const gone = carrier.close().then(() => void this.#closing.delete(gone));
    this.#closing.add(gone);
  }
}
