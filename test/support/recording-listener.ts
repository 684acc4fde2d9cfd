/** A feed listener that records its calls in order. */

import type {
  ChecksumMismatch,
  FeedListener,
  FeedWait,
  Heartbeat,
  Instrument,
} from '../../logger/exchange/exchange.ts';
import type { Scale } from '../../logger/market/decimal.ts';
import type {
  BookUpdate,
  Diff,
  MarketEvent,
  SideEvent,
  Trade,
} from '../../logger/market/events.ts';

export type ListenerCall =
  | { readonly what: 'up' }
  | { readonly what: 'down'; readonly aliveUntilUs: number; readonly reason: string }
  | { readonly what: 'event'; readonly event: MarketEvent }
  | { readonly what: 'heartbeat'; readonly heartbeat: Heartbeat }
  | { readonly what: 'loss'; readonly aliveUntilUs: number; readonly reason: string }
  | {
      readonly what: 'mismatch';
      readonly reason: string;
      readonly checksum?: ChecksumMismatch | undefined;
    }
  | { readonly what: 'auction'; readonly isCollecting: boolean }
  | { readonly what: 'scale'; readonly scale: Scale }
  | { readonly what: 'instrument'; readonly instrument: Instrument }
  | { readonly what: 'rejected'; readonly reason: string }
  | { readonly what: 'unlisted'; readonly reason: string };

export class RecordingListener implements FeedListener {
  /** A rejection that is repeated is one of them. */
  readonly calls: ListenerCall[] = [];
  readonly waits: FeedWait[] = [];

  onUp(): void {
    this.calls.push({ what: 'up' });
  }

  onDown(aliveUntilUs: number, reason: string): void {
    this.calls.push({ what: 'down', aliveUntilUs, reason });
  }

  onUpdate(event: BookUpdate): void {
    this.calls.push({ what: 'event', event });
  }

  onSideEvent(event: SideEvent): void {
    this.calls.push({ what: 'event', event });
  }

  onHeartbeat(heartbeat: Heartbeat): void {
    this.calls.push({ what: 'heartbeat', heartbeat });
  }

  onLoss(aliveUntilUs: number, reason: string): void {
    this.calls.push({ what: 'loss', aliveUntilUs, reason });
  }

  onMismatch(reason: string, checksum?: ChecksumMismatch): void {
    this.calls.push({ what: 'mismatch', reason, checksum });
  }

  onAuction(isCollecting: boolean): void {
    this.calls.push({ what: 'auction', isCollecting });
  }

  onScale(scale: Scale): void {
    this.calls.push({ what: 'scale', scale });
  }

  onInstrument(instrument: Instrument): void {
    this.calls.push({ what: 'instrument', instrument });
  }

  onWaiting(wait: FeedWait): void {
    const { reason } = wait;
    const last = this.calls.at(-1);
    this.waits.push(wait);
    if (wait.for === 'connection') return;
    if (last?.what === 'rejected' && last.reason === reason) return;
    this.calls.push({ what: 'rejected', reason });
  }

  onUnlisted(reason: string): void {
    this.calls.push({ what: 'unlisted', reason });
  }

  count(what: ListenerCall['what']): number {
    return this.calls.filter((entry) => entry.what === what).length;
  }

  /** The calls except events and heartbeats. */
  get states(): string[] {
    return this.calls.flatMap(({ what }) =>
      what === 'event' || what === 'heartbeat' ? [] : [what],
    );
  }

  get events(): MarketEvent[] {
    return this.calls.flatMap((entry) => (entry.what === 'event' ? [entry.event] : []));
  }

  get diffs(): Diff[] {
    return this.events.filter((event) => event.type === 'diff');
  }

  get trades(): Trade[] {
    return this.events.filter((event) => event.type === 'trade');
  }

  /** `[first, last]` of each diff. */
  get ranges(): [number, number][] {
    return this.diffs.map(({ firstSequence, lastSequence }) => [firstSequence, lastSequence]);
  }
}
