/**
 * Owns the recording of one security: from the feed's events to records in the archive. Its phases:
 *
 *   starting → syncing → live ⇄ stale
 *                 ↑________|______|      a proven hole ends the segment and starts over
 *
 * `stale` keeps the segment open while the connection is away: if the next step continues it, there
 * was no hole. Where nothing but the connection proves the segment, it ends with it. Decisions lie in the sequence rule, the segment and the buffer; here they are acted on.
 */

import type { OpenGap, Write } from '../archive/archive.ts';
import type {
  Exchange,
  FeedHandle,
  FeedListener,
  Heartbeat,
  Instrument,
} from '../exchange/exchange.ts';
import { DuplicateRecordError, LoggerError, describeError } from '../errors.ts';
import type { GapCause } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { SideEvent, BookUpdate, MarketEvent } from '../market/events.ts';
import type { Security } from '../market/security.ts';
import { formatSequence } from '../queries/format.ts';
import type { Timer } from '../runtime/clock.ts';
import { askInstrument } from './ask-instrument.ts';
import { proveBook } from './book-proof.ts';
import { Segment } from './segment.ts';
import type { Moment, ProvenBook } from './segment.ts';
import { closeGap, earlierGap } from './gap.ts';
import { awaitTurn } from './leases.ts';
import type { RecorderDeps } from './recorder-deps.ts';
import { recoverSegment, recoverWhenWritable } from './recovery.ts';
import { SelfCheck } from './check/self-check.ts';
import { SyncBuffer } from './sync-buffer.ts';
import { RecorderStats } from './recorder-stats.ts';

export type Phase = 'starting' | 'syncing' | 'live' | 'stale' | 'failed' | 'closed';

export class SecurityRecorder {
  readonly security: Security;
  readonly exchange: Exchange;
  readonly stats: RecorderStats;
  readonly selfCheck: SelfCheck;
  readonly #parts: RecorderDeps;
  readonly #buffer: SyncBuffer;
  #phase: Phase = 'starting';
  #message: string | null = null;
  #instrument: Instrument | undefined;
  #scale: Scale = { priceExponent: 0, sizeExponent: 0 };
  #handle: FeedHandle | undefined;
  #segment: Segment | undefined;
  #epoch = 0;
  #openGap: OpenGap | null = null;
  /** The last hole that was told to the archive, which may have lost it. */
  #declared: OpenGap | null = null;
  #isUp = false;
  #aliveUntilUs = 0;
  #proof: AbortController | undefined;
  #quietTimer: Timer | undefined;
  /** The archive lost records of this security: nothing is proven until it is known where it ends. */
  #isSuspended = false;
  #crossedSinceMs: number | undefined;
  #isAuction = false;
  #heartbeatTimer: Timer | undefined;
  readonly #life = new AbortController();

  constructor(security: Security, exchange: Exchange, parts: RecorderDeps) {
    this.security = security;
    this.exchange = exchange;
    this.#parts = parts;
    this.stats = new RecorderStats(parts.clock);
    this.#buffer = new SyncBuffer(exchange.rule, parts.limits);
    this.selfCheck = new SelfCheck({
      ...parts,
      security,
      exchange,
      records: parts.recordCheck,
      scale: () => this.#scale,
      onMismatch: (segment, lastGood, reason) => this.#disbelieve(segment, lastGood, reason),
    });
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Why it is not live. */
  get message(): string | null {
    return this.#message;
  }

  get segment(): Segment | undefined {
    return this.#segment;
  }

  get openGap(): OpenGap | null {
    return this.#openGap;
  }

  /** While stale: up to when the segment is known to be whole. */
  get aliveUntilUs(): number {
    return this.#aliveUntilUs;
  }

  get queuedEvents(): number {
    return (this.#segment?.queuedEvents ?? 0) + this.#buffer.events;
  }

  /**
   * Recovers what an earlier life left, then records until `close`. Returns once recovery is done;
   * the rest happens by itself, with retries.
   * @param instrument when the caller has asked the exchange already.
   */
  async start(instrument?: Instrument): Promise<void> {
    const { leases, clock } = this.#parts;
    const holder = (await leases?.claim(this.security.id)) ?? null;
    if (holder === null || !leases) {
      await this.#begin(instrument);
      return;
    }
    const turn = { leases, clock, security: this.security.id, signal: this.#life.signal };
    const onHeld = (by: string): void => this.#setPhase('failed', by);
    onHeld(holder);
    this.#parts.log.warning('Not recorded here', { security: this.security.id, reason: holder });
    this.#run(awaitTurn(turn, onHeld), (isOurs) => {
      if (isOurs) this.#run(this.#begin(instrument));
    });
  }

  async #begin(instrument?: Instrument): Promise<void> {
    const { archive, log } = this.#parts;
    this.#setPhase('starting', null);
    const recovered = await recoverSegment(archive, this.security.id, 'restart', log);
    this.#epoch = recovered.epoch;
    this.#openGap = recovered.openGap;
    if (recovered.openGap) this.stats.gap(recovered.openGap.cause);
    this.#parts.onRecovered?.(recovered);
    if (this.#life.signal.aborted) return;
    this.#run(instrument ? Promise.resolve(instrument) : this.#askInstrument(), (found) => {
      if (found) this.#open(found);
    });
  }

  /**
   * Stops and hands what is pending to the queue. `removed` and `restart` are the causes under
   * which the time until the next start will be declared.
   */
  close(cause: 'removed' | 'restart'): void {
    if (this.#phase === 'closed') return;
    const { clock } = this.#parts;
    const wasLive = this.#phase === 'live';
    this.#life.abort();
    this.#stopProof();
    this.#quietTimer?.cancel();
    if (this.#segment) {
      const { us, sequence } = this.#segment.last;
      const untilUs = wasLive ? clock.nowUs() : this.#aliveUntilUs;
      this.#endSegment(cause, { us: Math.max(untilUs, us), sequence });
    } else if (this.#openGap && cause === 'removed') {
      // From here on it is missing because nobody wanted it.
      this.#setOpenGap({ ...this.#openGap, cause });
    }
    this.#handle?.close();
    this.#handle = undefined;
    this.#setPhase('closed', null);
  }

  /** Another record stands in the store under a key of this security: nothing more is recorded. */
  refuse(error: DuplicateRecordError): void {
    this.#run(this.#onWriteLost(error));
  }

  /** Regular work, many times a second: journal, seal, images. */
  tick(): void {
    const segment = this.#segment;
    if (!segment) return;
    const sealed = segment.seal(this.#parts.clock.monotonicMs());
    if (sealed === 'stuck') {
      this.#hole('other', 'The stream brings nothing of the book');
      return;
    }
    this.#write(sealed);
    this.journal();
    this.#checkCrossed(segment);
  }

  /** A book whose best bid reaches its best ask for long is not what the exchange has: start over. */
  #checkCrossed(segment: Segment): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const bid = segment.book.best('bid')?.[0];
    const ask = segment.book.best('ask')?.[0];
    const isCrossed = !this.#isAuction && bid !== undefined && ask !== undefined && bid >= ask;
    this.#crossedSinceMs = isCrossed ? (this.#crossedSinceMs ?? nowMs) : undefined;
    if (this.#crossedSinceMs === undefined) return;
    if (nowMs - this.#crossedSinceMs < this.#parts.limits.crossedMaxMs) return;
    this.#crossedSinceMs = undefined;
    this.#hole('other', 'The book stays crossed');
  }

  /** Brings the archive up to what was heard. */
  journal(): void {
    if (!this.#segment) return;
    if (this.#phase === 'live') {
      this.#aliveUntilUs = Math.max(this.#handle?.aliveUntilUs() ?? 0, this.#aliveUntilUs);
    }
    this.#write(this.#segment.journal(this.#aliveUntilUs));
  }

  /** @returns false when there is no proven book to take an image of. */
  imageNow(): boolean {
    if (!this.#segment || this.#phase !== 'live') return false;
    this.#write(this.#segment.imageNow('manual', this.#parts.clock.monotonicMs()));
    return true;
  }

  #askInstrument(): Promise<Instrument | undefined> {
    const { clock, random, log, limits } = this.#parts;
    const onTrouble = (reason: string, isFinal: boolean): void =>
      this.#setPhase(isFinal ? 'failed' : 'starting', reason);
    const { security, exchange } = this;
    const { signal } = this.#life;
    return askInstrument({ exchange, security, onTrouble, clock, random, log, limits, signal });
  }

  #open(instrument: Instrument): void {
    if (this.#life.signal.aborted) return;
    this.#instrument = instrument;
    this.#scale = instrument.scale;
    this.#setPhase('syncing', null);
    const listener: FeedListener = {
      onUp: () => this.#onUp(),
      onDown: (aliveUntilUs, reason) => this.#onDown(aliveUntilUs, reason),
      onEvent: (event) => this.#onEvent(event),
      onHeartbeat: (heartbeat) => this.#onHeartbeat(heartbeat),
      onLoss: (aliveUntilUs, reason) => this.#onLoss(aliveUntilUs, reason),
      onAuction: (isCollecting) => (this.#isAuction = isCollecting),
      onScale: (scale) => this.#onScale(scale),
      onInstrument: (changed) => this.#onInstrument(changed),
      onRefused: (reason, mayPass) => this.#onRefused(reason, mayPass),
    };
    this.#handle = this.exchange.open(instrument, listener);
  }

  #onUp(): void {
    this.#isUp = true;
    if (this.#isSuspended) return;
    if (!this.#segment) {
      this.#setPhase('syncing', null);
      this.#startProof();
    } else if (this.#phase === 'stale') {
      this.#quietTimer?.cancel();
      this.#quietTimer = this.#parts.clock.schedule(this.#parts.limits.quietProofAfterMs, () =>
        this.#run(this.#proveQuiet()),
      );
    }
  }

  #onDown(aliveUntilUs: number, reason: string): void {
    this.#isUp = false;
    this.#quietTimer?.cancel();
    if (this.#phase === 'live') {
      this.#aliveUntilUs = Math.max(this.#aliveUntilUs, aliveUntilUs);
      if (this.exchange.proof === 'connection' && this.#segment) {
        const { sequence } = this.#segment;
        this.#endSegment('connection', { us: this.#aliveUntilUs, sequence });
      }
      this.#setPhase('stale', reason);
    } else if (this.#phase === 'syncing') {
      this.#stopProof();
      this.#buffer.clearUpdates();
      this.#setPhase('syncing', reason);
    }
  }

  #onRefused(reason: string, mayPass: boolean): void {
    this.#parts.log[mayPass ? 'debug' : 'error']('The exchange refuses the streams', {
      security: this.security.id,
      reason,
    });
    this.#setPhase('failed', reason);
  }

  #onEvent(event: MarketEvent): void {
    this.stats.message(event);
    if (isBookUpdate(event)) this.#onStep(event);
    else this.#onAside(event);
  }

  #onAside(sideEvent: SideEvent): void {
    if (this.#segment && this.#phase === 'live') this.#segment.addSideEvent(sideEvent);
    else this.#buffer.addSideEvent(sideEvent);
  }

  #onStep(step: BookUpdate): void {
    const segment = this.#segment;
    if (!segment) {
      this.#buffer.addUpdate(step);
      return;
    }
    const { limits } = this.#parts;
    switch (this.exchange.rule.follow(segment.sequence, step)) {
      case 'ignore':
        if (step.exchangeTimeUs - segment.exchangeTimeUs < limits.sequenceBackAfterUs) return;
        // No duplicate comes that late: the exchange has begun to number anew.
        this.#hole('other', `The sequence went back to ${step.lastSequence}`);
        this.#buffer.addUpdate(step);
        return;
      case 'apply':
        if (this.#phase === 'stale') this.#goOn(segment);
        this.#apply(segment, step);
        return;
      case 'gap':
        this.#hole(
          this.#phase === 'stale' ? 'connection' : 'sequence',
          `What follows ${segment.sequence} begins at ${step.firstSequence}`,
        );
        this.#buffer.addUpdate(step);
        return;
    }
  }

  /**
   * A step that can't be in the exchange's book if ours is the same tells that ours is not, and has
   * not been at some moment since it was proven: no number was missed. None of it is claimed.
   */
  #apply(segment: Segment, step: BookUpdate): void {
    const contradiction = segment.apply(step);
    if (contradiction !== null) {
      this.#hole('other', contradiction, segment.proven);
      return;
    }
    this.selfCheck.step(step);
    this.#parts.onChange(this.security.id);
  }

  #onLoss(aliveUntilUs: number, reason: string): void {
    if (this.#segment) {
      const { us, sequence } = this.#segment.last;
      this.#hole('connection', reason, { us: Math.min(aliveUntilUs, us), sequence });
      return;
    }
    this.#buffer.clearUpdates();
    if (this.#isUp && !this.#isSuspended) this.#startProof();
  }

  /** The exchange counts further than what came in: if that does not come at once, it is lost. */
  #onHeartbeat(heartbeat: Heartbeat): void {
    const segment = this.#segment;
    if (!segment) {
      this.#buffer.addHeartbeat(heartbeat);
      return;
    }
    this.selfCheck.heartbeat(heartbeat);
    if (this.#phase === 'stale' && heartbeat.lastSequence === segment.sequence) this.#goOn(segment);
    const isAhead = heartbeat.lastSequence > segment.sequence;
    if (!isAhead || this.#heartbeatTimer || this.#phase !== 'live') return;
    const { clock, limits } = this.#parts;
    this.#heartbeatTimer = clock.schedule(limits.heartbeatGraceMs, () => {
      this.#heartbeatTimer = undefined;
      if (this.#segment !== segment || this.#phase !== 'live') return;
      if (segment.sequence >= heartbeat.lastSequence) return;
      const { sequence } = segment;
      this.#hole(
        'sequence',
        `The exchange is at ${heartbeat.lastSequence}, the book at ${sequence}`,
      );
    });
  }

  /** Nothing was missed while the connection was away. */
  #goOn(segment: Segment): void {
    this.#quietTimer?.cancel();
    for (const sideEvent of this.#buffer.takeSideEvents()) segment.addSideEvent(sideEvent);
    this.#setPhase('live', null);
  }

  /** Back on a connection, and silence: a snapshot at the book's own sequence shows that nothing was missed. */
  async #proveQuiet(): Promise<void> {
    const segment = this.#segment;
    if (!segment) return;
    const { sequence } = segment;
    try {
      const snapshot = await this.exchange.snapshot(this.security.symbol, this.#life.signal);
      const isSame = this.#segment === segment && this.#phase === 'stale' && this.#isUp;
      if (isSame && snapshot.sequence === sequence && segment.sequence === sequence) {
        this.#goOn(segment);
      }
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      // The next diff will settle it, as it would have without this short cut.
      this.#parts.log.debug('No snapshot to prove silence', { reason: describeError(error) });
    }
  }

  /**
   * @param from after which moment nothing is claimed; default: the last data. A silence that ends in a
   *   hole is one from there on, whatever answered in between.
   */
  #hole(cause: GapCause, reason: string, from?: Moment): void {
    const segment = this.#segment;
    if (!segment) return;
    this.#parts.log.warning('Gap', { security: this.security.id, cause, reason });
    this.#endSegment(cause, from ?? segment.last);
    this.#setPhase('syncing', reason);
    this.#buffer.clearUpdates();
    if (this.#isUp) this.#startProof();
  }

  #endSegment(cause: GapCause, from: Moment): void {
    const segment = this.#segment;
    if (!segment) return;
    this.#segment = undefined;
    this.selfCheck.end();
    this.#quietTimer?.cancel();
    this.#heartbeatTimer?.cancel();
    this.#heartbeatTimer = undefined;
    this.#write(segment.end());
    this.stats.gap(cause);
    this.#setOpenGap(this.#gapAfter(segment, cause, from));
  }

  #gapAfter(segment: Segment, cause: GapCause, from: Moment): OpenGap {
    const isSequenced = this.exchange.proof === 'sequence';
    const firstMissing = isSequenced ? segment.firstMissingAfter(from) : null;
    return { epoch: segment.identity.epoch, fromUs: from.us, cause, firstMissing };
  }

  /** What came after a moment of a segment is void; if it has just ended, its hole begins sooner. */
  #disbelieve(segment: Segment, lastGood: Moment, reason: string): void {
    if (segment === this.#segment) {
      this.#hole('other', reason, lastGood);
      return;
    }
    const gap = this.#openGap;
    if (gap?.epoch !== segment.identity.epoch || this.#phase === 'closed') return;
    this.#setOpenGap(earlierGap(gap, this.#gapAfter(segment, 'other', lastGood)));
  }

  #setOpenGap(gap: OpenGap): void {
    this.#openGap = this.#declared = gap;
    this.#write([{ type: 'open-gap', security: this.security.id, gap }]);
  }

  #startProof(): void {
    this.#stopProof();
    const proof = new AbortController();
    this.#proof = proof;
    const { clock, random, log, limits } = this.#parts;
    this.#run(
      proveBook({
        exchange: this.exchange,
        security: this.security.id,
        symbol: this.security.symbol,
        buffer: this.#buffer,
        scale: () => this.#scale,
        onProven: (proven) => this.#onProven(proven),
        onTrouble: (message, error) =>
          this.#setPhase(
            error && !error.retryable && isRefusal(error) ? 'failed' : 'syncing',
            message,
          ),
        clock,
        random,
        log,
        limits,
        signal: proof.signal,
      }),
    );
  }

  #stopProof(): void {
    this.#proof?.abort();
    this.#proof = undefined;
  }

  #onProven(proven: ProvenBook): void {
    const { clock, writer } = this.#parts;
    const { level, feed, proof } = this.exchange;
    this.#proof = undefined;
    const { nextEpoch = (last) => last + 1 } = this.#parts;
    this.#epoch = nextEpoch(this.#epoch, proven.receiveTimeUs);
    const identity = { security: this.security.id, level, feed, proof, epoch: this.#epoch, writer };
    const monotonicMs = clock.monotonicMs();
    const segment = new Segment(identity, proven, { ...this.#parts, monotonicMs });
    const gap = this.#openGap && closeGap(this.#openGap, identity, proven);
    const isHole = gap && gap.cause !== 'restart' && gap.cause !== 'removed';
    this.#openGap = null;
    this.#segment = segment;
    this.selfCheck.begin(segment);
    this.stats.proof();
    this.#aliveUntilUs = proven.receiveTimeUs;
    this.#write(segment.begin(isHole ? 'gap' : 'start', gap ?? undefined, monotonicMs));
    for (const sideEvent of this.#buffer.takeSideEvents()) segment.addSideEvent(sideEvent);
    this.#setPhase('live', null);
    // Our own count of messages is no sequence: it would be looked for at the exchange.
    const sequence = formatSequence(proven.sequence, proof) ?? undefined;
    this.#parts.log.info('Live', { security: this.security.id, feed, sequence });
  }

  #onScale(scale: Scale): void {
    this.#buffer.refine(this.#scale, scale);
    this.selfCheck.refine(this.#scale, scale);
    this.#scale = scale;
    if (this.#segment) this.#write(this.#segment.refine(scale, this.#parts.clock.monotonicMs()));
  }

  #onInstrument(changed: Instrument): void {
    this.#parts.log.notice('The exchange changed the price or quantity step', {
      security: this.security.id,
      tickSize: changed.tickSize,
      lotSize: changed.lotSize,
      before: `${this.#instrument?.tickSize} / ${this.#instrument?.lotSize}`,
    });
    this.#instrument = changed;
    if (this.#segment) {
      this.#write(this.#segment.imageNow('instrument', this.#parts.clock.monotonicMs()));
    }
  }

  #write(writes: readonly Write[]): void {
    if (writes.length === 0) return;
    const segment = this.#segment;
    const image = segment && this.selfCheck.hold(segment);
    this.#parts.queue.push({
      security: this.security.id,
      writes,
      settled: (error) => {
        if (image) this.selfCheck.settle(segment, image, error === undefined);
        if (error) this.#run(this.#onWriteLost(error));
      },
    });
  }

  /**
   * Records of the running segment will never be in the archive: the segment ends where the archive
   * ends, which is found out as at a start, once the archive takes records again.
   */
  async #onWriteLost(error: LoggerError): Promise<void> {
    if (this.#phase === 'closed' || this.#isSuspended) return;
    const isConflict = error instanceof DuplicateRecordError;
    this.#isSuspended = true;
    this.#stopProof();
    this.#segment = undefined;
    this.selfCheck.end();
    this.#buffer.clearUpdates();
    this.#buffer.takeSideEvents();
    this.#setPhase('failed', describeError(error));
    if (isConflict) {
      this.#parts.log.error('Stopped: the archive holds another record under the same key', {
        security: this.security.id,
        reason: describeError(error),
      });
      this.#handle?.close();
      this.#handle = undefined;
      return;
    }
    await this.#resume();
  }

  async #resume(): Promise<void> {
    const { signal } = this.#life;
    const recovered = await recoverWhenWritable({ ...this.#parts, signal }, this.security.id);
    if (recovered === undefined || signal.aborted) return;
    this.#epoch = Math.max(this.#epoch, recovered.epoch);
    const found = (this.#openGap = recovered.openGap);
    if (found) this.stats.gap(found.cause);
    // The archive's end is not the end of what is good, where we had told it so and it was lost.
    if (found && this.#declared?.epoch === found.epoch) {
      this.#setOpenGap(earlierGap(found, this.#declared));
    }
    this.#isSuspended = false;
    this.#setPhase('syncing', null);
    if (this.#isUp) this.#startProof();
  }

  #setPhase(phase: Phase, message: string | null): void {
    this.#phase = phase;
    this.#message = message;
    this.#parts.onChange(this.security.id);
  }

  /** Work in the background: what it throws beyond operating errors is a bug, and ends the process. */
  #run<T>(work: Promise<T>, then?: (result: T) => void): void {
    work.then(then).catch((error: unknown) => this.#parts.onFatal(error));
  }
}

function isRefusal(error: LoggerError): boolean {
  return error.code === 'exchange-refused' || error.code === 'unknown-security';
}
