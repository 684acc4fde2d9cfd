/** `WatchSeries` with `snapshots`: rows of one security as they happen, as an export writes them. */

import { LimitExceededError } from '../errors.ts';
import { jsonlEncoder } from '../export/jsonl.ts';
import { snapshotSeriesQuery } from '../messages/requests.ts';
import type { WatchSeriesPart, WatchSeriesRequest__Output } from '../messages/types.ts';
import { formatGapItem } from '../queries/format.ts';
import type { GapItem, SnapshotItem } from '../queries/items.ts';
import { LiveSnapshots, segmentsBefore } from '../series/live-snapshots.ts';
import type { SnapshotListener } from '../series/live-snapshots.ts';
import { flushFor } from './context.ts';
import type { ManagerContext } from './context.ts';
import type { PartWriter } from './part-writer.ts';
import { recordedSecurity } from './requests.ts';
import { ClosingError } from './status-map.ts';

/** What a client may leave unread. Beyond: RESOURCE_EXHAUSTED, as no row may be left out. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** What may wait while the archive's segments are counted. */
const MAX_WAITING_ITEMS = 100_000;

/** Lines that wait for the client. */
class WaitingLines implements SnapshotListener {
  readonly #encoder = jsonlEncoder();
  #lines: Uint8Array[] = [];
  #bytes = 0;
  #early: (SnapshotItem | GapItem)[] = [];
  #segmentsBefore: number | undefined;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  onItems(items: readonly (SnapshotItem | GapItem)[]): void {
    if (this.#segmentsBefore === undefined) this.#early.push(...items);
    else for (const item of items) this.#add(item, this.#segmentsBefore);
    if (this.#bytes > MAX_WAITING_BYTES || this.#early.length > MAX_WAITING_ITEMS) {
      this.onError(
        new LimitExceededError('The client reads rows more slowly than they come; try again'),
      );
    }
    this.#wake();
  }

  onError(error: unknown): void {
    this.#failure ??= { error };
    this.#early = this.#lines = [];
    this.#bytes = 0;
    this.#wake();
  }

  /** Numbers the rows that waited for it, and all that follow. */
  countFrom(segmentsBefore: number): void {
    this.#segmentsBefore = segmentsBefore;
    const early = this.#early;
    this.#early = [];
    this.onItems(early);
  }

  /** Resolves once there is something to take, or it is woken. */
  async some(): Promise<void> {
    if (this.#lines.length > 0 || this.#failure !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake();
  }

  /** @throws why there will be no more. */
  take(): Buffer {
    if (this.#failure !== undefined) throw this.#failure.error;
    const bytes = Buffer.concat(this.#lines);
    this.#lines = [];
    this.#bytes = 0;
    return bytes;
  }

  #add(item: SnapshotItem | GapItem, before: number): void {
    if (this.#failure !== undefined) return;
    const bytes =
      item.type === 'gap'
        ? Buffer.from(`${JSON.stringify({ gap: formatGapItem(item) })}\n`)
        : // A copy: the encoder writes the next row over this one.
          Buffer.from(this.#encoder.encode({ ...item, segment: item.segment + before }));
    this.#lines.push(bytes);
    this.#bytes += bytes.length;
  }
}

/** Runs until the client leaves or the port closes; then it throws. */
export async function streamSnapshots(
  context: ManagerContext,
  request: WatchSeriesRequest__Output,
  writer: PartWriter<WatchSeriesPart>,
): Promise<void> {
  const { control, clock, closing, reader } = context;
  const query = snapshotSeriesQuery(request);
  const security = recordedSecurity(query.security, control);
  const ended = AbortSignal.any([writer.signal, closing]);
  const waiting = new WaitingLines();
  const followed = new LiveSnapshots(
    { live: control.live, clock },
    { ...query, security },
    waiting,
  );
  try {
    // Shows the client that the watch has begun.
    await writer.write({});
    const flush = (): Promise<void> => flushFor(context, security);
    waiting.countFrom(await segmentsBefore(reader, followed, security, flush));
    // Once: a listener for each row would stay as long as the call.
    ended.addEventListener('abort', () => waiting.wake(), { once: true });
    while (!ended.aborted) {
      await waiting.some();
      if (ended.aborted) break;
      const lines = waiting.take();
      if (lines.length > 0) await writer.write({ lines });
    }
  } finally {
    followed.stop();
  }
  if (closing.aborted) throw new ClosingError('The logger is stopping');
}
