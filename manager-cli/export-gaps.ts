/**
 * Gaps of an export, in the file itself: a line in JSON lines, a comment in CSV. The readers of Tardis' files
 * accept neither, so beside such a file stands `<file>.gaps.jsonl`. CSV reports them on stderr too, for those
 * who read past comments.
 */

import { rm } from 'node:fs/promises';
import type { ExportFormat, ExportGap } from '../logger/queries/results.ts';
import { fileSink } from './export-sink.ts';
import type { ExportSink } from './export-sink.ts';

export interface GapSink {
  write(gap: ExportGap): Promise<void>;
  /** Call it before the export's own file is complete, so that no gap is ever missing beside it. */
  commit(): Promise<void>;
  discard(): Promise<void>;
  /** The file of their own; undefined: they are in the export, or there are none. */
  readonly path: string | undefined;
}

export interface GapTarget {
  readonly format: ExportFormat;
  /** The export. */
  readonly sink: ExportSink;
  /** Its file; undefined: stdout. */
  readonly path: string | undefined;
  readonly mayReplace: boolean;
  /** Writes a line to stderr. */
  readonly note: (line: string) => void;
}

export function gapsPath(path: string): string {
  return `${path}.gaps.jsonl`;
}

export function gapSink(target: GapTarget): GapSink {
  const { format, sink, path, note } = target;
  if (format === 'tardis-csv' && path !== undefined) return new GapFile(target, gapsPath(path));
  return {
    path: undefined,
    async write(gap) {
      const line = JSON.stringify({ gap });
      if (format === 'jsonl') await sink.write(`${line}\n`);
      if (format === 'csv') await sink.write(`# ${line}\n`);
      if (format !== 'jsonl') note(line);
    },
    async commit() {},
    async discard() {},
  };
}

/** Made with the first gap; without one, what an earlier export left there is removed. */
class GapFile implements GapSink {
  readonly #target: GapTarget;
  readonly #path: string;
  #sink: ExportSink | undefined;

  constructor(target: GapTarget, path: string) {
    this.#target = target;
    this.#path = path;
  }

  get path(): string | undefined {
    return this.#sink === undefined ? undefined : this.#path;
  }

  async write(gap: ExportGap): Promise<void> {
    const line = JSON.stringify({ gap });
    this.#sink ??= await fileSink(this.#path, this.#target.mayReplace);
    await this.#sink.write(`${line}\n`);
    this.#target.note(line);
  }

  async commit(): Promise<void> {
    if (this.#sink !== undefined) await this.#sink.commit();
    else if (this.#target.mayReplace) await rm(this.#path, { force: true });
  }

  async discard(): Promise<void> {
    await this.#sink?.discard();
  }
}
