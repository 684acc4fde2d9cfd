/**
 * `Watch`: states of securities as they change. Changes are gathered between two parts, so a reader
 * that is slow, or a market that is fast, costs states that nobody would have seen, never memory.
 */

import type { WatchPart, WatchRequest__Output } from '../messages/types.ts';
import { InvalidArgumentError, UnknownSecurityError } from '../errors.ts';
import { ClosingError, type ManagerContext } from './calls.ts';
import type { LoggerControl, SecurityStatus } from '../status/control.ts';
import type { PartWriter } from './part-writer.ts';
import { sleep } from '../runtime/timing.ts';
import { checkSecurity } from './requests.ts';
import { securityMessage } from '../messages/statuses.ts';

/** What is watched: named securities, or all of them. */
class Watched {
  readonly #control: LoggerControl;
  /** null: everything. */
  readonly #named: ReadonlySet<string> | null;
  /** What the client has been told of and not told is gone. */
  readonly #shown = new Set<string>();

  constructor(control: LoggerControl, named: ReadonlySet<string> | null) {
    this.#control = control;
    this.#named = named;
  }

  /** States of the changed ones (null: of all), and which are no longer recorded. */
  async take(
    changed: ReadonlySet<string> | null,
  ): Promise<{ statuses: readonly SecurityStatus[]; removed: readonly string[] }> {
    const statuses = changed === null ? await this.#all() : this.#some(changed);
    const candidates = changed ?? this.#shown;
    const removed = [...candidates].filter(
      (id) => this.#shown.has(id) && this.#control.status(id) === undefined,
    );
    for (const status of statuses) this.#shown.add(status.security);
    for (const id of removed) this.#shown.delete(id);
    return { statuses, removed };
  }

  async #all(): Promise<SecurityStatus[]> {
    const all = await this.#control.list();
    return all.filter((status) => this.#includes(status.security));
  }

  #some(changed: ReadonlySet<string>): SecurityStatus[] {
    return [...changed]
      .filter((id) => this.#includes(id))
      .map((id) => this.#control.status(id))
      .filter((status) => status !== undefined);
  }

  #includes(id: string): boolean {
    return this.#named === null || this.#named.has(id);
  }
}

function namedSecurities(
  context: ManagerContext,
  request: WatchRequest__Output,
): ReadonlySet<string> | null {
  const { control, limits } = context;
  const { securities } = request;
  if (securities.length === 0) return null;
  if (securities.length > limits.maxSecuritiesPerCall) {
    throw new InvalidArgumentError(
      `securities: ${securities.length} named, at most ${limits.maxSecuritiesPerCall} a call`,
    );
  }
  const ids = securities.map((security) => checkSecurity(security, control));
  for (const id of ids) {
    if (control.status(id) === undefined) {
      throw new UnknownSecurityError(`${id} is not recorded now; add it first`);
    }
  }
  return new Set(ids);
}

async function send(
  context: ManagerContext,
  writer: PartWriter<WatchPart>,
  news: { statuses: readonly SecurityStatus[]; removed: readonly string[] },
): Promise<void> {
  const { statusesPerPart } = context.limits;
  for (let from = 0; from < news.statuses.length; from += statusesPerPart) {
    const part = news.statuses.slice(from, from + statusesPerPart).map(securityMessage);
    await writer.write({ securities: part });
  }
  if (news.removed.length > 0) await writer.write({ removed: [...news.removed] });
}

/** Ends by an error alone: the client leaves, or the port closes. */
export async function streamWatch(
  context: ManagerContext,
  request: WatchRequest__Output,
  writer: PartWriter<WatchPart>,
): Promise<void> {
  const { control, limits, clock, closing } = context;
  const watched = new Watched(control, namedSecurities(context, request));
  const ended = AbortSignal.any([writer.signal, closing]);
  let changed = new Set<string>();
  const unsubscribe = control.live.subscribe('all', ({ type, security }) => {
    if (type === 'update' || type === 'state') changed.add(security);
  });
  try {
    let refreshedMs = Number.NEGATIVE_INFINITY;
    let isFirst = true;
    while (!ended.aborted) {
      const isDue = clock.monotonicMs() - refreshedMs >= limits.watchRefreshMs;
      if (isDue || changed.size > 0) {
        const batch = changed;
        changed = new Set();
        if (isDue) refreshedMs = clock.monotonicMs();
        const news = await watched.take(isDue ? null : batch);
        await send(context, writer, news);
        // Nothing recorded yet: an empty part still tells the client that it is being served.
        if (isFirst && news.statuses.length === 0) await writer.write({});
        isFirst = false;
      }
      await sleep(clock, limits.watchPaceMs, ended);
    }
  } finally {
    unsubscribe();
  }
  if (closing.aborted) throw new ClosingError('The logger is stopping');
}
