/** Why there is no book, in words: what the CLI prints, and the library's `message`. Pure. */

import { parseTimeUs } from '../market/time.ts';
import type { BookQuery } from './queries.ts';
import type { NoBookResult } from './results.ts';

export function noBookReason(
  result: NoBookResult,
  { position }: Pick<BookQuery, 'position'>,
  nowUs: number,
): string {
  const { security, gap } = result;
  const sequence = position && 'sequence' in position ? position.sequence : undefined;
  const atUs = position && 'us' in position ? position.us : undefined;
  if (sequence !== undefined && gap.to === null) return notReached(result, sequence);
  if (atUs !== undefined && atUs > nowUs) return `${security}: that time is in the future`;
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
