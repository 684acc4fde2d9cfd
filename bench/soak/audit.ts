/** Audits an archive after its logger has stopped: intervals and gaps, every record, past books. */

import { openArchiveReader } from '../../logger/open-archive.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { CoverageResult } from '../../logger/queries/results.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import type { Reader } from '../../logger/reader/reader.ts';
import { integerIn } from '../../sandbox/prng.ts';
import type { Random } from '../../logger/runtime/random.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { difference, trueBook } from './truth.ts';
import type { Witness } from './witness.ts';

/** Per security, spread over its intervals. */
const PAST_BOOKS = 40;
/**
 * Time limit for checking past books, since a store may be slow; those that were checked are
 * counted.
 */
const BOOKS_LIMIT_MS = 120_000;
const PROGRESS_EVERY_MS = 10_000;
/** No fault of a soak causes these. */
const UNEXPLAINED: readonly string[] = ['corrupt', 'clock', 'spool', 'other', 'unknown'];

export interface Audit {
  readonly intervals: number;
  /** Closed gaps by cause. */
  readonly gaps: Readonly<Record<string, number>>;
  /** Their total length, over all securities. */
  readonly uncoveredSeconds: number;
  /** Past books that were checked, in addition to those that the logger returned. */
  readonly pastBooks: number;
  readonly records: number;
  readonly problems: readonly string[];
}

export async function audit(
  location: string,
  parts: {
    readonly securities: readonly string[];
    readonly sandbox: Sandbox;
    readonly random: Random;
    readonly witness: Witness;
    readonly say: (progress: string) => void;
  },
): Promise<Audit> {
  const archive = await openArchiveReader(location);
  try {
    const reader = createReader(archive);
    const problems: string[] = [];
    const gaps: Record<string, number> = {};
    let [intervals, uncoveredSeconds, pastBooks] = [0, 0, 0];
    const say = throttled(parts.say);
    const isLate = deadline(BOOKS_LIMIT_MS);
    for (const security of parts.securities) {
      const coverage = await reader.coverage({ security });
      intervals += coverage.intervals.length;
      problems.push(...coverageProblems(coverage));
      for (const { from, to, cause } of coverage.gaps) {
        // The open gap after the end of the recording does not count.
        if (to === null) continue;
        gaps[cause] = (gaps[cause] ?? 0) + 1;
        uncoveredSeconds += (parseTimeUs(to) - parseTimeUs(from)) / 1e6;
      }
      const past = await pastBooksOf(reader, coverage, { ...parts, isLate });
      pastBooks += past.count;
      problems.push(...past.problems);
      say(`${pastBooks} past books compared`);
    }
    const isLateAgain = deadline(BOOKS_LIMIT_MS);
    for (const moment of parts.witness.moments.all) {
      if (isLateAgain()) break;
      const { security, sequence } = moment;
      parts.witness.compare(moment, await reader.bookAt({ security, position: { sequence } }));
    }
    const verified = await reader.verify({
      onProgress: ({ records, total }) => say(`${records} of ${total ?? 'some'} records verified`),
    });
    problems.push(...verified.problems.map((each) => `verify: ${Object.values(each).join(' ')}`));
    const { records } = verified;
    return { intervals, gaps, uncoveredSeconds, pastBooks, records, problems };
  } finally {
    await archive.close();
  }
}

function deadline(limitMs: number): () => boolean {
  const endMs = performance.now() + limitMs;
  return () => performance.now() > endMs;
}

function throttled(say: (progress: string) => void): (progress: string) => void {
  let nextMs = performance.now() + PROGRESS_EVERY_MS;
  return (progress) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + PROGRESS_EVERY_MS;
    say(progress);
  };
}

/** Checks that intervals and gaps alternate without space between them; the last gap may be open. */
export function coverageProblems({ security, intervals, gaps }: CoverageResult): string[] {
  const problems: string[] = [];
  if (intervals.length === 0) problems.push(`${security}: nothing is recorded`);
  for (const [index, { to }] of intervals.entries()) {
    const [gap, next] = [gaps[index], intervals[index + 1]];
    if (!gap && !next) continue;
    if (gap?.from !== to || (gap.to ?? undefined) !== next?.from) {
      const found = gap ? `a gap from ${gap.from} to ${gap.to}` : 'no gap';
      problems.push(`${security}: from ${to} to ${next?.from ?? 'the end'} there is ${found}`);
    }
  }
  for (const { from, cause } of gaps) {
    if (UNEXPLAINED.includes(cause)) problems.push(`${security}: a gap at ${from} is "${cause}"`);
  }
  return problems;
}

async function pastBooksOf(
  reader: Reader,
  { security, intervals }: CoverageResult,
  {
    sandbox,
    random,
    isLate,
  }: { readonly sandbox: Sandbox; readonly random: Random; readonly isLate: () => boolean },
): Promise<{ count: number; problems: string[] }> {
  const problems: string[] = [];
  const each = Math.ceil(PAST_BOOKS / Math.max(1, intervals.length));
  let count = 0;
  for (const { firstSequence, lastSequence } of intervals) {
    for (let i = 0; i < each && !isLate(); i++) {
      const sequence = integerIn(random, Number(firstSequence), Number(lastSequence));
      const answer = await reader.bookAt({ security, position: { sequence } });
      if (answer.state !== 'proven') {
        problems.push(`${security}: no book at ${sequence}, which coverage claims`);
        continue;
      }
      const truth = trueBook(sandbox, security, sequence);
      if (!truth) continue;
      count++;
      const wrong = difference(answer, truth);
      if (wrong !== null) problems.push(`${security} at ${sequence} in the archive: ${wrong}`);
    }
  }
  return { count, problems };
}
