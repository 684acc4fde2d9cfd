/** A security's recorder, with those who subscribe to its live feed from the start. */

import type { Exchange } from '../exchange/exchange.ts';
import type { Unsubscribe } from '../live/feeds.ts';
import type { Security } from '../market/security.ts';
import type { RecordCheck } from './check/record-check.ts';
import { SelfCheck } from './check/self-check.ts';
import type { RecorderDeps } from './recorder-deps.ts';
import { RecorderStats } from './recorder-stats.ts';
import { SecurityRecorder } from './security-recorder.ts';

export interface RecordingDeps extends RecorderDeps {
  readonly recordCheck: RecordCheck;
}

export class Recording {
  readonly recorder: SecurityRecorder;
  readonly stats: RecorderStats;
  readonly selfCheck: SelfCheck;
  readonly #subscriptions: readonly Unsubscribe[];

  constructor(security: Security, exchange: Exchange, deps: RecordingDeps) {
    const { liveFeeds, clock, onFatal } = deps;
    this.stats = new RecorderStats(clock);
    this.recorder = new SecurityRecorder(security, exchange, deps, (segment, image) =>
      this.selfCheck.checkImage(segment, image),
    );
    this.selfCheck = new SelfCheck(this.recorder, deps);
    this.#subscriptions = [
      liveFeeds.subscribe(security.id, this.stats.onEvent, onFatal),
      liveFeeds.subscribeToStates(security.id, this.selfCheck.onState, onFatal),
    ];
  }

  /** Stops, and pushes what is pending to the queue. `cause`: of the gap until the next start. */
  close(cause: 'removed' | 'restart'): void {
    this.recorder.close(cause);
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }
}
