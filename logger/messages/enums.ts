/** The words of queries and results ↔ the enum values of the messages, one table each. */

import type {
  ArchiveKind__Output,
  BookClock__Output,
  BookLevel__Output,
  CandleSource__Output,
  ExportFormat__Output,
  ExportType__Output,
  GapCause__Output,
  HealthStatus__Output,
  MissingKind__Output,
  Proof__Output,
  ReceiveTimeCause__Output,
  RecordingState__Output,
} from './types.ts';
import type { BadReceiveTimeCause } from '../market/bad-receive-times.ts';
import type { GapCause, Proof } from '../market/coverage.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';
import type { CandleChoice } from '../queries/queries.ts';
import type { ExportFormat, ExportGap, ExportType } from '../queries/results.ts';
import type { CommandResult } from '../status/control.ts';
import type { ArchiveStatus, HealthStatus } from '../status/health-status.ts';

export interface EnumWords<Word extends string, Value extends string> {
  readonly toValue: (word: Word) => Value;
  /** undefined: not set, or a value that this version does not know. */
  readonly find: (value: Value) => Word | undefined;
  /** As `find`, but `unknown` for a value that only a newer logger has: it is printed as such. */
  readonly toWord: (value: Value) => Word;
  /** For a validator: undefined where it is not set; a value that this version does not know as it is. */
  readonly unchecked: (value: Value) => unknown;
}

/** An unknown value arrives as its number, whatever the generated types say. */
function isUnset(value: unknown): boolean {
  return typeof value === 'string' && value.endsWith('_UNSPECIFIED');
}

function enumWords<Word extends string, Value extends string>(
  values: Readonly<Record<Word, Value>>,
): EnumWords<Word, Value> {
  const words = new Map(Object.entries(values).map(([word, value]) => [value, word as Word]));
  return {
    toValue: (word) => values[word],
    find: (value) => words.get(value),
    toWord: (value) => words.get(value) ?? ('unknown' as Word),
    unchecked: (value) => words.get(value) ?? (isUnset(value) ? undefined : value),
  };
}

export const CLOCK = enumWords<ClockName, BookClock__Output>({
  receive: 'BOOK_CLOCK_RECEIVE',
  exchange: 'BOOK_CLOCK_EXCHANGE',
});

export const LEVEL = enumWords<BookLevel, BookLevel__Output>({
  L2: 'BOOK_LEVEL_L2',
  L3: 'BOOK_LEVEL_L3',
});

export const PROOF = enumWords<Proof, Proof__Output>({
  sequence: 'PROOF_SEQUENCE',
  connection: 'PROOF_CONNECTION',
});

export const RECORDING_STATE = enumWords<
  NonNullable<CommandResult['state']>,
  RecordingState__Output
>({
  syncing: 'RECORDING_STATE_SYNCING',
  live: 'RECORDING_STATE_LIVE',
  stale: 'RECORDING_STATE_STALE',
  failed: 'RECORDING_STATE_FAILED',
  removed: 'RECORDING_STATE_REMOVED',
});

export const GAP_CAUSE = enumWords<GapCause, GapCause__Output>({
  sequence: 'GAP_CAUSE_SEQUENCE',
  connection: 'GAP_CAUSE_CONNECTION',
  checksum: 'GAP_CAUSE_CHECKSUM',
  restart: 'GAP_CAUSE_RESTART',
  removed: 'GAP_CAUSE_REMOVED',
  spool: 'GAP_CAUSE_SPOOL',
  corrupt: 'GAP_CAUSE_CORRUPT',
  clock: 'GAP_CAUSE_CLOCK',
  other: 'GAP_CAUSE_OTHER',
});

export const MISSING_KIND = enumWords<ExportGap['missing'], MissingKind__Output>({
  sequence: 'MISSING_KIND_SEQUENCE',
  tradeId: 'MISSING_KIND_TRADE_ID',
});

export const RECEIVE_TIME_CAUSE = enumWords<BadReceiveTimeCause, ReceiveTimeCause__Output>({
  stall: 'RECEIVE_TIME_CAUSE_STALL',
  clock: 'RECEIVE_TIME_CAUSE_CLOCK',
});

export const HEALTH_STATUS = enumWords<HealthStatus['status'], HealthStatus__Output>({
  serving: 'STATUS_SERVING',
  degraded: 'STATUS_DEGRADED',
  down: 'STATUS_DOWN',
});

export const ARCHIVE_KIND = enumWords<ArchiveStatus['kind'], ArchiveKind__Output>({
  embedded: 'KIND_EMBEDDED',
  mongodb: 'KIND_MONGODB',
});

export const EXPORT_TYPE = enumWords<ExportType, ExportType__Output>({
  trades: 'TYPE_TRADES',
  quotes: 'TYPE_QUOTES',
  incremental: 'TYPE_INCREMENTAL',
  snapshots: 'TYPE_SNAPSHOTS',
  orders: 'TYPE_ORDERS',
  candles: 'TYPE_CANDLES',
});

export const EXPORT_FORMAT = enumWords<ExportFormat, ExportFormat__Output>({
  jsonl: 'FORMAT_JSONL',
  csv: 'FORMAT_CSV',
  'tardis-csv': 'FORMAT_TARDIS_CSV',
});

export const CANDLE_CHOICE = enumWords<CandleChoice, CandleSource__Output>({
  trades: 'SOURCE_TRADES',
  exchange: 'SOURCE_EXCHANGE',
  auto: 'SOURCE_AUTO',
});
