/** A reader over an embedded archive of its own, for the tests of one file. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import type { ExportQuery } from '../../../logger/queries/queries.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import { exportLines } from '../../support/export-lines.ts';
import { SECURITY } from './random-history.ts';
import { block, diff, gap, image, trade, writeAll } from './script.ts';

class ReaderKit {
  #directory: string | undefined;
  #archive: Archive | undefined;
  #reader: Reader | undefined;

  get directory(): string {
    return opened(this.#directory);
  }
  get archive(): Archive {
    return opened(this.#archive);
  }
  get reader(): Reader {
    return opened(this.#reader);
  }

  async open(): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'reader-'));
    await this.reopen();
  }

  async reopen(): Promise<void> {
    this.#archive = await openEmbeddedArchive({ directory: this.directory });
    this.#reader = createReader(this.#archive, { hasConsecutiveTradeIds: () => true });
  }

  async close(): Promise<void> {
    await this.archive.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Two segments: 100 to 103 within 0 to 50 ms, proven until 60; a gap; 200 to 202 from 90 ms on. */
  async twoSegments(): Promise<void> {
    await writeAll(
      this.archive,
      image(1, 100, 0),
      block(1, 100, [
        trade(1, 5),
        diff(101, 10, [10_000, 0, 9900, 500]),
        diff(102, 20, [9900, 0]),
        diff(103, 50, [], [10_100, 1000, 10_200, 0]),
      ]),
      image(2, 200, 90, [9800, 100]),
      gap(2, 60, 90),
      block(2, 200, [trade(4, 85), diff(201, 100, [9850, 7]), trade(5, 101), diff(202, 110)]),
    );
  }

  /** An export's lines, parsed if they are JSON, and its gaps. */
  async lines(query: Omit<ExportQuery, 'security'>): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const line of exportLines(this.reader, { security: SECURITY, ...query })) {
      if ('gap' in line) found.push({ gap: line.gap });
      else found.push(query.format === 'csv' ? line.text : JSON.parse(line.text));
    }
    return found;
  }
}

function opened<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('The kit is not open');
  return value;
}

/** Opened before each test of the file that calls this, and removed after it. */
export function useReaderKit(): ReaderKit {
  const kit = new ReaderKit();
  beforeEach(() => kit.open());
  afterEach(() => kit.close());
  return kit;
}
