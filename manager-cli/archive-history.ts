/** The past as an archive tells it, without a running logger: read-only, beside whoever writes. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ArchiveReader } from '../logger/archive/archive.ts';
import { openArchiveReader } from '../logger/open-archive.ts';
import { LoggerError, describeError } from '../logger/errors.ts';
import type {
  BookResult,
  CoverageResult,
  NoBookResult,
  VerifyResult,
} from '../logger/queries/results.ts';
import { hasConsecutiveTradeIds } from '../logger/exchange/exchanges.ts';
import { createReader } from '../logger/reader/create-reader.ts';
import { knownSecurity } from '../logger/reader/known-security.ts';
import type { Reader } from '../logger/reader/reader.ts';
import type { Range } from './arguments.ts';
import { CliError, EXIT, type ExitCode } from './exit-codes.ts';
import type { BookQuery, ExportPiece, ExportQuery, History, VerifyProgress } from './history.ts';

/** Lines are handed on in pieces of about this size. */
const PIECE_CHARACTERS = 64 * 1024;

/** The same table as on the wire, without the wire. */
function exitCodeOf(error: LoggerError): ExitCode {
  switch (error.code) {
    case 'invalid-argument':
      return EXIT.usage;
    case 'no-coverage':
      return EXIT.notRecorded;
    default:
      return EXIT.failed;
  }
}

function explained(error: unknown): unknown {
  return error instanceof LoggerError
    ? new CliError(exitCodeOf(error), describeError(error))
    : error;
}

async function explain<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw explained(error);
  }
}

export async function openArchiveHistory(location: string): Promise<History> {
  const archive = await explain(openArchiveReader(location));
  return new ArchiveHistory(archive, createReader(archive, { hasConsecutiveTradeIds }));
}

class ArchiveHistory implements History {
  readonly #archive: ArchiveReader;
  readonly #reader: Reader;

  constructor(archive: ArchiveReader, reader: Reader) {
    this.#archive = archive;
    this.#reader = reader;
  }

  book(question: BookQuery): Promise<BookResult | NoBookResult> {
    const { at, sequence, clock, depth, level } = question;
    const position =
      at !== undefined ? { clock, us: at.us } : sequence !== undefined ? { sequence } : undefined;
    return explain(
      this.#id(question.security).then((security) =>
        this.#reader.bookAt({ security, position, depth, level }),
      ),
    );
  }

  coverage(asked: string, { fromUs, toUs }: Range): Promise<CoverageResult> {
    return explain(
      this.#id(asked).then((security) => this.#reader.coverage({ security, fromUs, toUs })),
    );
  }

  async verify(
    asked: string | undefined,
    options: {
      readonly signal: AbortSignal;
      readonly onProgress: (progress: VerifyProgress) => void;
    },
  ): Promise<VerifyResult> {
    const security = asked === undefined ? undefined : await explain(this.#id(asked));
    return explain(this.#reader.verify({ security, ...options }));
  }

  async *export(question: ExportQuery, signal: AbortSignal): AsyncGenerator<ExportPiece> {
    const { range, clock, type, format, every, depth, level } = question;
    const { fromUs, toUs } = range;
    const shown = { everyUs: every?.us, depth, level };
    let lines = '';
    try {
      const security = await this.#id(question.security);
      const asked = { security, fromUs, toUs, clock, type, format, ...shown };
      for await (const line of this.#reader.exportLines(asked)) {
        if (signal.aborted) return;
        if ('text' in line) lines += `${line.text}\n`;
        if (lines !== '' && ('gap' in line || lines.length >= PIECE_CHARACTERS)) {
          yield { lines };
          lines = '';
          // One block may give more lines than anyone waits for: Ctrl-C has to be heard between them.
          await nextTurn();
        }
        if ('gap' in line) yield { gap: line.gap };
      }
    } catch (error) {
      throw explained(error);
    }
    if (lines !== '') yield { lines };
  }

  close(): Promise<void> {
    return this.#archive.close();
  }

  #id(asked: string): Promise<string> {
    return knownSecurity(this.#archive, asked);
  }
}
