/**
 * Records a book from its feed: has it proven, extends the segment and ends it at a gap. Decided elsewhere:
 * continuity by the exchange's sequence rule, liveness by `FeedTracker`, records by `SegmentWriter`.
 */

import { DuplicateRecordError, describeError } from '../errors.ts';
import type { LoggerError } from '../errors.ts';
import type {
  ChecksumMismatch,
  Exchange,
  FeedListener,
  FeedWait,
  Heartbeat,
  Instrument,
} from '../exchange/exchange.ts';
import type { LivePublisher } from '../live/feeds.ts';
import type { GapCause } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookImage, BookUpdate, SideEvent } from '../market/events.ts';
import { isSameScale } from '../market/scale.ts';
import type { Security } from '../market/security.ts';
import { formatSequence } from '../queries/format.ts';
import { BookProver } from './proof/book-prover.ts';
import { FeedTracker } from './proof/feed-tracker.ts';
import type { PhaseMachine, PhaseReason } from './phase.ts';
import type { RecorderDeps } from './recorder-deps.ts';
import type { DeeperBook, SegmentPosition, ProvenBook, Segment } from './segment/segment.ts';
import { SegmentWriter } from './segment/segment-writer.ts';
import type { SegmentWriterDeps } from './segment/segment-writer.ts';
import { SyncBuffer } from './proof/sync-buffer.ts';

export interface BookRecorderDeps extends RecorderDeps, Pick<SegmentWriterDeps, 'contract'> {
  readonly security: Security;
  readonly exchange: Exchange;
  readonly phase: PhaseMachine;
  readonly live: LivePublisher;
  /** Of the recorder; aborted here when recording cannot continue. */
  readonly life: AbortController;
  /** A base image is in the archive. */
  readonly onImageStored: (segment: Segment, image: BookImage) => void;
  readonly onInstrument: (instrument: Instrument) => void;
  /** The exchange does not list the security any more: the feed is closed, and can be opened again. */
  readonly onUnlisted: () => void;
}

export class BookRecorder implements FeedListener {
  readonly feed: FeedTracker;
  readonly writer: SegmentWriter;
  readonly #deps: BookRecorderDeps;
  readonly #security: string;
  readonly #phase: PhaseMachine;
  readonly #buffer: SyncBuffer;
  readonly #prover: BookProver;
  #scale: Scale = { priceExponent: 0, sizeExponent: 0 };
  /** Times that dead streams were renewed since an update last came. */
  #renewals = 0;

  constructor(deps: BookRecorderDeps) {
    const { security, exchange, limits, phase, life } = deps;
    this.#deps = deps;
    this.#security = security.id;
    this.#phase = phase;
    this.#buffer = new SyncBuffer(exchange.rule, limits);
    this.feed = new FeedTracker({
      ...deps,
      phase: () => phase.current,
      segment: () => this.segment,
      signal: life.signal,
      onContinuous: (segment) => this.#continue(segment),
      onDoubt: (reason, sinceUs) => this.#doubt(reason, sinceUs),
      onDead: (cause, reason, from) => this.#end(cause, reason, from),
      onGap: (cause, reason, from) => this.#gap(cause, reason, from),
    });
    this.writer = new SegmentWriter({
      ...deps,
      security: security.id,
      onWriteLost: (error) => this.stopWriting(error),
    });
    this.#prover = new BookProver({
      ...deps,
      buffer: this.#buffer,
      scale: () => this.#scale,
      onProven: (proven) => this.#onProven(proven),
      onDead: (reason) => this.#renew(reason),
      onWaiting: (reason, isAttempt) => phase.enter('syncing', { reason, isAttempt }),
      onUnlisted: () => this.feed.checkListing(),
    });
  }

  get segment(): Segment | undefined {
    return this.writer.segment;
  }

  /** The scale in which events arrive. */
  get scale(): Scale {
    return this.#scale;
  }

  /** Events in the open block, or waiting for a book to be proven. */
  get queuedEvents(): number {
    return (this.segment?.queuedEvents ?? 0) + this.#buffer.events;
  }

  open(instrument: Instrument): void {
    this.#scale = instrument.scale;
    this.#phase.enter('syncing', { for: 'streams' });
    this.feed.follow(this.#deps.exchange.open(instrument, this));
  }

  /**
   * Ends the segment and the feed. `cause` is that of the gap until the next start; a gap that nobody
   * planned, and in which it was already, keeps its own.
   */
  close(cause: 'removed' | 'restart'): void {
    const { segment } = this;
    const isInGap = this.#phase.current === 'stale';
    this.#prover.stop();
    if (segment) {
      this.#endSegment(isInGap ? 'connection' : cause, this.feed.lastEvidence(segment));
    } else if (cause === 'removed') {
      this.writer.markRemoved();
    }
    this.feed.close();
  }

  /** Seals what is due, journals the rest, and looks at the book. */
  tick(): void {
    const { segment } = this;
    if (!segment) return;
    if (!this.writer.seal()) {
      this.#gap('other', 'Trades keep coming, but no book updates', segment.last);
      return;
    }
    this.journal();
    this.feed.watch(segment);
    if (this.segment === segment) this.feed.checkCrossed(segment);
  }

  /** Brings the archive up to now. */
  journal(): void {
    this.writer.journal(this.feed.aliveUntilUs);
  }

  /** Voids what a segment, which may have ended, recorded after a position. */
  voidAfter(segment: Segment, from: SegmentPosition, reason: string): void {
    if (segment === this.segment) this.#gap('other', reason, from);
    else if (this.#phase.current !== 'closed') this.writer.voidAfter(segment, from);
  }

  /** @returns whether it was taken over: the book may have moved on. */
  deepen(segment: Segment, deeper: DeeperBook): boolean {
    const isHere = segment === this.segment && segment.sequence === deeper.sequence;
    const isUsable = isSameScale(deeper.content.scale, segment.scale) && segment.canTakeImage;
    if (isHere && isUsable) this.writer.deepen(deeper);
    return isHere && isUsable;
  }

  /** Records will never be in the archive: the segment ends where the archive ends. */
  stopWriting(error: LoggerError): void {
    if (this.#phase.current === 'closed' || this.writer.isSuspended) return;
    const reason = describeError(error);
    this.writer.suspend();
    this.#prover.stop();
    this.feed.segmentEnded();
    this.#buffer.clearUpdates();
    this.#buffer.takeSideEvents();
    this.#phase.enter('failed', { reason });
    if (error instanceof DuplicateRecordError) this.#giveUp(reason);
    else void this.#resumeWriting();
  }

  #giveUp(reason: string): void {
    const { log, life } = this.#deps;
    log.error('Stopped: the archive holds another record under the same key', {
      security: this.#security,
      reason,
    });
    life.abort();
    this.feed.close();
  }

  async #resumeWriting(): Promise<void> {
    const { life, onFatal } = this.#deps;
    try {
      if (!(await this.writer.resume(life.signal))) return;
      if (this.feed.isOpen) this.#awaitBook();
      else this.#phase.enter('starting', { for: 'instrument' });
    } catch (error) {
      onFatal(error);
    }
  }

  #awaitBook(): void {
    this.#phase.enter('syncing', this.feed.isUp ? {} : { for: 'streams' });
    if (this.feed.isUp) this.#prover.start();
  }

  onUp(): void {
    this.feed.up();
    if (this.writer.isSuspended) return;
    const { segment } = this;
    if (!segment) {
      this.#phase.enter('syncing');
      this.#prover.start();
    } else if (this.#phase.current === 'stale') {
      this.feed.awaitContinuation(segment);
    }
  }

  onDown(aliveUntilUs: number, reason: string): void {
    const { segment } = this;
    this.feed.down();
    if (segment && (this.#phase.current === 'live' || this.#phase.current === 'stale')) {
      const { proof, isNumberedByConnection } = this.#deps.exchange;
      if (proof === 'connection' || isNumberedByConnection === true) {
        this.#endSegment('connection', this.feed.lastEvidence(segment, aliveUntilUs));
        if (this.writer.isSuspended) return;
      }
      this.#phase.enter('stale', { reason });
    } else if (this.#phase.current === 'syncing') {
      this.#prover.stop();
      this.#buffer.clearUpdates();
      this.#phase.enter('syncing', { for: 'connection', reason });
    }
  }

  /** A rejection proves that the streams are gone, so the segment ends; a connection may come back in time. */
  onWaiting({ for: what, reason }: FeedWait): void {
    if (this.writer.isSuspended) return;
    const why = { for: what, reason, isAttempt: true };
    if (what !== 'connection') this.#fail('connection', why);
    else if (this.#phase.current === 'failed') this.#phase.enter('syncing', why);
    else this.#phase.enter(this.#phase.current, why);
  }

  onUnlisted(reason: string): void {
    this.#fail('other', { for: 'instrument', reason });
    this.feed.close();
    this.#deps.onUnlisted();
  }

  onSideEvent(event: SideEvent): void {
    const segment = this.#phase.current === 'live' ? this.segment : undefined;
    if (segment) segment.addSideEvent(event);
    else this.#buffer.addSideEvent(event);
    const epoch = segment?.identity.epoch ?? null;
    const security = this.#security;
    this.#deps.live.publish({ type: 'side-event', security, event, scale: this.#scale, epoch });
  }

  onUpdate(update: BookUpdate): void {
    const { segment } = this;
    this.#renewals = 0;
    if (segment && this.#extend(segment, update)) {
      this.#deps.live.publish({ type: 'update', security: this.#security, update, segment });
      return;
    }
    if (!segment) this.#buffer.addUpdate(update);
    this.#deps.live.publish({ type: 'unapplied', security: this.#security, update });
  }

  onHeartbeat(heartbeat: Heartbeat): void {
    const { segment } = this;
    const isSequenced = this.#deps.exchange.proof === 'sequence';
    if (segment) this.feed.heartbeat(segment, heartbeat);
    else if (isSequenced) this.#buffer.addHeartbeat(heartbeat);
    if (!isSequenced) return;
    this.#deps.live.publish({ type: 'heartbeat', security: this.#security, heartbeat });
  }

  /** Something was lost on an open connection. */
  onLoss(aliveUntilUs: number, reason: string): void {
    const last = this.segment && this.feed.lastEvidence(this.segment, aliveUntilUs);
    this.#lost('connection', reason, last);
  }

  onMismatch(reason: string, checksum?: ChecksumMismatch): void {
    const cause = checksum ? 'checksum' : 'other';
    this.#lost(cause, reason, this.segment?.lastRight(checksum?.lastMatch ?? null));
  }

  onAuction(isCollecting: boolean): void {
    this.feed.isAuction = isCollecting;
    // Snapshots that were rejected may be accepted now.
    this.#prover.hurry();
  }

  onScale(scale: Scale): void {
    this.#buffer.refine(this.#scale, scale);
    this.#scale = scale;
    this.writer.refine(scale);
  }

  onInstrument(instrument: Instrument): void {
    this.#deps.onInstrument(instrument);
    this.writer.imageNow('instrument');
  }

  /** @returns false when the update does not move the book: it is old, or the segment has ended. */
  #extend(segment: Segment, update: BookUpdate): boolean {
    const { exchange, limits } = this.#deps;
    switch (exchange.rule.follow(segment.sequence, update)) {
      case 'ignore':
        if (update.exchangeTimeUs - segment.exchangeTimeUs < limits.sequenceResetAfterUs)
          return false;
        // No duplicate comes that late: the exchange has restarted its numbering.
        this.#gap('other', `The sequence went back to ${update.lastSequence}`);
        this.#buffer.addUpdate(update);
        return false;
      case 'gap':
        this.#gap(
          this.#phase.current === 'stale' ? 'connection' : 'sequence',
          `What follows ${segment.sequence} begins at ${update.firstSequence}`,
        );
        this.#buffer.addUpdate(update);
        return false;
      case 'apply':
        if (this.#phase.current === 'stale') this.#continue(segment);
        return this.#apply(segment, update);
    }
  }

  /** After a contradiction nothing since the last proof is claimed: see `onMismatch`. */
  #apply(segment: Segment, update: BookUpdate): boolean {
    const contradiction = segment.apply(update);
    if (contradiction !== null) this.#gap('other', contradiction.text, segment.proven);
    return contradiction === null;
  }

  #onProven(proven: ProvenBook): void {
    const { exchange, log } = this.#deps;
    this.feed.segmentBegan(proven.receiveTimeUs);
    this.writer.begin(proven, this.#buffer.takeSideEvents());
    if (this.writer.isSuspended) return;
    this.#phase.enter('live');
    // Our own count of messages is no sequence: one would look for it at the exchange.
    const sequence = formatSequence(proven.sequence, exchange.proof) ?? undefined;
    log.info('Live', { security: this.#security, feed: exchange.feed, sequence });
  }

  #doubt(reason: string, sinceUs: number): void {
    this.#phase.enter('stale', { for: 'evidence', reason, sinceUs });
  }

  #end(cause: GapCause, reason: string, from: SegmentPosition): void {
    this.#renew(reason);
    this.#gap(cause, reason, from);
  }

  /** Dead streams on a living connection; at attempts 2, 4, 8 … the connection is replaced. */
  #renew(reason: string): void {
    const { log, exchange } = this.#deps;
    const attempt = ++this.#renewals;
    const isConnection = attempt > 1 && Number.isInteger(Math.log2(attempt));
    const what = isConnection ? 'connection' : 'streams';
    log.warning('Renewing a dead stream', { security: this.#security, what, reason });
    // Where the image comes in the stream, asking for it subscribes again.
    if (isConnection || exchange.proof === 'sequence') this.feed.renew(what, reason);
  }

  /** Nothing was missed while the connection was away, or the stream silent. */
  #continue(segment: Segment): void {
    this.feed.continued();
    for (const sideEvent of this.#buffer.takeSideEvents()) segment.addSideEvent(sideEvent);
    this.#phase.enter('live');
  }

  /** @param from nothing after this position is claimed; default: the last evidence. */
  #gap(cause: GapCause, reason: string, from?: SegmentPosition): void {
    const { segment } = this;
    if (!segment) return;
    this.#deps.log.warning('Gap', { security: this.#security, cause, reason });
    this.#endSegment(cause, from ?? this.feed.lastEvidence(segment));
    if (this.writer.isSuspended) return;
    this.#phase.enter('syncing', { reason });
    this.#buffer.clearUpdates();
    if (this.feed.isUp) this.#prover.start();
  }

  /** @param from undefined: no segment runs; what came in is of no use to the book being proven. */
  #lost(cause: GapCause, reason: string, from: SegmentPosition | undefined): void {
    if (from) return this.#gap(cause, reason, from);
    this.#buffer.clearUpdates();
    if (this.feed.isUp && !this.writer.isSuspended) this.#prover.start();
  }

  /** Nothing comes from the exchange, for a reason that waiting for messages does not mend. */
  #fail(cause: GapCause, why: PhaseReason): void {
    this.#prover.stop();
    this.#buffer.clearUpdates();
    if (this.segment) this.#endSegment(cause, this.feed.lastEvidence(this.segment));
    else this.writer.blame(cause);
    if (!this.writer.isSuspended) this.#phase.enter('failed', why);
  }

  #endSegment(cause: GapCause, from: SegmentPosition): void {
    this.feed.segmentEnded();
    this.writer.end(cause, from);
  }
}
