/** What a start tells people in the log beside the securities themselves: once, not once for each. */

import type { ArchiveReader } from '../archive/archive.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { LoggerError } from '../errors.ts';
import type { Security } from '../market/security.ts';
import { formatTimeUs } from '../market/time.ts';
import type { Log } from '../runtime/log.ts';
import type { Recovered } from './recovery.ts';

/** One line, where the last run was killed: what was saved of it, and from when on something is lost. */
export function tellRecovery(recovered: readonly Recovered[], log: Log): void {
  const crashed = recovered.filter(({ saved }) => saved !== null);
  if (crashed.length === 0) return;
  const fromUs = Math.min(...crashed.map(({ openGap }) => openGap?.fromUs ?? Infinity));
  log.notice('The last run ended without a stop: its journal was saved, the time since is a gap', {
    securities: crashed.length,
    messagesSaved: crashed.reduce((sum, { saved }) => sum + (saved ?? 0), 0),
    gapFrom: formatTimeUs(fromUs),
  });
}

/**
 * Books by price where single orders could be had are recorded without complaint, and nothing brings
 * the orders back later. So each exchange of which that is true is warned of once: when nobody has
 * chosen it, and when a security was recorded by order so far.
 */
export class FallbackWarnings {
  readonly #archive: ArchiveReader;
  readonly #log: Log;
  readonly #told = new Set<Exchange>();

  constructor(archive: ArchiveReader, log: Log) {
    this.#archive = archive;
    this.#log = log;
  }

  async tell(
    starting: readonly { readonly security: Security; readonly exchange: Exchange }[],
  ): Promise<void> {
    for (const { security, exchange } of starting) {
      const { fallback, feed, name } = exchange;
      if (!fallback || this.#told.has(exchange)) continue;
      const others = starting.filter((one) => one.exchange === exchange);
      const before = await this.#recordedByOrder(others.map((one) => one.security.id));
      if (this.#told.has(exchange) || (fallback.isChosen && before === null)) continue;
      this.#told.add(exchange);
      this.#log.warning('Recorded by price (L2), not order by order (L3)', {
        exchange: name,
        feed,
        reason: fallback.reason,
        ...(before === null
          ? { security: security.id }
          : { security: before, before: 'its records so far are order by order' }),
      });
    }
  }

  /** The first of them whose last segment is an L3 one. */
  async #recordedByOrder(ids: readonly string[]): Promise<string | null> {
    try {
      for (const id of ids) {
        const { epoch } = await this.#archive.tail(id);
        const last = epoch === 0 ? null : await this.#archive.segmentStart(id, epoch - 1);
        if (last?.header.level === 'L3') return id;
      }
    } catch (error) {
      // The recorder has met the same trouble, and tells of it; this is advice alone.
      if (!(error instanceof LoggerError)) throw error;
    }
    return null;
  }
}
