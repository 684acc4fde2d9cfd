/**
 * `npm run bench`: size and speed of the parts on real recordings, against peers that do the same
 * work in the same run. `--json` prints one JSON value instead of tables. Nothing passes or fails:
 * on a shared machine only ratios are meaningful.
 */

import { bookSections } from './book.ts';
import { codecSections } from './codec.ts';
import { formatSection } from './figures.ts';
import type { Section } from './figures.ts';
import { mongoSections } from './mongodb.ts';
import { orderBookSection } from './order-book.ts';
import { orderSections } from './orders.ts';
import { recordSections } from './record.ts';
import { recordingsPath } from './recordings.ts';
import { walkSections } from './walk.ts';
import { wrongKeySections } from './wrong-keys.ts';

type Group = () => Section[] | Promise<Section[]>;

const GROUPS: readonly Group[] = [
  codecSections,
  bookSections,
  orderSections,
  () => [orderBookSection()],
  recordSections,
  mongoSections,
  wrongKeySections,
  walkSections,
];

async function main(): Promise<void> {
  const isJson = process.argv.includes('--json');
  if (recordingsPath() === undefined) {
    const reason = 'no recordings in ../shared/recordings (set RECORDINGS to their folder)';
    process.stdout.write(
      isJson ? `${JSON.stringify({ skipped: reason, sections: [] })}\n` : `Skipped: ${reason}\n`,
    );
    return;
  }
  const sections: Section[] = [];
  for (const group of GROUPS) {
    for (const section of await group()) {
      sections.push(section);
      if (!isJson) process.stdout.write(`${formatSection(section)}\n`);
    }
  }
  if (isJson) process.stdout.write(`${JSON.stringify({ sections })}\n`);
}

await main();
