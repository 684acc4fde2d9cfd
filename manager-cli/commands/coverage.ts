import { parseTimeUs } from '../../logger/market/time.ts';
import type { CoverageResult } from '../../logger/queries/results.ts';
import type { CoverageQuery } from '../../logger/queries/queries.ts';
import { coverageQuery } from '../arguments.ts';
import { ARCHIVE_OPTION, SECURITY, valued } from '../command.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { UNKNOWN, counted, duration, known } from '../format.ts';
import type { Paint } from '../style.ts';
import { renderTable } from '../table.ts';
import type { Cell } from '../table.ts';

type Window = Pick<CoverageQuery, 'fromUs' | 'toUs'>;

interface Row {
  readonly fromUs: number;
  readonly seconds: number | null;
  readonly cells: readonly (string | Cell)[];
}

function seconds(from: string, to: string | null): number | null {
  return to === null ? null : (parseTimeUs(to) - parseTimeUs(from)) / 1_000_000;
}

/** Seconds of a range within the window; null: both are open-ended. */
function secondsWithin(from: string, to: string | null, window: Window): number | null {
  const fromUs = Math.max(parseTimeUs(from), window.fromUs ?? -Infinity);
  const toUs = Math.min(to === null ? Infinity : parseTimeUs(to), window.toUs ?? Infinity);
  return Number.isFinite(toUs) ? Math.max(0, toUs - fromUs) / 1_000_000 : null;
}

function rowsOf(coverage: CoverageResult, window: Window): { covered: Row[]; missing: Row[] } {
  const covered = coverage.intervals.map((interval) => {
    const length = seconds(interval.from, interval.to);
    const numbers = `${known(interval.firstSequence)} … ${known(interval.lastSequence)}`;
    return {
      fromUs: parseTimeUs(interval.from),
      seconds: secondsWithin(interval.from, interval.to, window),
      cells: [
        { text: 'book', colour: 'green' as const },
        interval.from,
        interval.to,
        duration(length ?? 0),
        `${interval.feed} (by ${interval.proof})`,
        numbers,
      ],
    };
  });
  const missing = coverage.gaps.map((gap) => {
    const length = seconds(gap.from, gap.to);
    const hasNumbers = gap.firstMissing !== null || gap.lastMissing !== null;
    return {
      fromUs: parseTimeUs(gap.from),
      seconds: secondsWithin(gap.from, gap.to, window),
      cells: [
        { text: 'gap', colour: 'red' as const },
        gap.from,
        gap.to ?? 'open',
        lengthText(length, secondsWithin(gap.from, gap.to, window)),
        gap.cause,
        hasNumbers ? `${known(gap.firstMissing)} … ${known(gap.lastMissing)}` : UNKNOWN,
      ],
    };
  });
  return { covered, missing };
}

/** A gap is shown whole: of one that reaches out of the window, both lengths. */
function lengthText(whole: number | null, within: number | null): string {
  if (within === whole) return whole === null ? UNKNOWN : duration(whole);
  return `${whole === null ? UNKNOWN : duration(whole)} (${duration(within ?? 0)} here)`;
}

function total(list: readonly Row[]): number {
  return list.reduce((sum, row) => sum + (row.seconds ?? 0), 0);
}

/** Closed gaps in total, and the open one. */
function missingText({ gaps }: CoverageResult, lostSeconds: number): string {
  const open = gaps.find(({ to }) => to === null);
  const closed = gaps.length - (open === undefined ? 0 : 1);
  const lost =
    lostSeconds > 0 ? ` of ${duration(lostSeconds)}${closed > 1 ? ' in total' : ''}` : '';
  const found = `${counted(closed, 'gap')}${lost}`;
  if (open === undefined) return closed === 0 ? 'no gap' : found;
  const since = `nothing since ${open.from} (${open.cause})`;
  return closed === 0 ? since : `${found}, and ${since}`;
}

/** Receive-time defects; empty if there are none. */
function receiveTimeLines({ badReceiveTimes }: CoverageResult, paint: Paint): string[] {
  if (badReceiveTimes.length === 0) return [];
  const columns = [
    { title: 'FROM' },
    { title: 'TO' },
    { title: 'LENGTH', align: 'right' as const },
    { title: 'CAUSE' },
  ];
  const rows = badReceiveTimes.map(({ from, to, cause }) => [
    from,
    to,
    duration(seconds(from, to) ?? 0),
    { text: cause, colour: 'yellow' as const },
  ]);
  const found = counted(rows.length, 'range');
  return [
    '',
    `Books are right, but receive times are not arrival times in ${found}:`,
    ...renderTable(columns, rows, paint),
  ];
}

/** Intervals and gaps in order of time, and the covered share. */
export function coverageLines(
  coverage: CoverageResult,
  paint: Paint,
  window: Window = {},
): string[] {
  const { covered, missing } = rowsOf(coverage, window);
  const inOrder = [...covered, ...missing].sort((a, b) => a.fromUs - b.fromUs);
  const columns = [
    { title: '' },
    { title: 'FROM' },
    { title: 'TO' },
    { title: 'LENGTH', align: 'right' as const },
    { title: 'FEED / CAUSE' },
    { title: 'SEQUENCES' },
  ];
  const [known_, lost] = [total(covered), total(missing)];
  const whole = covered.length > 0 ? 100 : 0;
  const share = known_ + lost === 0 ? whole : (100 * known_) / (known_ + lost);
  // Never rounded up to 100 %.
  const shown = lost > 0 ? Math.min(share, 99.999) : share;
  const closed = total(missing.filter((_, index) => coverage.gaps[index]?.to !== null));
  return [
    ...renderTable(
      columns,
      inOrder.map((row) => row.cells),
      paint,
    ),
    '',
    `${coverage.security}: ${duration(known_)} covered (${Number(shown.toFixed(3))} %), ${missingText(coverage, closed)}.`,
    ...receiveTimeLines(coverage, paint),
  ];
}

export const coverageCommand: Command = {
  usage: 'coverage <security>',
  describe: 'Show the recorded intervals and every gap',
  positionals: { security: SECURITY },
  options: {
    from: valued('Only what lies after this time: intervals are cut there'),
    to: valued('Only what lies before this time: intervals are cut there'),
    ...ARCHIVE_OPTION,
  },
  examples: [
    ['coverage binance:BTCUSDT', 'all there is'],
    ['coverage binance:BTCUSDT --from -2h', 'the last two hours'],
    ['coverage binance:BTCUSDT --archive ./data --json', 'without a logger, for scripts'],
  ],
  completes: { recorded: true },
  run: async (session) => {
    const { args, out, paint } = session;
    const query = coverageQuery(args);
    const coverage = await (await session.history()).coverage(query);
    if (out.isJson) {
      await out.json(coverage);
    } else if (coverage.intervals.length === 0 && coverage.gaps.length === 0) {
      const hasWindow = query.fromUs !== undefined || query.toUs !== undefined;
      const when = hasWindow ? 'in that time' : 'yet';
      await out.line(`Nothing of ${coverage.security} is recorded ${when}.`);
    } else {
      for (const line of coverageLines(coverage, paint, query)) await out.line(line);
    }
    return EXIT.done;
  },
};
