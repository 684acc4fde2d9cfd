/**
 * The logger's own metrics: name, help and value of each. Names follow
 * https://prometheus.io/docs/practices/naming/ (read 2026-11-20): base units, `_total` for counters,
 * times as `_timestamp_seconds` and not as ages (an age that is not scraped keeps looking young).
 * The only labels are `security`, `exchange`, `cause` and `state`, each of a bounded set, and `version`
 * on `build_info`. A removed security is not in the figures any more, and neither are its series.
 */

import type { HealthStatus } from '../status/health-status.ts';
import type { RecordingState } from '../status/security-status.ts';
import type { GapCause } from '../market/coverage.ts';
import type { Labels } from './bucket-histogram.ts';
import type {
  CandleFigures,
  ExchangeFigures,
  LoggerFigures,
  SecurityFigures,
} from '../status/figures.ts';

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Definition {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly labelNames: readonly string[];
  readonly samples: (figures: LoggerFigures) => readonly Sample[];
}

const STATES: readonly RecordingState[] = ['syncing', 'live', 'stale', 'failed'];
/** Every series exists from the start: Prometheus sees no increase in one that begins at 1. */
const CAUSES: readonly GapCause[] = [
  'sequence',
  'connection',
  'checksum',
  'restart',
  'removed',
  'spool',
  'corrupt',
  'clock',
  'other',
];
const STATUSES: readonly HealthStatus['status'][] = ['serving', 'degraded', 'down'];

/** One value for each security that has one. */
function each(
  kind: Definition['kind'],
  name: string,
  help: string,
  valueOf: (figures: SecurityFigures) => number | null,
): Definition {
  return {
    kind,
    name,
    help,
    labelNames: ['security', 'exchange'],
    samples: ({ securities }) =>
      securities.flatMap((one) => {
        const value = valueOf(one);
        return value === null ? [] : [{ labels: labelsOf(one), value }];
      }),
  };
}

/** One value for each exchange. */
function eachExchange(
  kind: Definition['kind'],
  name: string,
  help: string,
  valueOf: (figures: ExchangeFigures) => number,
): Definition {
  return {
    kind,
    name,
    help,
    labelNames: ['exchange'],
    samples: ({ exchanges }) =>
      exchanges.map((one) => ({ labels: { exchange: one.exchange }, value: valueOf(one) })),
  };
}

/** One value for the logger. */
function single(
  name: string,
  help: string,
  valueOf: (health: LoggerFigures['health']) => number,
): Definition {
  return {
    kind: 'gauge',
    name,
    help,
    labelNames: [],
    samples: ({ health }) => [{ labels: {}, value: valueOf(health) }],
  };
}

/** One value for the logger, if it keeps candles. */
function ofCandles(
  kind: Definition['kind'],
  name: string,
  help: string,
  valueOf: (figures: CandleFigures) => number,
): Definition {
  return {
    kind,
    name,
    help,
    labelNames: [],
    samples: ({ candles }) => (candles === null ? [] : [{ labels: {}, value: valueOf(candles) }]),
  };
}

export function labelsOf({ security, exchange }: SecurityFigures): Labels {
  return { security, exchange };
}

/** 1 for the current state, 0 for the others: every series always exists. */
function oneOf<State extends string>(states: readonly State[], holds: State): Sample[] {
  return states.map((state) => ({ labels: { state }, value: state === holds ? 1 : 0 }));
}

function seconds(us: number | null): number | null {
  return us === null ? null : us / 1e6;
}

const OF_SECURITIES: readonly Definition[] = [
  each(
    'counter',
    'orderbook_messages_total',
    'Messages from the exchange about a security',
    (one) => one.messages,
  ),
  each(
    'gauge',
    'orderbook_last_message_timestamp_seconds',
    'When the last message about a security was received',
    (one) => seconds(one.lastMessageUs),
  ),
  {
    kind: 'counter',
    name: 'orderbook_gaps_total',
    help: 'Gaps that a recorder opened or found open at its start, and losses of a full spool, by cause',
    labelNames: ['security', 'exchange', 'cause'],
    samples: ({ securities }) =>
      securities.flatMap((one) =>
        CAUSES.map((cause) => ({
          labels: { ...labelsOf(one), cause },
          value: one.gapsByCause.get(cause) ?? 0,
        })),
      ),
  },
  each(
    'counter',
    'orderbook_checked_images_total',
    'Base images compared with the book rebuilt from the records before them',
    (one) => one.selfCheck.images,
  ),
  each(
    'counter',
    'orderbook_checked_snapshots_total',
    'Fresh snapshots of the exchange compared with the book',
    (one) => one.selfCheck.snapshots,
  ),
  each(
    'counter',
    'orderbook_mismatches_total',
    'Self-checks that found another book than the one in memory',
    (one) => one.selfCheck.mismatches,
  ),
  each(
    'counter',
    'orderbook_resyncs_total',
    'Books proven again after a gap',
    (one) => one.resyncs,
  ),
  {
    kind: 'gauge',
    name: 'orderbook_book_state',
    help: '1 for the state of the recording, 0 for the others',
    labelNames: ['security', 'exchange', 'state'],
    samples: ({ securities }) =>
      securities.flatMap((one) =>
        oneOf(STATES, one.state).map(({ labels, value }) => ({
          labels: { ...labelsOf(one), ...labels },
          value,
        })),
      ),
  },
  each(
    'gauge',
    'orderbook_bid_horizon_ratio',
    'How far below the best bid the book is complete, as a share of that price; absent: all of it',
    (one) => one.bidHorizonRatio,
  ),
  each(
    'gauge',
    'orderbook_ask_horizon_ratio',
    'How far above the best ask the book is complete, as a share of that price; absent: all of it',
    (one) => one.askHorizonRatio,
  ),
  each(
    'gauge',
    'orderbook_queued_events',
    'Events in the open block, or waiting for a book to be proven',
    (one) => one.queuedEvents,
  ),
  each(
    'gauge',
    'orderbook_last_image_timestamp_seconds',
    'When the last stored base image was taken',
    (one) => seconds(one.lastImageUs),
  ),
  each(
    'gauge',
    'orderbook_stored_bytes',
    'Bytes of records in the archive',
    (one) => one.storedBytes,
  ),
  each(
    'gauge',
    'orderbook_stored_gaps',
    'Gaps in the archive, including earlier runs and the open one',
    (one) => one.storedGaps,
  ),
];

const OF_EXCHANGES: readonly Definition[] = [
  eachExchange(
    'gauge',
    'orderbook_exchange_connections',
    'Open connections',
    (one) => one.connections,
  ),
  eachExchange(
    'counter',
    'orderbook_exchange_frames_total',
    'Frames received on all connections',
    (one) => one.frames,
  ),
  eachExchange(
    'counter',
    'orderbook_exchange_received_bytes_total',
    'Bytes in frames received on all connections',
    (one) => one.bytes,
  ),
  {
    kind: 'counter',
    name: 'orderbook_exchange_refused_frames_total',
    help: 'Malformed or unexpected frames, by cause',
    labelNames: ['exchange', 'cause'],
    samples: ({ exchanges }) =>
      exchanges.flatMap(({ exchange, wireErrors }) =>
        Object.entries(wireErrors).map(([cause, value]) => ({
          labels: { exchange, cause },
          value,
        })),
      ),
  },
  eachExchange(
    'gauge',
    'orderbook_exchange_request_weight_used',
    'Request weight used in the current minute, as reported by the exchange',
    (one) => one.requestWeightUsed,
  ),
  eachExchange(
    'gauge',
    'orderbook_exchange_banned_until_timestamp_seconds',
    'Until when the exchange accepts no requests; 0: it accepts them',
    (one) => seconds(one.bannedUntilUs) ?? 0,
  ),
];

const OF_THE_LOGGER: readonly Definition[] = [
  {
    kind: 'gauge',
    name: 'orderbook_status',
    help: '1 for the status that `health` reports, 0 for the others',
    labelNames: ['state'],
    samples: ({ health }) => oneOf(STATUSES, health.status),
  },
  single(
    'orderbook_archive_reachable',
    '1: the archive accepts records, 0: it does not',
    (health) => (health.archive.reachable ? 1 : 0),
  ),
  single(
    'orderbook_archive_lag_seconds',
    'Age of the oldest record that is not in the archive yet',
    (health) => health.archive.lag,
  ),
  single(
    'orderbook_spool_bytes',
    'Bytes waiting for the archive, in memory and on disk',
    (health) => health.archive.spoolBytes,
  ),
  {
    kind: 'gauge',
    name: 'orderbook_disk_free_bytes',
    help: 'Bytes that can still be written on the file system of DATA_DIR',
    labelNames: [],
    samples: ({ diskFreeBytes: value }) => (value === null ? [] : [{ labels: {}, value }]),
  },
  single(
    'orderbook_event_loop_lag_seconds',
    'Event loop lag, 99th percentile of the last minute or two',
    (health) => health.process.eventLoopLag / 1000,
  ),
  {
    kind: 'counter',
    name: 'orderbook_event_loop_stalls_total',
    help: 'Stalls of the event loop: what arrived meanwhile has late receive times and is marked',
    labelNames: [],
    samples: ({ eventLoopStalls }) => [{ labels: {}, value: eventLoopStalls }],
  },
  ofCandles(
    'counter',
    'orderbook_candles_kept_total',
    'Candles written to the archive as they ended; early ones count, too',
    ({ kept }) => kept,
  ),
  ofCandles(
    'counter',
    'orderbook_candle_write_failures_total',
    'Attempts to write candles that failed: they are made again later',
    ({ failures }) => failures,
  ),
  ofCandles(
    'gauge',
    'orderbook_candles_waiting',
    'Candles that wait to be written to the archive',
    ({ waiting }) => waiting,
  ),
  {
    kind: 'gauge',
    name: 'orderbook_build_info',
    help: 'Always 1; the version is a label',
    labelNames: ['version'],
    samples: ({ health }) => [{ labels: { version: health.version }, value: 1 }],
  },
];

export const DEFINITIONS: readonly Definition[] = [
  ...OF_SECURITIES,
  ...OF_EXCHANGES,
  ...OF_THE_LOGGER,
];
