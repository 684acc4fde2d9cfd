/** Log lines of a start about all its securities together: once, not once for each. */

import type { ArchiveReader } from '../archive/archive.ts';
import { LoggerError } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { formatTimeUs } from '../market/time.ts';
import type { Log } from '../runtime/log.ts';
import type { ListedSecurity } from './exchange-directory.ts';
import type { Recovered } from './segment/recovery.ts';

/** One line if the last run was killed: what was recovered, and from when on data is missing. */
export function logRecovery(recovered: readonly Recovered[], log: Log): void {
  const crashed = recovered.filter(({ recoveredEvents }) => recoveredEvents !== null);
  if (crashed.length === 0) return;
  const fromUs = Math.min(...crashed.map(({ openGap }) => openGap?.fromUs ?? Infinity));
  log.notice(
    'The last run did not stop cleanly: its journal was recovered, the time since is a gap',
    {
      securities: crashed.length,
      messagesSaved: crashed.reduce((sum, one) => sum + (one.recoveredEvents ?? 0), 0),
      gapFrom: formatTimeUs(fromUs),
    },
  );
}

/**
 * Warns of exchanges whose books are recorded by price (L2) although single orders (L3) could be: the
 * orders can't be recovered later. Once for each exchange, unless it is configured so and nothing was
 * recorded by order before.
 */
export class FallbackWarnings {
  readonly #archive: ArchiveReader;
  readonly #log: Log;
  readonly #warned = new Set<Exchange>();

  constructor(archive: ArchiveReader, log: Log) {
    this.#archive = archive;
    this.#log = log;
  }

  async warn(starting: readonly ListedSecurity[]): Promise<void> {
    for (const { security, exchange } of starting) {
      const { fallback, feed, name } = exchange;
      if (!fallback || this.#warned.has(exchange)) continue;
      const others = starting.filter((one) => one.exchange === exchange);
      const before = await this.#recordedByOrder(others.map((one) => one.security.id));
      if (this.#warned.has(exchange) || (fallback.isChosen && before === null)) continue;
      this.#warned.add(exchange);
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
        const { epoch } = await this.#archive.tail(id, false);
        const last = epoch === 0 ? null : await this.#archive.segmentStart(id, epoch - 1);
        if (last?.header.level === 'L3') return id;
      }
    } catch (error) {
      // The recorder meets the same failure and reports it; this is advice only.
      if (!(error instanceof LoggerError)) throw error;
    }
    return null;
  }
}
