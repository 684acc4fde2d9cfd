/** A recorder on a real archive, with a scripted exchange and a clock that the test moves. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Archive, GapRecord } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { decodeBlock, decodeImage } from '../../../logger/codec/formats.ts';
import { ArchiveFullError } from '../../../logger/errors.ts';
import type { BookImage, MarketEvent } from '../../../logger/market/events.ts';
import type { Security } from '../../../logger/market/security.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import type { RecorderLimits } from '../../../logger/recorder/limits.ts';
import { createRebuild } from '../../../logger/reader/create-reader.ts';
import { RecordCheck } from '../../../logger/recorder/check/record-check.ts';
import type { Rebuild } from '../../../logger/recorder/check/record-check.ts';
import { LiveFeeds } from '../../../logger/live/feeds.ts';
import { Recording } from '../../../logger/recorder/recording.ts';
import type { RecorderStats } from '../../../logger/recorder/recorder-stats.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import type { SelfCheck } from '../../../logger/recorder/check/self-check.ts';
import type { RecorderDeps } from '../../../logger/recorder/recorder-deps.ts';
import type { Log } from '../../../logger/runtime/log.ts';
import { WriteQueue } from '../../../logger/recorder/write-queue.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkRecordedTops } from '../../support/recorded-tops.ts';
import { ScriptedExchange, snapshotAt } from '../../support/scripted-exchange.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { silentLog } from '../../support/silent-log.ts';

export interface Overrides {
  readonly limits?: Partial<RecorderLimits>;
  readonly archive?: Archive;
  readonly imageIntervalMs?: number;
  readonly log?: Log;
  readonly receiveTimes?: RecorderDeps['receiveTimes'];
  /** Default: the real one. */
  readonly rebuild?: Rebuild;
}

/** The archive's contents of one segment. */
export interface StoredSegment {
  readonly image: BookImage | undefined;
  readonly reason: string | null | undefined;
  readonly events: MarketEvent[];
  readonly gap: GapRecord | null;
}

export class RecorderHarness {
  readonly security: Security;
  readonly directory: string;
  readonly archive: Archive;
  readonly clock = new ManualClock();
  readonly liveFeeds = new LiveFeeds(silentLog);
  readonly exchange: ScriptedExchange;
  /** Errors that would have ended the process. */
  readonly fatal: unknown[] = [];

  private constructor(security: Security, kind: ExchangeKind, directory: string, archive: Archive) {
    this.security = security;
    this.directory = directory;
    this.archive = archive;
    this.exchange = new ScriptedExchange(this.clock, kind);
  }

  static async open(security: Security, kind?: ExchangeKind): Promise<RecorderHarness> {
    const directory = mkdtempSync(join(tmpdir(), 'orderbook-recorder-'));
    return new RecorderHarness(security, kind, directory, await openEmbeddedArchive({ directory }));
  }

  async close(): Promise<void> {
    await checkRecordedTops(this.archive, [this.security.id]);
    await this.archive.close();
    rmSync(this.directory, { recursive: true });
    expect(this.fatal).toEqual([]);
  }

  recorder(overrides: Overrides = {}): {
    readonly recording: Recording;
    readonly one: SecurityRecorder;
    readonly stats: RecorderStats;
    readonly selfCheck: SelfCheck;
    readonly queue: WriteQueue;
  } {
    const { clock, exchange, security } = this;
    // Commits at once: tests look at the archive right after.
    const limits = { ...DEFAULT_LIMITS, commitPauseMs: 0, ...overrides.limits };
    const onFatal = (error: unknown): void => void this.fatal.push(error);
    const archive = overrides.archive ?? this.archive;
    const queue = new WriteQueue({ archive, clock, log: silentLog, limits, onFatal });
    const log = overrides.log ?? silentLog;
    const recording = new Recording(security, exchange, {
      archive,
      queue,
      liveFeeds: this.liveFeeds,
      clock,
      random: seededRandom(1),
      log,
      limits,
      imageIntervalMs: overrides.imageIntervalMs ?? 1_800_000,
      receiveTimes: overrides.receiveTimes ?? { defectsBetween: () => [] },
      writer: 'test',
      recordCheck: new RecordCheck({
        rebuild: overrides.rebuild ?? createRebuild(archive),
        limits,
        onFatal,
      }),
      onFatal,
    });
    const { recorder: one, stats, selfCheck } = recording;
    return { recording, one, stats, selfCheck, queue };
  }

  /** Starts a recorder and has its book proven: bid 1001 × 3 and 1000 × 5, ask 1010 × 7. */
  async proveBook(one: SecurityRecorder, sequence = 100): Promise<void> {
    const { clock, exchange } = this;
    await one.start();
    await clock.advanceAsync(0);
    exchange.up();
    exchange.diff(sequence - 1, sequence);
    exchange.answer(snapshotAt(sequence, [1000, 5], [1010, 7]));
    await clock.advanceAsync(10);
    exchange.diff(sequence + 1, sequence + 2, [1001, 3]);
    await clock.advanceAsync(0);
    expect(one.phase).toBe('live');
  }

  async stored(epoch: number): Promise<StoredSegment> {
    const { archive } = this;
    const { id } = this.security;
    const image = await archive.segmentStart(id, epoch - 1);
    const record = await image?.load();
    const blocks = await archive.blocks(id, epoch, { afterSequence: 0 });
    const events: MarketEvent[] = [];
    let reached = image?.header.lastSequence;
    for (const block of blocks) {
      expect(block.header.previousSequence).toBe(reached);
      reached = block.header.lastSequence;
      const { body } = await block.load();
      events.push(...decodeBlock(block.header.encoding, body).events);
    }
    return {
      image: record && decodeImage(record.header.encoding, record.body),
      reason: record?.header.reason,
      events,
      gap: await archive.gapBefore(id, epoch),
    };
  }
}

type ExchangeKind = ConstructorParameters<typeof ScriptedExchange>[1];

/** A real archive on a disk that is full whenever `isFull` returns true. */
export function fillable(archive: Archive, isFull: () => boolean): Archive {
  return new Proxy(archive, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'commit') {
        return async (...writes: Parameters<typeof target.commit>) => {
          if (isFull()) throw new ArchiveFullError('no space left on device');
          await target.commit(...writes);
        };
      }
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
