/**
 * `npm run bench -- reader [--days N]`: the way back from a long history of a busy security. Everything is
 * measured on one hour as well, to show what grows with what is stored. Processor time is of all threads of
 * this process; on a shared machine it says more than the clock on the wall.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Archive } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import type { Figure, Section } from '../figures.ts';
import { askBooks, checkBooks, randomMoments } from './books.ts';
import type { AskedBooks } from './books.ts';
import { SECURITY, buildHistory, recordedRound } from './history.ts';
import type { Round } from './history.ts';
import { streamSection } from './streams.ts';
import { buildYear } from './year.ts';

export interface ReaderBenchOptions {
  /** Length of the history. */
  readonly days: number;
}

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
const MOMENTS = 300;
const WARM_UP = 50;
const CHECKED = 100;
const SHALLOW = 20;
/** Moments that follow one another at this distance, as someone looks through a stretch of time. */
const NEIGHBOURS_US = 1_000_000;

export async function* readerSections({ days }: ReaderBenchOptions): AsyncGenerator<Section> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
  const opened: Archive[] = [];
  const open = async (name: string): Promise<Archive> => {
    const archive = await openEmbeddedArchive({ directory: join(directory, name) });
    opened.push(archive);
    return archive;
  };
  try {
    const round = recordedRound();
    const [hour, history] = [await open('hour'), await open('history')];
    await buildHistory(hour, round, HOUR_US);
    const start = performance.now();
    await buildHistory(history, round, days * DAY_US);
    const seconds = (performance.now() - start) / 1000;
    const file = join(directory, 'history', 'archive.mdb');
    yield await historySection(history, { days, seconds, fileBytes: statSync(file).size });
    yield await bookSection({ round, hour, history, days });
    yield await streamSection(hour, round);
    const year = await open('year');
    await buildYear(year, hour);
    yield await yearSection(year);
  } finally {
    for (const archive of opened) await archive.close();
    rmSync(directory, { recursive: true });
  }
}

async function historySection(
  archive: Archive,
  built: { readonly days: number; readonly seconds: number; readonly fileBytes: number },
): Promise<Section> {
  const images = await archive.images(SECURITY, 1, 0);
  const blocks = await archive.blocks(SECURITY, 1, { afterSequence: 0 });
  const sum = (refs: typeof blocks, field: 'bytes' | 'levelChanges' | 'levels'): number =>
    refs.reduce((total, { header }) => total + header[field], 0);
  const changes = sum(blocks, 'levelChanges');
  const perChange = 'bytes per level change';
  return {
    title: `A history of ${built.days} days`,
    figures: [
      { name: 'to build it', value: built.seconds, unit: 's' },
      { name: 'its file', value: built.fileBytes / 2 ** 20, unit: 'MiB' },
      { name: 'level changes', value: changes, unit: '' },
      { name: 'blocks', value: blocks.length, unit: '' },
      { name: 'base images', value: images.length, unit: '' },
      { name: 'levels of an image', value: sum(images, 'levels') / images.length, unit: '' },
      { name: 'bodies of blocks', value: sum(blocks, 'bytes') / changes, unit: perChange },
      { name: 'bodies of images', value: sum(images, 'bytes') / changes, unit: perChange },
    ],
  };
}

interface BookBench {
  readonly round: Round;
  readonly hour: Archive;
  readonly history: Archive;
  readonly days: number;
}

async function bookSection({ round, hour, history, days }: BookBench): Promise<Section> {
  const inHistory = randomMoments(round, days * DAY_US, MOMENTS + WARM_UP);
  const beginUs = round.start.receiveTimeUs;
  const inHour = inHistory.map((us) => beginUs + ((us - beginUs) % HOUR_US));
  const [first = 0] = inHistory;
  const near = Array.from({ length: MOMENTS }, (_, i) => first + i * NEIGHBOURS_US);
  await checkBooks(history, round, inHistory.slice(0, CHECKED));
  // By turns, so that a slow moment of the machine meets both; and without a cache, or the hour is all in it.
  const uncached = { cacheMaxBytes: 0 };
  const runs: { hour: AskedBooks[]; history: AskedBooks[] } = { hour: [], history: [] };
  await askBooks(hour, inHour.slice(MOMENTS));
  for (let run = 0; run < 3; run++) {
    const reader = { hour: createReader(hour, uncached), history: createReader(history, uncached) };
    runs.hour.push(await askBooks(hour, inHour.slice(0, MOMENTS), { reader: reader.hour }));
    runs.history.push(
      await askBooks(history, inHistory.slice(0, MOMENTS), { reader: reader.history }),
    );
  }
  const full = await askBooks(history, inHistory.slice(0, MOMENTS));
  const shallow = await askBooks(history, inHistory.slice(0, MOMENTS), { depth: SHALLOW });
  const neighbours = await askBooks(history, near);
  const growth = middle(runs.history.map(median)) / middle(runs.hour.map(median));
  return {
    title: `The book at ${MOMENTS} random moments in ${days} days, records in the page cache`,
    figures: [
      ...timesOf('full depth', full, '≤ 50, aim 5'),
      ...timesOf(`depth ${SHALLOW}`, shallow),
      ...timesOf('full depth, each a second after the last', neighbours),
      { name: 'records read for a book', value: full.bodiesPerBook, unit: '' },
      { name: 'bytes read for a book', value: full.bytesPerBook, unit: '' },
      {
        name: 'growth of the median from 1 hour',
        value: growth,
        unit: '×',
        goal: '≤ 1.2, aim 1.0',
      },
      { name: 'JSON.parse of the snapshot they begin with', value: parseMs(round), unit: 'ms' },
    ],
  };
}

function timesOf(name: string, { wallMs, cpuMs }: AskedBooks, goal?: string): Figure[] {
  return [
    { name: `${name}, median`, value: quantile(wallMs, 0.5), unit: 'ms' },
    { name: `${name}, p99`, value: quantile(wallMs, 0.99), unit: 'ms', ...(goal && { goal }) },
    { name: `${name}, median`, value: quantile(cpuMs, 0.5), unit: 'ms of processor time' },
    { name: `${name}, p99`, value: quantile(cpuMs, 0.99), unit: 'ms of processor time' },
  ];
}

function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
}

function median({ cpuMs }: AskedBooks): number {
  return quantile(cpuMs, 0.5);
}

function middle(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function parseMs({ start }: Round): number {
  const text = JSON.stringify({ bids: start.bids.map(String), asks: start.asks.map(String) });
  const times = Array.from({ length: 9 }, () => {
    const begin = performance.now();
    JSON.parse(text);
    return performance.now() - begin;
  });
  return middle(times);
}

async function yearSection(archive: Archive): Promise<Section> {
  const { images, blocks } = await archive.totals(SECURITY);
  const reader = createReader(archive);
  const ask = async (): Promise<number> => {
    const start = performance.now();
    const { intervals, gaps } = await reader.coverage({ security: SECURITY });
    if (intervals.length !== 1 || gaps.length > 0) throw new Error('The year has gaps');
    return performance.now() - start;
  };
  const first = await ask();
  const again = middle([await ask(), await ask(), await ask()]);
  return {
    title: 'The coverage of a year',
    figures: [
      { name: 'records', value: images + blocks, unit: '' },
      { name: 'asked for the first time', value: first, unit: 'ms' },
      { name: 'asked again', value: again, unit: 'ms', goal: '< 100' },
    ],
  };
}
