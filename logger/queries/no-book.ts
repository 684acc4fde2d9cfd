/** Why there is no book, in words: what the CLI prints, and the library's `message`. Pure. */

import { parseTimeUs } from '../market/time.ts';
import type { BookQuery } from './queries.ts';
import type { NoBookResult } from './results.ts';

export function noBookReason(
  result: NoBookResult,
  { position }: Pick<BookQuery, 'position'>,
  nowUs: number,
): string {
  if (position === undefined) return noneNow(result);
  if ('sequence' in position) {
    return result.gap.to === null
      ? notReached(result, position.sequence)
      : notThen(result, undefined);
  }
  if (position.us > nowUs) return `${result.security}: that time is in the future`;
  return notThen(result, position.us);
}

function noneNow({ security, gap }: NoBookResult): string {
  return parseTimeUs(gap.from) > 0
    ? `${security} has no proven book now: gap since ${gap.from} (${gap.cause})`
    : `${security} has no book yet`;
}

function notThen({ security, gap }: NoBookResult, atUs: number | undefined): string {
  const endUs = gap.to === null ? undefined : parseTimeUs(gap.to);
  // Before the first book there is no gap, only the start of the recording.
  const isBefore =
    gap.cause === 'other' && endUs !== undefined && parseTimeUs(gap.from) >= (atUs ?? endUs);
  if (isBefore && (atUs === undefined || atUs < endUs)) {
    return `${security} was not recorded yet: its first book is from ${gap.to}`;
  }
  return `${security} was not recorded then: gap from ${gap.from} to ${gap.to ?? 'now'} (${gap.cause})`;
}

/** A sequence after everything known may still come: that is no gap. */
function notReached({ security, gap }: NoBookResult, sequence: number): string {
  const isAny = parseTimeUs(gap.from) > 0;
  const cause = gap.cause === 'other' ? '' : ` (${gap.cause})`;
  const end = isAny ? `its book is known up to ${gap.from}${cause}` : 'it has no book yet';
  return `${security}: sequence ${sequence} is not reached yet: ${end}`;
}
