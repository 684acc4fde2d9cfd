/**
 * Owns the recording of one security: from the feed's events to records in the archive. Its phases:
 *
 *   starting → syncing → live ⇄ stale
 *                 ↑________|______|      a proven hole ends the chain and starts over
 *
 * `stale` keeps the chain open while the connection is away: if the next step continues it, there
 * was no hole. Where nothing but the connection proves the chain, it ends with it. Decisions lie in the sequence rule, the chain and the buffer; here they are acted on.
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
import { isStep } from '../market/events.ts';
import type { Aside, BookStep, MarketEvent } from '../market/events.ts';
import type { Security } from '../market/security.ts';
import { formatSequence } from '../reader/format.ts';
import type { Timer } from '../service/clock.ts';
import { askInstrument } from './ask-instrument.ts';
import { proveBook } from './book-proof.ts';
import { Chain } from './chain.ts';
import type { Moment, ProvenBook } from './chain.ts';
import { closeGap, earlierGap } from './gap.ts';
import { awaitTurn } from './owners.ts';
import type { RecorderParts } from './recorder-parts.ts';
import { recoverChain, recoverWhenWritable } from './recovery.ts';
import { SelfCheck } from './self-check.ts';
import { SyncBuffer } from './sync-buffer.ts';
import { Tally } from './tally.ts';

export type Phase = 'starting' | 'syncing' | 'live' | 'stale' | 'failed' | 'closed';

export class SecurityRecorder {
  readonly security: Security;
  readonly exchange: Exchange;
  readonly tally: Tally;
  readonly selfCheck: SelfCheck;
  readonly #parts: RecorderParts;
  readonly #buffer: SyncBuffer;
  #phase: Phase = 'starting';
  #message: string | null = null;
  #instrument: Instrument | undefined;
  #scale: Scale = { priceExponent: 0, sizeExponent: 0 };
  #handle: FeedHandle | undefined;
  #chain: Chain | undefined;
  #epoch = 0;
  #openGap: OpenGap | null = null;
  /** The last hole that was told to the archive, which may have lost it. */
  #declared: OpenGap | null = null;
  #isUp = false;
  #wholeUntilUs = 0;
  #proof: AbortController | undefined;
  #quietTimer: Timer | undefined;
  /** The archive lost records of this security: nothing is proven until it is known where it ends. */
  #isSuspended = false;
  #crossedSinceMs: number | undefined;
  #isAuction = false;
  #heartbeatTimer: Timer | undefined;
  readonly #life = new AbortController();

  constructor(security: Security, exchange: Exchange, parts: RecorderParts) {
    this.security = security;
    this.exchange = exchange;
    this.#parts = parts;
    this.tally = new Tally(parts.clock);
    this.#buffer = new SyncBuffer(exchange.rule, parts.limits);
    this.selfCheck = new SelfCheck({
      ...parts,
      security,
      exchange,
      records: parts.recordCheck,
      scale: () => this.#scale,
      onMismatch: (chain, lastGood, reason) => this.#disbelieve(chain, lastGood, reason),
    });
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Why it is not live. */
  get message(): string | null {
    return this.#message;
  }

  get chain(): Chain | undefined {
    return this.#chain;
  }

  get openGap(): OpenGap | null {
    return this.#openGap;
  }

  /** While stale: up to when the chain is known to be whole. */
  get wholeUntilUs(): number {
    return this.#wholeUntilUs;
  }

  get queuedEvents(): number {
    return (this.#chain?.queuedEvents ?? 0) + this.#buffer.events;
  }

  /**
   * Recovers what an earlier life left, then records until `close`. Returns once recovery is done;
   * the rest happens by itself, with retries.
   * @param instrument when the caller has asked the exchange already.
   */
  async start(instrument?: Instrument): Promise<void> {
    const { owners, clock } = this.#parts;
    const holder = (await owners?.claim(this.security.id)) ?? null;
    if (holder === null || !owners) {
      await this.#begin(instrument);
      return;
    }
    const turn = { owners, clock, security: this.security.id, signal: this.#life.signal };
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
    const recovered = await recoverChain(archive, this.security.id, 'restart', log);
    this.#epoch = recovered.epoch;
    this.#openGap = recovered.openGap;
    if (recovered.openGap) this.tally.gap(recovered.openGap.cause);
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
    if (this.#chain) {
      const { us, sequence } = this.#chain.last;
      const untilUs = wasLive ? clock.nowUs() : this.#wholeUntilUs;
      this.#endChain(cause, { us: Math.max(untilUs, us), sequence });
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
    const chain = this.#chain;
    if (!chain) return;
    const sealed = chain.seal(this.#parts.clock.monotonicMs());
    if (sealed === 'stuck') {
      this.#hole('other', 'The stream brings nothing of the book');
      return;
    }
    this.#write(sealed);
    this.journal();
    this.#checkCrossed(chain);
  }

  /** A book whose best bid reaches its best ask for long is not what the exchange has: start over. */
  #checkCrossed(chain: Chain): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const bid = chain.book.best('bid')?.[0];
    const ask = chain.book.best('ask')?.[0];
    const isCrossed = !this.#isAuction && bid !== undefined && ask !== undefined && bid >= ask;
    this.#crossedSinceMs = isCrossed ? (this.#crossedSinceMs ?? nowMs) : undefined;
    if (this.#crossedSinceMs === undefined) return;
    if (nowMs - this.#crossedSinceMs < this.#parts.limits.crossedMaxMs) return;
    this.#crossedSinceMs = undefined;
    this.#hole('other', 'The book stays crossed');
  }

  /** Brings the archive up to what was heard. */
  journal(): void {
    if (!this.#chain) return;
    if (this.#phase === 'live') {
      this.#wholeUntilUs = Math.max(this.#handle?.wholeUntilUs() ?? 0, this.#wholeUntilUs);
    }
    this.#write(this.#chain.journal(this.#wholeUntilUs));
  }

  /** @returns false when there is no proven book to take an image of. */
  imageNow(): boolean {
    if (!this.#chain || this.#phase !== 'live') return false;
    this.#write(this.#chain.imageNow('manual', this.#parts.clock.monotonicMs()));
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
      onDown: (wholeUntilUs, reason) => this.#onDown(wholeUntilUs, reason),
      onEvent: (event) => this.#onEvent(event),
      onHeartbeat: (heartbeat) => this.#onHeartbeat(heartbeat),
      onLoss: (wholeUntilUs, reason) => this.#onLoss(wholeUntilUs, reason),
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
    if (!this.#chain) {
      this.#setPhase('syncing', null);
      this.#startProof();
    } else if (this.#phase === 'stale') {
      this.#quietTimer?.cancel();
      this.#quietTimer = this.#parts.clock.schedule(this.#parts.limits.quietProofAfterMs, () =>
        this.#run(this.#proveQuiet()),
      );
    }
  }

  #onDown(wholeUntilUs: number, reason: string): void {
    this.#isUp = false;
    this.#quietTimer?.cancel();
    if (this.#phase === 'live') {
      this.#wholeUntilUs = Math.max(this.#wholeUntilUs, wholeUntilUs);
      if (this.exchange.proof === 'connection' && this.#chain) {
        const { sequence } = this.#chain;
        this.#endChain('connection', { us: this.#wholeUntilUs, sequence });
      }
      this.#setPhase('stale', reason);
    } else if (this.#phase === 'syncing') {
      this.#stopProof();
      this.#buffer.clearSteps();
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
    this.tally.message(event);
    if (isStep(event)) this.#onStep(event);
    else this.#onAside(event);
  }

  #onAside(aside: Aside): void {
    if (this.#chain && this.#phase === 'live') this.#chain.addAside(aside);
    else this.#buffer.addAside(aside);
  }

  #onStep(step: BookStep): void {
    const chain = this.#chain;
    if (!chain) {
      this.#buffer.addStep(step);
      return;
    }
    const { limits } = this.#parts;
    switch (this.exchange.rule.follow(chain.sequence, step)) {
      case 'ignore':
        if (step.exchangeTimeUs - chain.exchangeTimeUs < limits.sequenceBackAfterUs) return;
        // No duplicate comes that late: the exchange has begun to number anew.
        this.#hole('other', `The sequence went back to ${step.lastSequence}`);
        this.#buffer.addStep(step);
        return;
      case 'apply':
        if (this.#phase === 'stale') this.#goOn(chain);
        this.#apply(chain, step);
        return;
      case 'gap':
        this.#hole(
          this.#phase === 'stale' ? 'connection' : 'sequence',
          `What follows ${chain.sequence} begins at ${step.firstSequence}`,
        );
        this.#buffer.addStep(step);
        return;
    }
  }

  /**
   * A step that can't be in the exchange's book if ours is the same tells that ours is not, and has
   * not been at some moment since it was proven: no number was missed. None of it is claimed.
   */
  #apply(chain: Chain, step: BookStep): void {
    const contradiction = chain.apply(step);
    if (contradiction !== null) {
      this.#hole('other', contradiction, chain.proven);
      return;
    }
    this.selfCheck.step(step);
    this.#parts.onChange(this.security.id);
  }

  #onLoss(wholeUntilUs: number, reason: string): void {
    if (this.#chain) {
      const { us, sequence } = this.#chain.last;
      this.#hole('connection', reason, { us: Math.min(wholeUntilUs, us), sequence });
      return;
    }
    this.#buffer.clearSteps();
    if (this.#isUp && !this.#isSuspended) this.#startProof();
  }

  /** The exchange counts further than what came in: if that does not come at once, it is lost. */
  #onHeartbeat(heartbeat: Heartbeat): void {
    const chain = this.#chain;
    if (!chain) {
      this.#buffer.addHeartbeat(heartbeat);
      return;
    }
    this.selfCheck.heartbeat(heartbeat);
    if (this.#phase === 'stale' && heartbeat.lastSequence === chain.sequence) this.#goOn(chain);
    const isAhead = heartbeat.lastSequence > chain.sequence;
    if (!isAhead || this.#heartbeatTimer || this.#phase !== 'live') return;
    const { clock, limits } = this.#parts;
    this.#heartbeatTimer = clock.schedule(limits.heartbeatGraceMs, () => {
      this.#heartbeatTimer = undefined;
      if (this.#chain !== chain || this.#phase !== 'live') return;
      if (chain.sequence >= heartbeat.lastSequence) return;
      const { sequence } = chain;
      this.#hole(
        'sequence',
        `The exchange is at ${heartbeat.lastSequence}, the book at ${sequence}`,
      );
    });
  }

  /** Nothing was missed while the connection was away. */
  #goOn(chain: Chain): void {
    this.#quietTimer?.cancel();
    for (const aside of this.#buffer.takeAsides()) chain.addAside(aside);
    this.#setPhase('live', null);
  }

  /** Back on a connection, and silence: a snapshot at the book's own sequence shows that nothing was missed. */
  async #proveQuiet(): Promise<void> {
    const chain = this.#chain;
    if (!chain) return;
    const { sequence } = chain;
    try {
      const snapshot = await this.exchange.snapshot(this.security.symbol, this.#life.signal);
      const isSame = this.#chain === chain && this.#phase === 'stale' && this.#isUp;
      if (isSame && snapshot.sequence === sequence && chain.sequence === sequence) {
        this.#goOn(chain);
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
    const chain = this.#chain;
    if (!chain) return;
    this.#parts.log.warning('Gap', { security: this.security.id, cause, reason });
    this.#endChain(cause, from ?? chain.last);
    this.#setPhase('syncing', reason);
    this.#buffer.clearSteps();
    if (this.#isUp) this.#startProof();
  }

  #endChain(cause: GapCause, from: Moment): void {
    const chain = this.#chain;
    if (!chain) return;
    this.#chain = undefined;
    this.selfCheck.end();
    this.#quietTimer?.cancel();
    this.#heartbeatTimer?.cancel();
    this.#heartbeatTimer = undefined;
    this.#write(chain.end());
    this.tally.gap(cause);
    this.#setOpenGap(this.#gapAfter(chain, cause, from));
  }

  #gapAfter(chain: Chain, cause: GapCause, from: Moment): OpenGap {
    const isNumbered = this.exchange.proof === 'sequence';
    const firstMissing = isNumbered ? chain.firstMissingAfter(from) : null;
    return { epoch: chain.identity.epoch, fromUs: from.us, cause, firstMissing };
  }

  /** What came after a moment of a chain is void; if it has just ended, its hole begins sooner. */
  #disbelieve(chain: Chain, lastGood: Moment, reason: string): void {
    if (chain === this.#chain) {
      this.#hole('other', reason, lastGood);
      return;
    }
    const gap = this.#openGap;
    if (gap?.epoch !== chain.identity.epoch || this.#phase === 'closed') return;
    this.#setOpenGap(earlierGap(gap, this.#gapAfter(chain, 'other', lastGood)));
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
    const chain = new Chain(identity, proven, { ...this.#parts, monotonicMs });
    const gap = this.#openGap && closeGap(this.#openGap, identity, proven);
    const isHole = gap && gap.cause !== 'restart' && gap.cause !== 'removed';
    this.#openGap = null;
    this.#chain = chain;
    this.selfCheck.begin(chain);
    this.tally.proof();
    this.#wholeUntilUs = proven.receiveTimeUs;
    this.#write(chain.begin(isHole ? 'gap' : 'start', gap ?? undefined, monotonicMs));
    for (const aside of this.#buffer.takeAsides()) chain.addAside(aside);
    this.#setPhase('live', null);
    // Our own count of messages is no sequence: it would be looked for at the exchange.
    const sequence = formatSequence(proven.sequence, proof) ?? undefined;
    this.#parts.log.info('Live', { security: this.security.id, feed, sequence });
  }

  #onScale(scale: Scale): void {
    this.#buffer.refine(this.#scale, scale);
    this.selfCheck.refine(this.#scale, scale);
    this.#scale = scale;
    if (this.#chain) this.#write(this.#chain.refine(scale, this.#parts.clock.monotonicMs()));
  }

  #onInstrument(changed: Instrument): void {
    this.#parts.log.notice('The exchange changed the price or quantity step', {
      security: this.security.id,
      tickSize: changed.tickSize,
      lotSize: changed.lotSize,
      before: `${this.#instrument?.tickSize} / ${this.#instrument?.lotSize}`,
    });
    this.#instrument = changed;
    if (this.#chain) {
      this.#write(this.#chain.imageNow('instrument', this.#parts.clock.monotonicMs()));
    }
  }

  #write(writes: readonly Write[]): void {
    if (writes.length === 0) return;
    const chain = this.#chain;
    const image = chain && this.selfCheck.hold(chain);
    this.#parts.queue.push({
      security: this.security.id,
      writes,
      settled: (error) => {
        if (image) this.selfCheck.settle(chain, image, error === undefined);
        if (error) this.#run(this.#onWriteLost(error));
      },
    });
  }

  /**
   * Records of the running chain will never be in the archive: the chain ends where the archive
   * ends, which is found out as at a start, once the archive takes records again.
   */
  async #onWriteLost(error: LoggerError): Promise<void> {
    if (this.#phase === 'closed' || this.#isSuspended) return;
    const isConflict = error instanceof DuplicateRecordError;
    this.#isSuspended = true;
    this.#stopProof();
    this.#chain = undefined;
    this.selfCheck.end();
    this.#buffer.clearSteps();
    this.#buffer.takeAsides();
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
    if (found) this.tally.gap(found.cause);
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
