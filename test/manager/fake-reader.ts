/** A reader with answers that a test sets: what the server does with them is under test here. */

import { UnknownSecurityError } from '../../logger/errors.ts';
import type {
  BookAnswer,
  CoverageAnswer,
  NoBookAnswer,
  VerifyAnswer,
} from '../../logger/reader/answers.ts';
import type {
  BookQuestion,
  CoverageQuestion,
  ExportLine,
  ExportQuestion,
  Reader,
  VerifyQuestion,
} from '../../logger/reader/reader.ts';
import { bookAnswer } from './fake-control.ts';

export const GAP = {
  from: '2026-11-20T08:00:00Z',
  to: '2026-11-20T08:00:02.5Z',
  cause: 'sequence',
  firstMissing: '151',
  lastMissing: '160',
} as const;

export const COVERAGE: CoverageAnswer = {
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

export function noBook(security: string): NoBookAnswer {
  return {
    security,
    state: 'gap',
    gap: { from: GAP.from, to: GAP.to, cause: GAP.cause },
  };
}

export class FakeReader implements Reader {
  readonly questions: unknown[] = [];
  book: BookAnswer | NoBookAnswer | undefined;
  verified: VerifyAnswer = { records: 1234, problems: [] };
  /** Called while `verify` runs. */
  whileVerifying: (question: VerifyQuestion) => Promise<void> = async () => {};
  lines: () => AsyncIterable<ExportLine> | Iterable<ExportLine> = () => [];
  linesLeft = 0;
  known: (security: string) => boolean = () => true;

  async bookAt(question: BookQuestion): Promise<BookAnswer | NoBookAnswer> {
    this.#asked(question);
    return this.book ?? bookAnswer(question.security);
  }

  async coverage(question: CoverageQuestion): Promise<CoverageAnswer> {
    this.#asked(question);
    return { ...COVERAGE, security: question.security };
  }

  async verify(question: VerifyQuestion = {}): Promise<VerifyAnswer> {
    this.questions.push(question);
    await this.whileVerifying(question);
    return this.verified;
  }

  async *exportLines(question: ExportQuestion): AsyncGenerator<ExportLine> {
    this.#asked(question);
    try {
      yield* this.lines();
    } finally {
      this.linesLeft++;
    }
  }

  async *diffs(): AsyncGenerator<never> {}
  async *trades(): AsyncGenerator<never> {}
  async *quotes(): AsyncGenerator<never> {}
  async *orders(): AsyncGenerator<never> {}
  async *snapshots(): AsyncGenerator<never> {}

  #asked(question: { readonly security: string }): void {
    this.questions.push(question);
    if (!this.known(question.security)) {
      throw new UnknownSecurityError(`${question.security} was never recorded`);
    }
  }
}
