/**
 * `npm run bench`: size and speed of the parts on real recordings, beside peers that do the same work
 * in the same run; `-- GROUP …` runs some of them. `--json` prints one JSON value instead of tables,
 * `--markdown` also writes `docs/benchmarks.md`. Nothing passes or fails: on a shared machine only
 * ratios are meaningful.
 */

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { dataIn, defaultData } from './data.ts';
import type { BenchData } from './data.ts';
import { formatSection } from './figures.ts';
import { GROUPS } from './groups.ts';
import type { GroupOptions } from './groups.ts';
import { Peers } from './peers/packages.ts';
import { pageOf, writePage } from './report/markdown.ts';
import { currentCommit, factLines, machineFacts, othersShare } from './report/report.ts';
import type { Report, ReportSection } from './report/report.ts';

interface Options extends Omit<GroupOptions, 'data' | 'peers'> {
  readonly groups: readonly string[];
  readonly isJson: boolean;
  readonly isMarkdown: boolean;
  /** A folder of recordings of one's own. */
  readonly folder: string | undefined;
}

async function readOptions(): Promise<Options> {
  const names = Object.keys(GROUPS);
  const namesOf = (kind: 'isLong' | 'takesData'): string =>
    names.filter((name) => GROUPS[name]?.[kind]).join(', ');
  const given = await yargs(hideBin(process.argv))
    .scriptName('npm run bench --')
    .usage(
      `$0 [GROUP …]\n\nGroups: ${names.join(', ')}. Without one, all run that do not take minutes (${namesOf('isLong')}).`,
    )
    .option('data', {
      type: 'string',
      requiresArg: true,
      describe: `Run on the recordings in this folder (${namesOf('takesData')})`,
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print the report as JSON' })
    .option('markdown', {
      type: 'boolean',
      default: false,
      describe: 'Also write the report to docs/benchmarks.md',
    })
    .option('securities', {
      type: 'number',
      array: true,
      default: [50, 500, 1500, 3000],
      describe: 'load: how many, one run each',
    })
    .option('minutes', { type: 'number', default: 1, describe: 'load: of each run' })
    .option('days', {
      type: 'number',
      default: 1,
      describe: 'reader, files, post-mortem: length of the history',
    })
    .option('real-limits', {
      type: 'boolean',
      default: false,
      describe: "load: keep to the exchange's request limits",
    })
    .option('quiet', {
      type: 'number',
      default: 0,
      describe: 'load: percentage of securities for which nothing ever comes',
    })
    .check(({ _, data }) => {
      const unknown = _.find((name) => !names.includes(String(name)));
      if (unknown !== undefined) throw new Error(`Unknown group: ${unknown}`);
      const fixed = _.find((name) => !GROUPS[name]?.takesData);
      if (data !== undefined && fixed !== undefined) {
        throw new Error(`--data is for ${namesOf('takesData')}; ${fixed} makes its own`);
      }
      return true;
    })
    .strictOptions()
    .parseAsync();
  const { json, markdown, data, securities, minutes, realLimits, days, quiet } = given;
  const isDefault = (name: string): boolean =>
    !GROUPS[name]?.isLong && (data === undefined || GROUPS[name]?.takesData === true);
  const groups = given._.map(String);
  return {
    groups: groups.length > 0 ? groups : names.filter(isDefault),
    isJson: json,
    isMarkdown: markdown,
    folder: data,
    securities,
    minutes,
    hasRealLimits: realLimits,
    days,
    quietPercent: quiet,
  };
}

async function measure(options: Options, data: BenchData): Promise<Report> {
  const peers = new Peers();
  // Now: minutes later it may be another one.
  const commit = currentCommit();
  const sections: ReportSection[] = [];
  const busy: number[] = [];
  for (const group of options.groups) {
    busy.push(await othersShare());
    for (const part of GROUPS[group]?.sections ?? []) {
      for await (const section of await part({ ...options, data, peers })) {
        sections.push({ group, ...section });
        if (!options.isJson) process.stdout.write(`${formatSection(section)}\n`);
      }
    }
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    commit,
    machine: machineFacts(),
    busy,
    data: { name: data.name, ignored: data.ignored },
    missingPeers: [...peers.missing],
    sections,
  };
}

async function main(): Promise<void> {
  const options = await readOptions();
  const { isJson, isMarkdown, folder } = options;
  const data = folder === undefined ? defaultData() : dataIn(folder);
  if (data === undefined) {
    const reason = 'no recordings in ../shared/recordings (set RECORDINGS to their folder)';
    process.stdout.write(
      isJson ? `${JSON.stringify({ skipped: reason, sections: [] })}\n` : `Skipped: ${reason}\n`,
    );
    return;
  }
  const report = await measure(options, data);
  if (isMarkdown) await writePage(pageOf(report));
  process.stdout.write(`${isJson ? JSON.stringify(report) : factLines(report).join('\n')}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
