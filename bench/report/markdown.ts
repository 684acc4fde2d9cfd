/** The report as a Markdown page with a plot for each comparison. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRightAligned, tableOf } from '../figures.ts';
import { plotOf } from './plot.ts';
import { factLines } from './report.ts';
import type { Report, ReportSection } from './report.ts';

const PAGE = join('docs', 'benchmarks.md');
const PLOTS = 'benchmarks';

const HEAD = `# Benchmarks

Written by \`npm run bench -- --markdown\`; do not edit. Every contender does the same work in the same run, in turns, and the work is
checked: one whose result is not the right one is reported as wrong. Times are ratios taken within each round; the table has the median of the
rounds, then the lowest and the highest. _Better than ours_ marks each peer that is. Peers are used as released, in the form that they are meant to
be used in; they are dependencies of the benchmark alone (\`npm ci --prefix bench\`). Of tardis-dev the npm registry has version 13 at the newest;
later ones, whose book is another, are not published there.`;

export interface Page {
  readonly text: string;
  /** SVG by name in the folder of the plots. */
  readonly plots: ReadonlyMap<string, string>;
}

export function pageOf(report: Report): Page {
  const plots = new Map<string, string>();
  const parts = [
    HEAD,
    factLines(report)
      .map((line) => `- ${line}`)
      .join('\n'),
  ];
  let group = '';
  for (const section of report.sections) {
    if (section.group !== group) parts.push(`## ${section.group}`);
    group = section.group;
    parts.push(`### ${section.title}`);
    if (section.note !== undefined) parts.push(section.note);
    const plot = plotOf(section);
    if (plot !== undefined) {
      const name = `${slug(section)}.svg`;
      plots.set(name, plot);
      parts.push(`![${section.title}](${PLOTS}/${name})`);
    }
    parts.push(table(section));
  }
  return { text: `${parts.join('\n\n')}\n`, plots };
}

/** Replaces the page and its plots; formatted as all pages are, which lint checks. */
export async function writePage({ text, plots }: Page, path = PAGE): Promise<void> {
  const folder = join(dirname(path), PLOTS);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith('.svg')) rmSync(join(folder, name));
  for (const [name, svg] of plots) writeFileSync(join(folder, name), svg);
  // Only here: it is there for development alone.
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), parser: 'markdown' }));
}

function table(section: ReportSection): string {
  const { head, rows } = tableOf(section);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = head.map((name) => (isRightAligned(name) ? '---:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function slug({ group, title }: ReportSection): string {
  const text = `${group} ${title}`.toLowerCase();
  return text.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
}
