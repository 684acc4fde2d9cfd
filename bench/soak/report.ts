/** The report of a soak, as one value and as a table. Pure. */

import { counted, grouped } from '../../manager-cli/format.ts';
import { plain } from '../../manager-cli/style.ts';
import { renderTable } from '../../manager-cli/table.ts';
import type { Audit } from './audit.ts';
import type { Stop } from './logger-process.ts';
import type { Sample, SelfCheck } from './samples.ts';
import { GROWTH_MIN_SECONDS, course, slope, warmUpSeconds } from './slope.ts';
import type { Course, Point } from './slope.ts';
import type { Books } from './witness.ts';

const MEBIBYTE = 1024 * 1024;
const UNKNOWN = '-';

/** In MiB; growth in MiB per hour after the warm-up, null if the run was too short. */
export type Memory = Course & { readonly growth: number | null };

export interface Figures {
  /** Of the longest life, since a killed logger starts again from nothing. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly samples: number;
  /** Including garbage that Node has not collected yet. */
  readonly rssAnon: Memory | null;
  readonly rss: Memory | null;
  /** Right after a full collection. */
  readonly rssAnonInUse: Memory | null;
  readonly heapInUse: Memory | null;
  readonly handles: Course | null;
  readonly files: Course | null;
  readonly threads: Course | null;
  /** Milliseconds. */
  readonly eventLoopLag: Course | null;
  readonly queuedEvents: Course | null;
  readonly spoolBytes: Course | null;
  /** Over all lives. */
  readonly messages: number;
}

export interface LoggerReport {
  readonly name: string;
  readonly lives: number;
  readonly figures: Figures;
  readonly faults: Readonly<Record<string, number>>;
  readonly refusals: readonly string[];
  readonly books: Readonly<Books>;
  readonly audit: Audit | null;
  readonly selfCheck: SelfCheck | null;
  readonly stop: Stop;
  readonly words: readonly string[];
  /** Why the soak failed; empty if it did not. */
  readonly problems: readonly string[];
}

export interface SoakReport {
  readonly isOk: boolean;
  readonly seed: string;
  readonly minutes: number;
  readonly loggers: readonly LoggerReport[];
}

export function figuresOf(samples: readonly Sample[]): Figures {
  const lives = [...new Set(samples.map(({ life }) => life))].map((life) =>
    samples.filter((sample) => sample.life === life),
  );
  const lasting = (life: readonly Sample[]): number =>
    (life.at(-1)?.seconds ?? 0) - (life[0]?.seconds ?? 0);
  const longest = [...lives].sort((a, b) => lasting(b) - lasting(a))[0] ?? [];
  const seconds = lasting(longest);
  const warmUp = warmUpSeconds(seconds);
  const warmAt = (longest[0]?.seconds ?? 0) + warmUp;
  const points = (of: (sample: Sample) => number | null): Point[] =>
    longest.flatMap((sample) => {
      const value = of(sample);
      return value === null ? [] : [{ seconds: sample.seconds, value }];
    });
  const memory = (of: (sample: Sample) => number | null): Memory | null => {
    const all = points(of).map((point) => ({ ...point, value: point.value / MEBIBYTE }));
    const whole = course(all);
    if (!whole) return null;
    const perSecond = slope(all.filter((point) => point.seconds >= warmAt));
    const isLong = seconds - warmUp >= GROWTH_MIN_SECONDS;
    return { ...whole, growth: isLong && perSecond !== null ? perSecond * 3600 : null };
  };
  return {
    seconds,
    warmUpSeconds: warmUp,
    samples: samples.length,
    rssAnon: memory((sample) => sample.rssAnon),
    rssAnonInUse: memory((sample) => (sample.isCollected ? sample.rssAnon : null)),
    heapInUse: memory((sample) => (sample.isCollected ? sample.heapUsed : null)),
    rss: memory((sample) => sample.rss),
    handles: course(points((sample) => sample.handles)),
    files: course(points((sample) => sample.files)),
    threads: course(points((sample) => sample.threads)),
    eventLoopLag: course(points((sample) => sample.eventLoopLag)),
    queuedEvents: course(points((sample) => sample.queuedEvents)),
    spoolBytes: course(points((sample) => sample.spoolBytes)),
    messages: lives.reduce((sum, life) => sum + (life.at(-1)?.messages ?? 0), 0),
  };
}

/** A table with a row per figure and a column per logger. */
export function reportLines(report: SoakReport): string[] {
  const { loggers, minutes, seed } = report;
  const rows = loggers.map((logger) => rowsOf(logger));
  const titles = rows[0]?.map(([title]) => title) ?? [];
  const table = renderTable(
    [{ title: '' }, ...loggers.map(({ name }) => ({ title: name }))],
    titles.map((title, index) => [title, ...rows.map((row) => row[index]?.[1] ?? UNKNOWN)]),
    plain,
  );
  const verdict = report.isOk ? 'No problems found.' : 'Problems:';
  const problems = loggers.flatMap(({ name, problems, words }) =>
    [...problems, ...words].map((problem) => `  ${name}: ${problem}`),
  );
  return [`Soak of ${minutes} min, seed ${seed}`, '', ...table, '', verdict, ...problems];
}

function rowsOf(logger: LoggerReport): [title: string, value: string][] {
  const { figures, books, audit, stop, selfCheck } = logger;
  return [
    ['after garbage collection:', ''],
    ['  heap, MiB (first/last/max)', courseText(figures.heapInUse, 1)],
    ['    growth, MiB/h', growthText(figures.heapInUse)],
    ['  RssAnon, MiB', courseText(figures.rssAnonInUse, 1)],
    ['    growth, MiB/h', growthText(figures.rssAnonInUse)],
    ['RssAnon with garbage, MiB', courseText(figures.rssAnon, 1)],
    ['VmRSS, MiB', courseText(figures.rss, 1)],
    ['handles', courseText(figures.handles)],
    ['open files', courseText(figures.files)],
    ['threads', courseText(figures.threads)],
    ['event loop lag p99, ms', courseText(figures.eventLoopLag, 1)],
    ['events in open blocks', courseText(figures.queuedEvents)],
    ['spool, bytes', courseText(figures.spoolBytes)],
    ['seconds measured (warm-up)', seconds(figures.seconds, figures.warmUpSeconds)],
    ['lives', grouped(logger.lives)],
    ['messages', grouped(figures.messages)],
    ['faults, commands', grouped(sum(logger.faults))],
    ['intervals', audit ? grouped(audit.intervals) : UNKNOWN],
    ['gaps', audit ? gapsText(audit) : UNKNOWN],
    ['books asked', grouped(books.asked)],
    ['  no book then / no answer', `${grouped(books.notRecorded)} / ${grouped(books.unanswered)}`],
    ['books compared', grouped(books.compared + (audit?.pastBooks ?? 0))],
    ['  mismatches', grouped(books.mismatches)],
    ['records verified', audit ? grouped(audit.records) : UNKNOWN],
    ['self-check (mismatches)', selfCheckText(selfCheck)],
    ['stopped', `${stop.code ?? 'killed'} after ${stop.seconds.toFixed(1)} s`],
    ['problems', grouped(logger.problems.length)],
  ];
}

/** The measurements in one line, printed before the audit, which may take long. */
export function measuredText({ heapInUse, rssAnonInUse, handles }: Figures): string {
  return [
    `heap after collection ${courseText(heapInUse, 1)} MiB (growth ${hourly(heapInUse)})`,
    `RssAnon after collection ${courseText(rssAnonInUse, 1)} MiB (growth ${hourly(rssAnonInUse)})`,
    `handles ${courseText(handles)}`,
  ].join(', ');
}

function courseText(value: Course | null, digits = 0): string {
  if (!value) return UNKNOWN;
  return [value.first, value.last, value.max].map((each) => each.toFixed(digits)).join(' / ');
}

function hourly(memory: Memory | null): string {
  const isKnown = (memory?.growth ?? null) !== null;
  return isKnown ? `${growthText(memory)} MiB/h` : 'unknown: run too short';
}

function growthText(memory: Memory | null): string {
  const growth = memory?.growth ?? null;
  return growth === null ? 'run too short' : `${growth >= 0 ? '+' : ''}${growth.toFixed(1)}`;
}

function seconds(all: number, warmUp: number): string {
  return `${all.toFixed(0)} (${warmUp.toFixed(0)})`;
}

function gapsText({ gaps, uncoveredSeconds }: Audit): string {
  const causes = Object.entries(gaps).map(([cause, count]) => `${cause} ${count}`);
  return `${counted(sum(gaps), 'gap')}: ${causes.join(', ')}; ${uncoveredSeconds.toFixed(0)} s`;
}

function selfCheckText(check: SelfCheck | null): string {
  if (!check) return UNKNOWN;
  const { images, snapshots, mismatches } = check;
  return `${grouped(images)} images, ${grouped(snapshots)} snapshots (${mismatches})`;
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
