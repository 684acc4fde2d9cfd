/**
 * The lasting connection for some symbols; it survives sessions. After an unplanned end a new session
 * is opened at once, then with backoff. A planned end (age, shutdown announced, reset, no data in
 * spite of pings) opens the new session first and closes the old one only when every symbol has come
 * in on the new one, or is so quiet that waiting longer proves nothing. A symbol is down only while
 * no session carries it.
 */

import type { Log } from '../../runtime/log.ts';
import type { FeedWait } from '../exchange.ts';
import type { TokenBucket } from '../token-bucket.ts';
import { named } from '../../runtime/named.ts';
import type { UpgradeRejection } from '../../runtime/transport.ts';
import { upgradePauseMs } from '../retry-after.ts';
import { ConnectionLog } from './connection-log.ts';
import { FeedSession } from './feed-session.ts';
import type { FeedSessionOptions, SessionOwner } from './feed-session.ts';
import type { LoginGate } from './login-gate.ts';
import { ReplacementWaiters } from './replacement-waiters.ts';
import { SessionOpener } from './session-opener.ts';
import type { SessionSubscription } from './session-subscription.ts';
import type { SymbolFeed } from './symbol-feed.ts';

export interface FeedConnectionOptions extends FeedSessionOptions {
  /** For the log: whose connection, and of which feed. */
  readonly exchange: string;
  readonly feed: string;
  /** Where the exchange wants a key: shared by all connections. */
  readonly login?: LoginGate | undefined;
  readonly log: Log;
  /** New connections, shared by all: the exchange's limit is per address. */
  readonly connecting: TokenBucket;
  /** The exchange rejected the symbol's streams: it may not list the symbol any more. */
  readonly onStreamsRejected: (feed: SymbolFeed) => void;
}

export class FeedConnection implements SessionOwner {
  readonly #options: FeedConnectionOptions;
  readonly #log: ConnectionLog;
  readonly #feeds = new Map<string, SymbolFeed>();
  /** Oldest first, at most two: the second is to replace the first. */
  #sessions: FeedSession[] = [];
  readonly #opener: SessionOpener;
  #isReplacing = false;
  /** The session on which the exchange rejected our login. */
  #loginRejectedOn: FeedSession | null = null;
  /** Asked to be replaced while it was itself the replacement. */
  #replaceNext: { readonly session: FeedSession; readonly reason: string } | null = null;
  readonly #waiters: ReplacementWaiters<FeedSession>;
  readonly #closing = new Set<Promise<void>>();
  readonly #sinceMs: number;
  /** Of sessions that have ended. */
  #earlierFrames = 0;

  constructor(options: FeedConnectionOptions) {
    this.#options = options;
    const { exchange, feed, url, log } = options;
    this.#log = new ConnectionLog(log, () => {
      return { exchange, feed, symbols: named([...this.#feeds.keys()]), url };
    });
    this.#sinceMs = options.clock.monotonicMs();
    this.#opener = new SessionOpener(options, {
      open: () => this.#open(),
      loginRejected: (reason) => this.#loginUncarried(reason),
    });
    this.#waiters = new ReplacementWaiters(options.clock, options.limits.resetWithinMs);
  }

  get streamCount(): number {
    return this.#feeds.size * this.#options.protocol.streamsPerSymbol;
  }

  get openSessions(): number {
    return this.#sessions.filter((session) => session.isOpen).length;
  }

  /** Frames of its symbols a second, since it was made. */
  get framesPerSecond(): number {
    const seconds = (this.#options.clock.monotonicMs() - this.#sinceMs) / 1000;
    const frames = this.#sessions.reduce(
      (sum, session) => sum + session.frames,
      this.#earlierFrames,
    );
    return frames / Math.max(1, seconds);
  }

  add(feed: SymbolFeed): void {
    this.#feeds.set(feed.symbol, feed);
    for (const session of this.#sessions) session.add(feed);
    if (this.#sessions.length === 0 && !this.#opener.isPlanned) this.#opener.now();
  }

  remove(feed: SymbolFeed): void {
    if (this.#feeds.get(feed.symbol) !== feed) return;
    this.#feeds.delete(feed.symbol);
    for (const session of this.#sessions) session.remove(feed);
    if (this.#feeds.size === 0) this.#shut();
    else this.#checkFailover();
    this.#settleWaiters();
  }

  /** The last moment at which a session that carries the symbol was known to be alive; null: none does. */
  aliveUntilUs(feed: SymbolFeed): number | null {
    let aliveUntilUs: number | null = null;
    for (const session of this.#sessions) {
      if (session.confirmed(feed)?.isCaughtUp !== true) continue;
      aliveUntilUs = Math.max(aliveUntilUs ?? 0, session.aliveUntilUs ?? 0);
    }
    return aliveUntilUs;
  }

  /**
   * Replaces the session, the new one first. Resolves when every symbol has moved that the exchange accepts.
   * @throws FeedClosedError when that takes longer than the limit; replacing continues.
   */
  reset(): Promise<void> {
    if (this.#feeds.size === 0) return Promise.resolve();
    const done = this.#waiters.wait(this.#sessions[0]);
    this.replace('A reset was requested');
    return done;
  }

  /** Ends everything. Resolves when the sockets are gone. */
  async close(): Promise<void> {
    this.#feeds.clear();
    this.#shut();
    this.#waiters.rejectAll();
    await Promise.all(this.#closing);
  }

  /** Opens a new session that is to take over, or connects at once if there is no session. */
  replace(reason: string): void {
    if (this.#sessions.length === 0) {
      this.#opener.forgetFailures();
      this.#opener.now();
      return;
    }
    if (this.#isReplacing) return;
    this.#isReplacing = true;
    this.#log.replacing(reason);
    this.#opener.now();
  }

  /** Subscribes a symbol again on the session that serves it. */
  renew(feed: SymbolFeed): void {
    for (const session of this.#sessions) {
      if (session.confirmed(feed)?.canServe === true) session.renew(feed);
    }
  }

  onOpen(): void {
    this.#log.opened();
    this.#checkFailover();
  }

  onConfirmed(session: FeedSession, subscription: SessionSubscription): void {
    const { feed } = subscription;
    const { protocol, login } = this.#options;
    login?.accepted();
    this.#log.confirmed(feed.symbol);
    if (this.#otherCarrying(session, feed)?.canServe !== true) {
      // Up first: what came in before the confirmation follows after it.
      feed.up();
      subscription.apply('confirm-alone');
    } else if (protocol.isSequenced) subscription.apply('confirm-to-join');
    else {
      const isOldest = session === this.#sessions[0];
      subscription.apply(isOldest ? 'confirm-late' : 'confirm-to-replace');
      this.#awaitImage(session, subscription);
    }
    const other = this.#otherCarrying(session, feed);
    if (protocol.isSequenced)
      this.#settle(session, subscription, other && { other, had: other.updates });
    this.#checkFailover();
    this.#settleWaiters();
  }

  onPaused(session: FeedSession, { feed }: SessionSubscription, reason: string): void {
    this.#waitElsewhere(session, feed, { for: 'connection', reason });
  }

  /** A fact about that session alone: whichever else carries the symbol goes on. */
  onRejected(session: FeedSession, { feed }: SessionSubscription, wait: FeedWait): void {
    // It may have been up until its streams were renewed.
    this.#waitElsewhere(session, feed, wait);
    this.#log.rejected(feed.symbol, wait.reason);
    this.#settleWaiters();
    if (wait.for === 'streams') this.#options.onStreamsRejected(feed);
  }

  /** Nothing streams until the exchange accepts the login: every symbol gets the reason, and a new session retries. */
  onLoginRejected(session: FeedSession, reason: string): void {
    this.#options.login?.rejected(reason);
    this.#loginRejectedOn = session;
    session.drop(`The login was rejected: ${reason}`);
    this.#loginUncarried(reason);
  }

  onFirstBookFrame(): void {
    this.#opener.forgetFailures();
    this.#log.works();
    this.#options.login?.proven();
  }

  onSharedFrame(session: FeedSession, { feed }: SessionSubscription): void {
    this.#otherCarrying(session, feed)?.catchUp();
    this.#checkFailover();
  }

  supersedeOthers(session: FeedSession, { feed }: SessionSubscription): number | null {
    let aliveUntilUs: number | null = null;
    for (const other of this.#sessions) {
      const subscription = other === session ? undefined : other.confirmed(feed);
      if (!subscription) continue;
      if (subscription.canServe) aliveUntilUs = other.aliveUntilUs;
      subscription.apply('supersede');
    }
    return aliveUntilUs;
  }

  onReplace(session: FeedSession, reason: string): void {
    if (session === this.#sessions[0]) this.replace(reason);
    else this.#replaceNext = { session, reason };
  }

  onEnd(session: FeedSession, why: string, rejection?: UpgradeRejection): void {
    const pauseMs = rejection ? upgradePauseMs(rejection) : 0;
    this.#opener.pauseAll(pauseMs);
    const reason = pauseMs > 0 ? `${why}, no other before ${pauseMs / 1000} s are over` : why;
    const wasOldest = this.#sessions[0] === session;
    this.#setSessions(this.#sessions.filter((other) => other !== session));
    this.#opener.leaveLogin();
    this.#log.ended(reason, this.#loginRejectedOn === session);
    const aliveUntilUs = session.aliveUntilUs ?? this.#options.clock.nowUs();
    // Before any listener is called: it may call back and must find a consistent state.
    const isNoneLeft = this.#sessions.length === 0;
    if (isNoneLeft || (this.#isReplacing && !wasOldest)) this.#opener.afterFailure();
    if (isNoneLeft || wasOldest) this.#isReplacing = false;
    for (const feed of this.#feeds.values()) {
      if (session.confirmed(feed)) this.#lost(session, feed, { aliveUntilUs, reason });
      else if (this.#loginRejectedOn !== session && !this.#otherCarrying(session, feed)) {
        feed.wait({ for: 'connection', reason });
      }
    }
    if (wasOldest) this.#promoted();
    this.#settleWaiters();
  }

  #waitElsewhere(session: FeedSession, feed: SymbolFeed, wait: FeedWait): void {
    if (this.#otherCarrying(session, feed)?.canServe === true) return;
    feed.down(session.aliveUntilUs ?? this.#options.clock.nowUs(), wait.reason);
    feed.wait(wait);
  }

  /** A session that carried the symbol is gone. */
  #lost(
    session: FeedSession,
    feed: SymbolFeed,
    { aliveUntilUs, reason }: { readonly aliveUntilUs: number; readonly reason: string },
  ): void {
    const other = this.#otherCarrying(session, feed);
    if (other?.canServe === true) other.apply('join');
    else feed.down(aliveUntilUs, reason);
    // It had handed over to the session that is gone, and is needed again: from a new image.
    if (other?.state === 'superseded') this.#sessions.forEach((left) => left.renew(feed));
    // Until now it did not matter that the other session lacks it.
    const rejection = this.#sessions[0]?.rejectionOf(feed) ?? null;
    if (rejection !== null) feed.wait({ for: 'streams', reason: rejection });
  }

  /** Reports the rejected login to every symbol that no session carries. */
  #loginUncarried(reason: string): void {
    for (const feed of this.#feeds.values()) {
      if (!this.#otherCarrying(undefined, feed)) feed.wait({ for: 'login', reason });
    }
  }

  #open(): void {
    const session = new FeedSession(this.#options, this);
    this.#setSessions([...this.#sessions, session]);
    for (const feed of this.#feeds.values()) session.add(feed);
    session.schedule(this.#options.limits.resetWithinMs, () => this.#reportIncomplete(session));
  }

  #reportIncomplete(session: FeedSession): void {
    if (this.#sessions.length < 2 || session !== this.#sessions.at(-1)) return;
    const missing = [...this.#feeds.values()].filter((feed) => !session.confirmed(feed));
    const reasons = missing.map((feed) => session.rejectionOf(feed));
    const reason = reasons.find((one) => one !== null) ?? 'not confirmed yet';
    const symbols = missing.map(({ symbol }) => symbol);
    this.#log.incomplete(symbols, reason);
  }

  /** Closes the old session once every symbol that it carries can be served by the new one. */
  #checkFailover(): void {
    const [old, fresh] = this.#sessions;
    if (!old || !fresh?.isOpen) return;
    for (const feed of this.#feeds.values()) {
      if (old.confirmed(feed) && fresh.confirmed(feed)?.canReplace !== true) return;
    }
    this.#setSessions([fresh]);
    this.#isReplacing = false;
    this.#retire(old);
    this.#log.replaced();
    for (const feed of this.#feeds.values()) fresh.confirmed(feed)?.apply('join');
    this.#promoted();
    this.#settleWaiters();
  }

  /**
   * A quiet symbol stops keeping the old session after a while. One that the old session still brings
   * is not quiet: its streams do not work on the new session, and are subscribed again there.
   */
  #settle(
    session: FeedSession,
    subscription: SessionSubscription,
    since?: { readonly other: SessionSubscription; readonly had: number },
  ): void {
    session.schedule(this.#options.joinWithinMs ?? 0, () => {
      const { feed } = subscription;
      if (session.confirmed(feed) !== subscription) return;
      const isNewer = this.#sessions.length > 1 && session === this.#sessions.at(-1);
      const isMissing = isNewer && since !== undefined && since.other.updates > since.had;
      if (isMissing && subscription.updates === 0) {
        session.renew(feed);
        return;
      }
      subscription.settle();
      this.#checkFailover();
    });
  }

  /**
   * Its image may be lost, and without one it never serves. An older session does meanwhile, however long the
   * image takes.
   */
  #awaitImage(session: FeedSession, subscription: SessionSubscription): void {
    session.schedule(this.#options.limits.resetWithinMs, () => {
      const { feed, state } = subscription;
      if (state !== 'awaiting-image' || session.confirmed(feed) !== subscription) return;
      if (this.#otherCarrying(session, feed)) this.#awaitImage(session, subscription);
      else session.renew(feed);
    });
  }

  /** The session that is now the first may have asked to be replaced already. */
  #promoted(): void {
    const next = this.#replaceNext;
    this.#replaceNext = null;
    if (next && next.session === this.#sessions[0]) this.replace(next.reason);
  }

  #otherCarrying(
    session: FeedSession | undefined,
    feed: SymbolFeed,
  ): SessionSubscription | undefined {
    for (const other of this.#sessions) {
      const subscription = other === session ? undefined : other.confirmed(feed);
      if (subscription) return subscription;
    }
    return undefined;
  }

  #settleWaiters(): void {
    if (this.#feeds.size === 0) {
      this.#waiters.resolveAll();
      return;
    }
    const [session, second] = this.#sessions;
    if (!session || second) return;
    for (const feed of this.#feeds.values()) {
      // A rejected one will not move, however long anybody waits.
      if (!session.confirmed(feed) && session.rejectionOf(feed) === null) return;
    }
    this.#waiters.resolveUnless(session);
  }

  #shut(): void {
    this.#opener.cancel();
    this.#isReplacing = false;
    for (const session of this.#sessions) this.#retire(session);
    this.#setSessions([]);
  }

  #setSessions(sessions: FeedSession[]): void {
    for (const session of this.#sessions) {
      if (!sessions.includes(session)) this.#earlierFrames += session.frames;
    }
    this.#sessions = sessions;
    for (const session of sessions) session.isShared = sessions.length > 1;
  }

  #retire(session: FeedSession): void {
    const gone = session.close().then(() => void this.#closing.delete(gone));
    this.#closing.add(gone);
  }
}
