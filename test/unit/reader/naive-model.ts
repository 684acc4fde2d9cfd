/** The right answers about a random history, found by looking at everything. */

import type { Position } from '../../../logger/archive/archive.ts';
import type { LevelRow } from '../../../logger/queries/results.ts';
import type { Message, ModelSegment, ModelRecord, RandomHistory } from './random-history.ts';

/** A record's damage: of its body only, or of its header (then nothing of it can be used). */
export type Damage = 'body' | 'header';

/** A proven run: from a good image, over good blocks. */
interface Run {
  readonly segment: ModelSegment;
  readonly messages: Message[];
  lastEventUs: number;
  /** Set when a damaged record follows; then the segment's end says nothing. */
  brokenBy: { readonly record: ModelRecord; readonly damage: Damage } | null;
  isLast: boolean;
}

export class NaiveModel {
  readonly #segments: readonly ModelSegment[];
  readonly #damaged: ReadonlyMap<ModelRecord, Damage>;

  constructor(history: RandomHistory, damaged: ReadonlyMap<ModelRecord, Damage> = new Map()) {
    this.#segments = history.segments;
    this.#damaged = damaged;
  }

  runs(segment: ModelSegment): Run[] {
    const found: Run[] = [];
    let running: Run | null = null;
    for (const record of segment.records) {
      const damage = this.#damaged.get(record);
      if (record.kind === 'image') {
        if (running !== null || damage !== undefined) continue;
        const messages = [...record.messages];
        const lastEventUs = record.lastEventUs;
        running = { segment, messages, lastEventUs, brokenBy: null, isLast: false };
        found.push(running);
      } else if (running !== null && damage === undefined) {
        running.messages.push(...record.messages);
        running.lastEventUs = Math.max(running.lastEventUs, record.lastEventUs);
      } else if (running !== null && damage !== undefined) {
        running.brokenBy = { record, damage };
        running = null;
      }
    }
    if (running !== null) running.isLast = true;
    return found;
  }

  /** The message whose book is the answer, or null where there must be none. */
  at(position: Position): Message | null {
    const value = (message: Message): number =>
      'sequence' in position
        ? message.sequence
        : position.clock === 'receive'
          ? message.receiveTimeUs
          : message.exchangeTimeUs;
    const bound = 'sequence' in position ? position.sequence : position.us;
    const segment = this.#segments.findLast(
      ({ records }) => value(records[0]?.messages[0] as Message) <= bound,
    );
    if (segment === undefined) return null;
    const run = this.runs(segment).findLast(
      ({ messages }) => value(messages[0] as Message) <= bound,
    );
    if (run === undefined || bound > this.#end(run, position)) return null;
    return run.messages.findLast((message) => value(message) <= bound) ?? null;
  }

  /**
   * Whether a moment on the exchange's clock lies between the stamp of a run's last message and
   * a greater one that came before it: then a book and a gap are both right.
   */
  isTossUp(position: Position): boolean {
    if ('sequence' in position || position.clock === 'receive') return false;
    return this.#segments
      .flatMap((segment) => this.runs(segment))
      .some(({ messages }) => {
        const stamps = messages.map((message) => message.exchangeTimeUs);
        return (stamps.at(-1) as number) < position.us && position.us <= Math.max(...stamps);
      });
  }

  #end(run: Run, position: Position): number {
    const { messages, brokenBy, isLast, segment } = run;
    // An undamaged header still gives the time at which its record began.
    const next = brokenBy?.damage === 'body' ? brokenBy.record.header : undefined;
    if ('sequence' in position) return (messages.at(-1) as Message).sequence;
    if (position.clock === 'exchange') {
      const lastUs = Math.max(...messages.map((message) => message.exchangeTimeUs));
      return Math.max(lastUs, next === undefined ? lastUs : next.exchangeFromUs - 1);
    }
    if (isLast) return segment.endUs;
    return Math.max(run.lastEventUs, next === undefined ? 0 : next.fromUs - 1);
  }
}

/** `[price, size]` texts, best first; with the number of orders, if it is told. */
export function rowsOf(
  side: ReadonlyMap<number, number>,
  bestFirst: 'highest' | 'lowest',
  counts?: ReadonlyMap<number, number>,
): LevelRow[] {
  const sign = bestFirst === 'highest' ? -1 : 1;
  return [...side]
    .sort(([a], [b]) => sign * (a - b))
    .map(([price, size]) => {
      const row = [String(price / 100), String(size / 1000)] as const;
      return counts === undefined ? row : [...row, counts.get(price) as number];
    });
}
