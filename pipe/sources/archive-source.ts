/** An archive as a source: what it holds, which may be written meanwhile. */

import type { ArchiveReader } from '../../logger/archive/archive.ts';
import { hasConsecutiveTradeIds } from '../../logger/exchange/exchanges.ts';
import { openArchiveReader } from '../../logger/open-archive.ts';
import { createReader, itemsOf } from '../../logger/reader/create-reader.ts';
import type { Reader } from '../../logger/reader/reader.ts';
import { factsOfSymbol } from '../market/symbol-facts.ts';
import type { PastHistory } from './past-tops.ts';
import type { KnownInstrument, Source } from './source.ts';

export class ArchiveSource implements Source {
  readonly name: string;
  readonly #archive: ArchiveReader;
  readonly #reader: Reader;

  private constructor(name: string, archive: ArchiveReader) {
    this.name = name;
    this.#archive = archive;
    this.#reader = createReader(archive, { hasConsecutiveTradeIds });
  }

  /** @throws InvalidArgumentError if there is none; ArchiveUnavailableError. */
  static async open(name: string, location: string): Promise<ArchiveSource> {
    return new ArchiveSource(name, await openArchiveReader(location));
  }

  /** What exchanges said last; of what was recorded before that was kept, what its name says. */
  async instruments(): Promise<readonly KnownInstrument[]> {
    const known: KnownInstrument[] = [];
    for (const { security } of await this.#archive.securities()) {
      const kept = (await this.#archive.instruments?.history(security))?.at(-1);
      const facts = kept?.facts ?? factsOfSymbol(security);
      if (facts !== null) known.push({ security, facts });
    }
    return known;
  }

  async history(): Promise<PastHistory> {
    return {
      coverage: (query) => this.#reader.coverage(query),
      items: (query) => itemsOf(this.#reader, query),
    };
  }

  close(): Promise<void> {
    return this.#archive.close();
  }
}
