/**
 * `Watch`: states of securities as they change. Changes are collected between two parts, so that a slow
 * client or a fast market costs intermediate states, never memory.
 */

import { InvalidArgumentError, UnknownSecurityError } from '../errors.ts';
import { securityMessage } from '../messages/statuses.ts';
import type { WatchPart, WatchRequest__Output } from '../messages/types.ts';
import { sleep } from '../runtime/timing.ts';
import type { LoggerControl } from '../status/control.ts';
import type { SecurityStatus } from '../status/security-status.ts';
import type { ManagerContext } from './context.ts';
import type { PartWriter } from './part-writer.ts';
import { checkSecurity } from './requests.ts';
import { ClosingError } from './status-map.ts';

interface Update {
  readonly statuses: readonly SecurityStatus[];
  /** No longer recorded. */
  readonly removed: readonly string[];
}

/** The watched securities: the named ones, or all. */
class WatchList {
  readonly #control: LoggerControl;
  /** null: all. */
  readonly #named: ReadonlySet<string> | null;
  /** The securities that the client shows now. */
  readonly #shown = new Set<string>();

  constructor(control: LoggerControl, named: ReadonlySet<string> | null) {
    this.#control = control;
    this.#named = named;
  }

  /** @param changed null: send all again. */
  async update(changed: ReadonlySet<string> | null): Promise<Update> {
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
  update: Update,
): Promise<void> {
  const { maxStatusesPerPart } = context.limits;
  for (let from = 0; from < update.statuses.length; from += maxStatusesPerPart) {
    const part = update.statuses.slice(from, from + maxStatusesPerPart).map(securityMessage);
    await writer.write({ securities: part });
  }
  if (update.removed.length > 0) await writer.write({ removed: [...update.removed] });
}

/** Runs until the client leaves or the port closes; then it throws. */
export async function streamWatch(
  context: ManagerContext,
  request: WatchRequest__Output,
  writer: PartWriter<WatchPart>,
): Promise<void> {
  const { control, limits, clock, closing } = context;
  const watched = new WatchList(control, namedSecurities(context, request));
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
        const update = await watched.update(isDue ? null : batch);
        await send(context, writer, update);
        // If nothing is recorded yet, an empty part shows the client that the watch has begun.
        if (isFirst && update.statuses.length === 0) await writer.write({});
        isFirst = false;
      }
      await sleep(clock, limits.watchIntervalMs, ended);
    }
  } finally {
    unsubscribe();
  }
  if (closing.aborted) throw new ClosingError('The logger is stopping');
}
