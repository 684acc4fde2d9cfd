/**
 * `npm run bench`: size and speed of the parts on real recordings, against peers that do the same
 * work in the same run; `-- GROUP …` runs some of them. `--json` prints one JSON value instead of
 * tables. Nothing passes or fails: on a shared machine only ratios are meaningful.
 */

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { bookSections } from './book.ts';
import { codecSections } from './codec.ts';
import { formatSection } from './figures.ts';
import type { Section } from './figures.ts';
import { loadSections } from './load/load.ts';
import type { LoadBenchOptions } from './load/load.ts';
import { mongoSections } from './mongodb.ts';
import { orderBookSection } from './order-book.ts';
import { orderSections } from './orders.ts';
import { readerSections } from './reader/reader.ts';
import type { ReaderBenchOptions } from './reader/reader.ts';
import { recordSections } from './record.ts';
import { recordingsPath } from './recordings.ts';
import { walkSections } from './walk.ts';
import { wrongKeySections } from './wrong-keys.ts';

type Sections = Iterable<Section> | AsyncIterable<Section> | Promise<Iterable<Section>>;

type GroupOptions = LoadBenchOptions & ReaderBenchOptions;

const GROUPS: Readonly<Record<string, (options: GroupOptions) => Sections>> = {
  codec: () => [...codecSections(), ...orderSections()],
  book: () => [...bookSections(), orderBookSection()],
  pipeline: recordSections,
  mongodb: mongoSections,
  manager: wrongKeySections,
  walk: walkSections,
  reader: readerSections,
  load: loadSections,
};
/** These take minutes: only when they are asked for. */
const ON_REQUEST = ['reader', 'load'];

interface Options extends GroupOptions {
  readonly groups: readonly string[];
  readonly isJson: boolean;
}

async function readOptions(): Promise<Options> {
  const names = Object.keys(GROUPS);
  const given = await yargs(hideBin(process.argv))
    .scriptName('npm run bench --')
    .usage(
      `$0 [GROUP …]\n\nGroups: ${names.join(', ')}. Without one, all but ${ON_REQUEST.join(' and ')} are run.`,
    )
    .option('json', { type: 'boolean', default: false, describe: 'Print the report as JSON' })
    .option('securities', {
      type: 'number',
      array: true,
      default: [50, 500, 1500, 3000],
      describe: 'load: how many, one run each',
    })
    .option('minutes', { type: 'number', default: 1, describe: 'load: of each run' })
    .option('days', { type: 'number', default: 1, describe: 'reader: length of the history' })
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
    .check(({ _ }) => {
      const unknown = _.find((name) => !names.includes(String(name)));
      if (unknown !== undefined) throw new Error(`Unknown group: ${unknown}`);
      return true;
    })
    .strictOptions()
    .parseAsync();
  const groups = given._.map(String);
  return {
    groups: groups.length > 0 ? groups : names.filter((name) => !ON_REQUEST.includes(name)),
    isJson: given.json,
    securities: given.securities,
    minutes: given.minutes,
    hasRealLimits: given.realLimits,
    days: given.days,
    quietPercent: given.quiet,
  };
}

async function main(): Promise<void> {
  const options = await readOptions();
  const { groups, isJson } = options;
  if (recordingsPath() === undefined) {
    const reason = 'no recordings in ../shared/recordings (set RECORDINGS to their folder)';
    process.stdout.write(
      isJson ? `${JSON.stringify({ skipped: reason, sections: [] })}\n` : `Skipped: ${reason}\n`,
    );
    return;
  }
  const sections: Section[] = [];
  for (const group of groups) {
    for await (const section of (await GROUPS[group]?.(options)) ?? []) {
      sections.push(section);
      if (!isJson) process.stdout.write(`${formatSection(section)}\n`);
    }
  }
  if (isJson) process.stdout.write(`${JSON.stringify({ sections })}\n`);
}

await main();
