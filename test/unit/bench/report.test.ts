import { expect, test } from 'vitest';
import { formatSection } from '../../../bench/figures.ts';
import type { Section } from '../../../bench/figures.ts';
import { pageOf } from '../../../bench/report/markdown.ts';
import { plotOf } from '../../../bench/report/plot.ts';
import { factLines } from '../../../bench/report/report.ts';
import type { Report } from '../../../bench/report/report.ts';

const section: Section = {
  title: 'Work: A & B',
  note: 'Less is better.',
  better: 'lower',
  figures: [
    { name: 'ours', role: 'ours', value: 1, unit: '× our time' },
    {
      name: 'slow',
      role: 'peer',
      value: 12.34567,
      spread: [11, 14.5],
      unit: '× our time',
      goal: '≥ 10',
    },
    { name: 'fast', role: 'peer', value: 0.5, unit: '× our time', remark: 'loses ids' },
    { name: 'broken', role: 'peer', value: 0.1, unit: '× our time', remark: 'x', isWrong: true },
    { name: 'memcpy', role: 'limit', value: 0.01, unit: '× our time' },
  ],
};

const report: Report = {
  date: '2026-11-30',
  commit: '0123456789',
  machine: { cores: 2, cpu: 'CPU', memoryGiB: 24, node: 'v20.19.0', system: 'linux x64' },
  busy: [0.02, 0.615],
  data: { name: 'recordings', ignored: ['notes.txt'] },
  missingPeers: ['ccxt'],
  sections: [{ group: 'book', ...section }],
};

test('a table shows medians with spread, the better peer, and who is wrong', () => {
  expect(formatSection(section)).toBe(
    [
      'Work: A & B',
      'Less is better.',
      '        figure        spread  unit        goal  remark',
      'ours         1                × our time',
      'slow    12.346  11 to 14.500  × our time  ≥ 10',
      'fast     0.500                × our time        better than ours; loses ids',
      'broken   wrong                × our time        x',
      'memcpy  0.0100                × our time',
      '',
    ].join('\n'),
  );
});

test('higher can be the better value, and figures without a peer are only listed', () => {
  const figures = section.figures.slice(0, 2);
  expect(formatSection({ ...section, better: 'higher', figures })).toContain('better than ours');
  expect(formatSection({ title: 'Alone', figures })).not.toContain('better than ours');
});

test('the facts say what ran where, how busy the machine was, and how to get missing peers', () => {
  expect(factLines(report)).toEqual([
    '2026-11-30, commit 0123456789, on the recordings',
    '2 cores (CPU), 24 GiB, linux x64, Node v20.19.0',
    'The machine was not idle: others took 2 % to 62 % of it. Only ratios mean anything.',
    'Not recordings: notes.txt',
    'Missing peers: ccxt. To install the packages: npm ci --prefix bench',
  ]);
  const quiet = { ...report, busy: [0.01, 0.1], missingPeers: [], data: { name: '', ignored: [] } };
  expect(factLines(quiet)).toHaveLength(2);
});

test('the page has a heading per group, a table and a plot for both kinds of screen', () => {
  const { text, plots } = pageOf(report);
  expect(text).toContain('## book\n\n### Work: A & B\n\nLess is better.\n\n');
  expect(text).toContain('![Work: A & B](benchmarks/book-work-a-b.svg)');
  expect(text).toContain('| slow | 12.346 | 11 to 14.500 | × our time | ≥ 10 |  |');
  const svg = plots.get('book-work-a-b.svg') ?? '';
  expect(svg).toContain('<title>Work: A &amp; B</title>');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg.match(/<rect/g)).toHaveLength(4);
  expect(svg).toContain('>wrong</text>');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test('a plot has room for its names and for its unit, also in a wide font', () => {
  // As measured in DejaVu Sans.
  const [name, nameWidth] = ["the predecessor's BSON, WiredTiger pages", 264] as const;
  const [unit, headWidth] = ['× JSON.parse of the same frames', 424] as const;
  const figures = [0.01, 100].map((value) => ({ name, role: 'peer' as const, value, unit }));
  const svg = plotOf({ title: 'Wide', better: 'lower', figures }) ?? '';
  const nameEnd = Number(/x="([\d.]+)" y="[\d.]+" text-anchor="end"/.exec(svg)?.[1]);
  expect(nameEnd).toBeGreaterThanOrEqual(nameWidth);
  const headStart = Number(/class="axis" x="([\d.]+)"/.exec(svg)?.[1]);
  expect(svg).toContain(`${unit}; shorter is better; logarithmic scale`);
  expect(headStart).toBeGreaterThanOrEqual(0);
  expect(headStart + headWidth).toBeLessThanOrEqual(760);
});
