/** The past, read from an archive without a running logger: read-only, beside whoever writes it. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ArchiveReader } from '../logger/archive/archive.ts';
import { UnknownSecurityError } from '../logger/errors.ts';
import { hasConsecutiveTradeIds } from '../logger/exchange/exchanges.ts';
import { openArchiveReader } from '../logger/open-archive.ts';
import type { DataItem, GapItem } from '../logger/queries/items.ts';
import type {
  BookQuery,
  CandlesQuery,
  ComparedCandlesQuery,
  CoverageQuery,
  ExportQuery,
  VerifyQuery,
} from '../logger/queries/queries.ts';
import type {
  BookResult,
  CoverageResult,
  ExportPart,
  HoldingResult,
  NoBookResult,
  VerifyResult,
} from '../logger/queries/results.ts';
import { formatComparedCandle } from '../logger/queries/compared-candle.ts';
import { formatGapItem } from '../logger/queries/format.ts';
import { createReader, itemsOf } from '../logger/reader/create-reader.ts';
import { holdings } from '../logger/reader/holdings.ts';
import { knownSecurity } from '../logger/reader/known-security.ts';
import type { Reader } from '../logger/reader/reader.ts';
import { comparedCandles } from '../logger/series/compared-candles.ts';
import { ExchangeHistory } from '../logger/series/exchange-history.ts';
import { cliErrorOf } from './exit-codes.ts';
import type { History } from './history.ts';

/** Ctrl-C must be noticed between items. */
const ITEMS_PER_TURN = 1000;

async function withCliErrors<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw cliErrorOf(error);
  }
}

export async function openArchiveHistory(location: string): Promise<History> {
  const archive = await withCliErrors(openArchiveReader(location));
  return new ArchiveHistory(archive, createReader(archive, { hasConsecutiveTradeIds }));
}

/** What an archive holds, for `list`. @throws CliError */
export async function archiveHoldings(location: string): Promise<HoldingResult[]> {
  const archive = await withCliErrors(openArchiveReader(location));
  try {
    return await withCliErrors(holdings(archive, createReader(archive)));
  } finally {
    await archive.close();
  }
}

class ArchiveHistory implements History {
  readonly #archive: ArchiveReader;
  readonly #reader: Reader;

  constructor(archive: ArchiveReader, reader: Reader) {
    this.#archive = archive;
    this.#reader = reader;
  }

  book(query: BookQuery): Promise<BookResult | NoBookResult> {
    return withCliErrors(this.#known(query).then((known) => this.#reader.bookAt(known)));
  }

  coverage(query: CoverageQuery): Promise<CoverageResult> {
    return withCliErrors(this.#known(query).then((known) => this.#reader.coverage(known)));
  }

  async verify(query: VerifyQuery): Promise<VerifyResult> {
    const asked = query.security;
    const security =
      asked === undefined ? undefined : await withCliErrors(knownSecurity(this.#archive, asked));
    return withCliErrors(this.#reader.verify({ ...query, security }));
  }

  async *export(query: ExportQuery, signal: AbortSignal): AsyncGenerator<ExportPart> {
    try {
      for await (const part of this.#reader.export(await this.#known(query))) {
        if (signal.aborted) return;
        yield part;
        // One block may hold very many lines: Ctrl-C must be noticed between them.
        await nextTurn();
      }
    } catch (error) {
      throw cliErrorOf(error);
    }
  }

  async *items(query: ExportQuery, signal: AbortSignal): AsyncGenerator<DataItem | GapItem> {
    try {
      let untilTurn = ITEMS_PER_TURN;
      for await (const item of itemsOf(this.#reader, await this.#known(query))) {
        if (signal.aborted) return;
        yield item;
        if (untilTurn-- > 0) continue;
        untilTurn = ITEMS_PER_TURN;
        await nextTurn();
      }
    } catch (error) {
      throw cliErrorOf(error);
    }
  }

  async *candles(query: ComparedCandlesQuery, signal: AbortSignal): AsyncGenerator<ExportPart> {
    const kept = this.#archive.candles;
    const history = new ExchangeHistory({ asked: null, kept });
    const candles = (own: CandlesQuery): ReturnType<Reader['candles']> => this.#reader.candles(own);
    const clock = { nowUs: () => Date.now() * 1000 };
    try {
      const known = { ...query, security: await this.#spelling(query) };
      for await (const item of comparedCandles({ history, candles, clock }, known, signal)) {
        if (signal.aborted) return;
        if (item.type === 'gap') yield { gap: formatGapItem(item) };
        else yield { bytes: Buffer.from(`${JSON.stringify(formatComparedCandle(item))}\n`) };
      }
    } catch (error) {
      throw cliErrorOf(error);
    }
  }

  /** Of a security of which nothing was recorded, candles may have been fetched. */
  async #spelling({ security, source }: ComparedCandlesQuery): Promise<string> {
    try {
      return await knownSecurity(this.#archive, security);
    } catch (error) {
      if (error instanceof UnknownSecurityError && source !== 'trades') return security;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#archive.close();
  }

  /** The query with the archive's spelling of its security. */
  async #known<Query extends { readonly security: string }>(query: Query): Promise<Query> {
    return { ...query, security: await knownSecurity(this.#archive, query.security) };
  }
}
