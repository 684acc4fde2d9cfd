/**
 * The files that a Binance diff passes from the transport to the open block, as V8 saw them run for
 * every one of some fifty diffs of a recording. Packages are not counted.
 */

import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedArchive } from '../logger/archive/embedded/embedded-archive.ts';
import type { Section } from './figures.ts';
import { record } from './record.ts';
import { RecordingTransport } from './recording-transport.ts';
import type { RecordedMessage } from './recording-transport.ts';

/** By then the book is proven. */
const SKIPPED_MESSAGES = 200;
const DIFFS = 50;

export async function walkSections(): Promise<Section[]> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
  const transport = new WatchedTransport();
  try {
    const archive = await openEmbeddedArchive({ directory });
    await record(archive, transport);
    await archive.close();
  } finally {
    transport.coverage.disconnect();
    rmSync(directory, { recursive: true });
  }
  const [first = new Set<string>(), ...others] = transport.filesPerDiff;
  const files = [...first].filter((file) => others.every((each) => each.has(file)));
  return [
    {
      title: 'The files that one Binance diff passes, from the transport to the open block',
      figures: [
        { name: 'files', value: files.length, unit: '' },
        ...files.sort().map((name) => ({ name, value: 1, unit: '' })),
      ],
    },
  ];
}

class WatchedTransport extends RecordingTransport {
  readonly coverage = new Session();
  readonly filesPerDiff: Set<string>[] = [];
  #messages = 0;

  constructor() {
    super();
    this.coverage.connect();
    this.coverage.post('Profiler.enable');
    this.coverage.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  }

  override play(message: RecordedMessage): void {
    const isWatched =
      ++this.#messages > SKIPPED_MESSAGES &&
      this.filesPerDiff.length < DIFFS &&
      message.data.includes('@depth');
    // Timers that are due run first: they are none of the frame's.
    this.clock.moveTo(message.receiveTimeUs);
    if (isWatched) this.#filesRun();
    super.play(message);
    if (isWatched) this.filesPerDiff.push(this.#filesRun());
  }

  /** The logger's files of which a function ran since the last call. */
  #filesRun(): Set<string> {
    const files = new Set<string>();
    // A session with its own thread answers before `post` returns.
    this.coverage.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const script of result) {
        const file = /\/dist\/(logger\/.*)\.js$/.exec(script.url)?.[1];
        if (file !== undefined && hasRun(script)) files.add(`${file}.ts`);
      }
    });
    return files;
  }
}

function hasRun({ functions }: Profiler.ScriptCoverage): boolean {
  return functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
}
