/** Requests of the manager port → validated queries, and back. */

import type {
  BookRequest,
  BookRequest__Output,
  CoverageRequest,
  CoverageRequest__Output,
  ExportRequest,
  ExportRequest__Output,
  SnapshotSeries,
  WatchSeriesRequest,
  WatchSeriesRequest__Output,
} from './types.ts';
import { InvalidArgumentError } from '../errors.ts';
import { formatTimeUs } from '../market/time.ts';
import type { BookQuery, CoverageQuery, ExportQuery, SnapshotsQuery } from '../queries/queries.ts';
import {
  validBookQuery,
  validCoverageQuery,
  validExportQuery,
  validLiveEvery,
  validSnapshotsQuery,
} from '../queries/validate.ts';
import { CLOCK, EXPORT_FORMAT, EXPORT_TYPE, LEVEL } from './enums.ts';
import { message } from './fields.ts';

function timeText(us: number | undefined): string | null {
  return us === undefined ? null : formatTimeUs(us);
}

/** @throws InvalidArgumentError */
export function bookQuery(request: BookRequest__Output): BookQuery {
  return validBookQuery({
    ...request,
    clock: CLOCK.unchecked(request.clock),
    level: LEVEL.unchecked(request.level),
  });
}

export function bookRequest({ security, position, depth, level }: BookQuery): BookRequest {
  const isTime = position !== undefined && 'us' in position;
  const isSequence = position !== undefined && 'sequence' in position;
  return message<Omit<BookRequest, 'position'>>({
    security,
    at: isTime ? formatTimeUs(position.us) : null,
    sequence: isSequence ? String(position.sequence) : null,
    clock: isTime ? CLOCK.toValue(position.clock) : null,
    depth,
    level: level && LEVEL.toValue(level),
  });
}

/** @throws InvalidArgumentError */
export function coverageQuery(request: CoverageRequest__Output): CoverageQuery {
  return validCoverageQuery(request);
}

export function coverageRequest({ security, fromUs, toUs }: CoverageQuery): CoverageRequest {
  return message<CoverageRequest>({ security, from: timeText(fromUs), to: timeText(toUs) });
}

/** @throws InvalidArgumentError */
export function exportQuery(request: ExportRequest__Output): ExportQuery {
  return validExportQuery({
    ...request,
    clock: CLOCK.unchecked(request.clock),
    type: EXPORT_TYPE.unchecked(request.type),
    format: EXPORT_FORMAT.unchecked(request.format),
    level: LEVEL.unchecked(request.level),
    features: request.features || undefined,
  });
}

/** @throws InvalidArgumentError */
export function snapshotSeriesQuery(request: WatchSeriesRequest__Output): SnapshotsQuery {
  const { security, candles, snapshots } = request;
  if (candles.length > 0) {
    throw new InvalidArgumentError('candles: contradict snapshots; give one of the two');
  }
  const everyUs = validLiveEvery(snapshots?.every, 'every');
  const query = validSnapshotsQuery({
    security,
    depth: snapshots?.depth,
    level: LEVEL.unchecked(snapshots?.level ?? 'BOOK_LEVEL_UNSPECIFIED'),
    features: snapshots?.features,
  });
  return { ...query, everyUs };
}

export function snapshotSeriesRequest(query: SnapshotsQuery): WatchSeriesRequest {
  const { security, everyUs, depth, level, features } = query;
  const snapshots = message<SnapshotSeries>({
    every: everyUs === undefined ? null : `${everyUs}us`,
    depth,
    level: level && LEVEL.toValue(level),
    features,
  });
  return { security, snapshots };
}

export function exportRequest(query: ExportQuery): ExportRequest {
  const { security, fromUs, toUs, clock, type, format, everyUs, depth, level, timeframe } = query;
  const { features, hasScales } = query;
  return message<ExportRequest>({
    security,
    from: timeText(fromUs),
    to: timeText(toUs),
    clock: clock && CLOCK.toValue(clock),
    type: EXPORT_TYPE.toValue(type),
    format: EXPORT_FORMAT.toValue(format),
    every: everyUs === undefined ? null : `${everyUs}us`,
    depth,
    level: level && LEVEL.toValue(level),
    timeframe,
    features,
    scales: hasScales,
  });
}
