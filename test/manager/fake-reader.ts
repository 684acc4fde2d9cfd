/** A reader with answers that a test sets: what the server does with them is under test here. */

import { UnknownSecurityError } from '../../logger/errors.ts';
import { PartBuffer } from '../../logger/export/parts.ts';
import type {
  BookResult,
  CoverageResult,
  ExportPart,
  NoBookResult,
  VerifyResult,
} from '../../logger/queries/results.ts';
import type {
  BookQuery,
  CoverageQuery,
  ExportQuery,
  VerifyQuery,
} from '../../logger/queries/queries.ts';
import type { Reader } from '../../logger/reader/reader.ts';
import type { ExportLine } from '../support/export-lines.ts';
import { bookResult } from './fake-control.ts';

export const GAP = {
  from: '2026-11-20T08:00:00Z',
  to: '2026-11-20T08:00:02.5Z',
  cause: 'sequence',
  firstMissing: '151',
  lastMissing: '160',
} as const;

export const COVERAGE: CoverageResult = {
  security: 'binance:BTCUSDT',
  intervals: [
    {
      from: '2026-11-20T07:00:00Z',
      to: '2026-11-20T08:00:00Z',
      firstSequence: '100',
      lastSequence: '150',
      feed: 'depth',
      proof: 'sequence',
    },
    {
      from: '2026-11-20T08:00:02.5Z',
      to: '2026-11-20T09:00:00Z',
      firstSequence: '161',
      lastSequence: '200',
      feed: 'depth',
      proof: 'sequence',
    },
  ],
  gaps: [GAP, { ...GAP, from: '2026-11-20T09:00:00Z', to: null, lastMissing: null }],
  badReceiveTimes: [
    { from: '2026-11-20T07:30:00Z', to: '2026-11-20T07:30:00.85Z', cause: 'stall' },
    { from: '2026-11-20T07:45:00Z', to: '2026-11-20T08:45:00.05Z', cause: 'clock' },
  ],
};

export function noBook(security: string): NoBookResult {
  return {
    security,
    state: 'gap',
    gap: { from: GAP.from, to: GAP.to, cause: GAP.cause },
  };
}

export class FakeReader implements Reader {
  readonly queries: unknown[] = [];
  book: BookResult | NoBookResult | undefined;
  verified: VerifyResult = { records: 1234, problems: [] };
  /** Called while `verify` runs. */
  whileVerifying: (query: VerifyQuery) => Promise<void> = async () => {};
  lines: () => AsyncIterable<ExportLine> | Iterable<ExportLine> = () => [];
  linesLeft = 0;
  known: (security: string) => boolean = () => true;

  async bookAt(query: BookQuery): Promise<BookResult | NoBookResult> {
    this.#asked(query);
    return this.book ?? bookResult(query.security);
  }

  async coverage(query: CoverageQuery): Promise<CoverageResult> {
    this.#asked(query);
    return { ...COVERAGE, security: query.security };
  }

  async verify(query: VerifyQuery = {}): Promise<VerifyResult> {
    this.queries.push(query);
    await this.whileVerifying(query);
    return this.verified;
  }

  async *export(query: ExportQuery, maxPartBytes = 65_536): AsyncGenerator<ExportPart> {
    this.#asked(query);
    const buffer = new PartBuffer(maxPartBytes);
    try {
      for await (const line of this.lines()) {
        if ('text' in line) {
          yield* buffer.add(Buffer.from(`${line.text}\n`));
        } else {
          yield* buffer.flush();
          yield line;
        }
      }
      yield* buffer.flush();
    } finally {
      this.linesLeft++;
    }
  }

  async *updates(): AsyncGenerator<never> {}
  async *trades(): AsyncGenerator<never> {}
  async *quotes(): AsyncGenerator<never> {}
  async *levels(): AsyncGenerator<never> {}
  async *topBounds(): AsyncGenerator<never> {}
  async bookAtPoint(): Promise<null> {
    return null;
  }
  async *orders(): AsyncGenerator<never> {}
  async *snapshots(): AsyncGenerator<never> {}
  async *candles(): AsyncGenerator<never> {}
  async *replayTrades(): AsyncGenerator<never> {}

  #asked(query: { readonly security: string }): void {
    this.queries.push(query);
    if (!this.known(query.security)) {
      throw new UnknownSecurityError(`${query.security} was never recorded`);
    }
  }
}
