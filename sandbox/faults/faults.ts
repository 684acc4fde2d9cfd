/**
 * Everything the sandbox can do wrong on purpose, as one table: the fields of each fault and its
 * effect on a venue. A fault is a plain object, the same in process, on the command line and in the
 * body of `POST /sandbox/misbehave`: its `type`, its fields, and optionally the `exchange` it is
 * meant for. Without `exchange` it goes to the venue that lists its symbol, or to all venues.
 */

import { InvalidArgumentError } from '../../logger/errors.ts';
import { HANDSHAKE_STATUSES } from './fault-injector.ts';
import type { FaultInjector, StreamFaults } from './fault-injector.ts';
import { BPS, INTEGER, oneOf, optional, SYMBOL, TEXT } from './fields.ts';
import type { Fields, ValuesOf } from './fields.ts';
import { CORRUPTIONS, EXTRA_FRAMES, extraFrame } from './frames.ts';

/** The parts of a running venue that faults act on. */
export interface FaultTarget {
  readonly injector: FaultInjector<unknown>;
  readonly connections: ConnectionFaults;
  /**
   * The symbol's book-update streams. @throws InvalidArgumentError for an unknown symbol.
   * @param action only that of one kind of change, where an exchange names them.
   */
  streams(symbol: string, action?: string): readonly StreamFaults<unknown>[];
  /** Ends the delivery of the symbol's book updates to whoever receives them now. @throws as above. */
  forgetReceivers(symbol: string): void;
  /** @throws InvalidArgumentError */
  changeTickSize(symbol: string, tickSize: string): void;
  /** @throws InvalidArgumentError, also where the venue trades the same market as the others. */
  skew(symbol: string, bps: number, durationMs: number): void;
  /** Brings all prices back. */
  endSkews(): void;
  /** @throws InvalidArgumentError where no message of the exchange announces it. */
  maintain(durationMs: number): void;
  /** @throws InvalidArgumentError, also where the exchange has no auctions. */
  holdAuction(symbol: string, durationMs: number): void;
  /** @throws InvalidArgumentError, also where no update of the exchange could cross a book. */
  crossBook(symbol: string): void;
  /** @throws InvalidArgumentError, also where the exchange never restarts its numbering. */
  restartNumbering(symbol: string): void;
  /** @throws InvalidArgumentError, also where no images come in the stream. */
  resendImages(symbol: string): void;
}

export interface ConnectionFaults {
  freezeAll(durationMs: number): void;
  cutFrozen(): void;
  closeAll(code: number, reason: string): void;
  shutDown(afterMs: number): void;
  changeLife(lifeMs: number): void;
  deliverToAll(data: string | Buffer): void;
}

interface FaultDefinition<F extends Fields> {
  readonly fields: F;
  readonly apply: (target: FaultTarget, values: ValuesOf<F>) => void;
}

function define<F extends Fields>(
  fields: F,
  apply: (target: FaultTarget, values: ValuesOf<F>) => void,
): FaultDefinition<F> {
  return { fields, apply };
}

const FAULTS = {
  /** The next `count` updates on each update stream of the symbol are never sent: a gap. */
  'drop-diffs': define({ symbol: SYMBOL, count: INTEGER }, (venue, { symbol, count }) => {
    for (const stream of venue.streams(symbol)) stream.dropped += count;
  }),
  /** The next `count` messages of new, changed or deleted rows are never sent. */
  'drop-rows': define(
    { symbol: SYMBOL, action: oneOf(['insert', 'update', 'delete']), count: INTEGER },
    (venue, { symbol, action, count }) => {
      for (const stream of venue.streams(symbol, action)) stream.dropped += count;
    },
  ),
  /** The next `count` checksums are false. */
  'false-checksums': define({ symbol: SYMBOL, count: INTEGER }, (venue, { symbol, count }) => {
    for (const stream of venue.streams(symbol, 'checksum')) stream.corrupted += count;
  }),
  /** The exchange announces that it serves nobody, and after `durationMs` that it does again. */
  maintenance: define({ durationMs: INTEGER }, (venue, { durationMs }) =>
    venue.maintain(durationMs),
  ),
  /** A false row crosses the book, and never goes away. */
  'cross-book': define({ symbol: SYMBOL }, (venue, { symbol }) => venue.crossBook(symbol)),
  /** The next `count` updates are sent twice. */
  'duplicate-diffs': define({ symbol: SYMBOL, count: INTEGER }, (venue, { symbol, count }) => {
    for (const stream of venue.streams(symbol)) stream.duplicated += count;
  }),
  /** The next `count` pairs of updates are sent in reverse order. */
  'reorder-diffs': define({ symbol: SYMBOL, count: INTEGER }, (venue, { symbol, count }) => {
    for (const stream of venue.streams(symbol)) stream.reordered += count;
  }),
  /** The next `count` updates are corrupted. */
  'harm-diffs': define(
    { symbol: SYMBOL, count: INTEGER, form: oneOf(CORRUPTIONS) },
    (venue, { symbol, count, form }) => {
      for (const stream of venue.streams(symbol)) {
        stream.corrupted += count;
        stream.corruption = form;
      }
    },
  ),
  /** The next `count` updates hold a wrong size, if they hold any: only a fresh snapshot shows it. */
  'false-diffs': define({ symbol: SYMBOL, count: INTEGER }, (venue, { symbol, count }) => {
    for (const stream of venue.streams(symbol)) {
      stream.corrupted += count;
      stream.corruption = 'false-size';
    }
  }),
  /** No data, but pings and commands are answered. Without a symbol: for all symbols. */
  silence: define(
    { symbol: optional(SYMBOL), durationMs: INTEGER },
    ({ injector }, { symbol = null, durationMs }) => injector.silence(symbol, durationMs),
  ),
  /**
   * Whoever receives the symbol's book updates now gets no more of them, though the connection and all
   * other streams continue. A new subscription works.
   */
  'dead-stream': define({ symbol: SYMBOL }, (venue, { symbol }) => venue.forgetReceivers(symbol)),
  /** Open connections go silent in both directions while TCP stays up. */
  'half-open': define({ durationMs: INTEGER }, ({ connections }, { durationMs }) =>
    connections.freezeAll(durationMs),
  ),
  /** Closes every connection; 1006 cuts TCP without a close handshake. */
  close: define({ code: INTEGER, reason: optional(TEXT) }, ({ connections }, { code, reason }) =>
    connections.closeAll(code, reason ?? ''),
  ),
  /** Announces a shutdown on every connection and closes them after `afterMs`. */
  'server-shutdown': define({ afterMs: INTEGER }, ({ connections }, { afterMs }) =>
    connections.shutDown(afterMs),
  ),
  /** Connections, including open ones, end `lifeMs` after they were opened. */
  'connection-life': define({ lifeMs: INTEGER }, ({ connections }, { lifeMs }) =>
    connections.changeLife(lifeMs),
  ),
  /** The next `count` WebSocket handshakes are answered with a status. Default: 503. */
  'refuse-connections': define(
    {
      count: INTEGER,
      status: optional(oneOf(HANDSHAKE_STATUSES)),
      retryAfterSeconds: optional(INTEGER),
    },
    ({ injector }, { count, status = 503, retryAfterSeconds }) => {
      const rejection = retryAfterSeconds === undefined ? status : { status, retryAfterSeconds };
      injector.rejectedConnections.set(count, rejection);
    },
  ),
  /** The next `count` signed subscriptions are rejected as if the key were wrong. */
  'refuse-logins': define({ count: INTEGER }, ({ injector }, { count }) =>
    injector.rejectedLogins.set(count, true),
  ),
  /** Subscriptions are answered with an error frame. Without a symbol: whatever they are for. */
  'refuse-subscriptions': define(
    { symbol: optional(SYMBOL), durationMs: INTEGER },
    ({ injector }, { symbol = null, durationMs }) =>
      injector.rejectSubscriptions(symbol, durationMs),
  ),
  /** The symbol is not listed any more: its streams fall silent, and requests for it are rejected. */
  delist: define({ symbol: SYMBOL }, ({ injector }, { symbol }) => injector.delist(symbol)),
  /** The next `count` requests are rejected with this status. */
  'refuse-requests': define(
    { status: oneOf([429, 418, 403, 500, 503]), count: INTEGER, retryAfterSeconds: INTEGER },
    ({ injector }, { count, status, retryAfterSeconds }) =>
      injector.rejectedRequests.set(count, { status, retryAfterSeconds }),
  ),
  /** The next `count` book snapshots take `delayMs`. */
  'slow-snapshots': define(
    { count: INTEGER, delayMs: INTEGER },
    ({ injector }, { count, delayMs }) => injector.slowSnapshots.set(count, delayMs),
  ),
  /** The next `count` book snapshots are the oldest known, older than any buffer. */
  'stale-snapshots': define({ count: INTEGER }, ({ injector }, { count }) =>
    injector.staleSnapshots.set(count, true),
  ),
  /** The next `count` book snapshots are empty, as for a symbol without a book. */
  'empty-snapshots': define({ count: INTEGER }, ({ injector }, { count }) =>
    injector.emptySnapshots.set(count, true),
  ),
  /** The next `count` book snapshots break off in the middle of the text. */
  'truncated-snapshots': define({ count: INTEGER }, ({ injector }, { count }) =>
    injector.truncatedSnapshots.set(count, true),
  ),
  /** Sends one frame that belongs to no stream on every connection. */
  'extra-frame': define({ form: oneOf(EXTRA_FRAMES) }, ({ connections }, { form }) =>
    connections.deliverToAll(extraFrame(form)),
  ),
  /** New orders must be on another price grid from now on. */
  'tick-size': define({ symbol: SYMBOL, tickSize: TEXT }, (target, { symbol, tickSize }) =>
    target.changeTickSize(symbol, tickSize),
  ),
  /**
   * No fault: the venue's prices are higher than those of the other venues, or lower, for a while. For
   * venues that trade copies of the markets (`--mirror`).
   */
  skew: define(
    { symbol: SYMBOL, bps: BPS, durationMs: INTEGER },
    (target, { symbol, bps, durationMs }) => target.skew(symbol, bps, durationMs),
  ),
  /** No fault, but as rare: orders are collected for an auction, and the book is crossed meanwhile. */
  auction: define({ symbol: SYMBOL, durationMs: INTEGER }, (target, { symbol, durationMs }) =>
    target.holdAuction(symbol, durationMs),
  ),
  /** As after a restart of the exchange's service: the symbol's updates are numbered from 1 again. */
  'restart-numbering': define({ symbol: SYMBOL }, (target, { symbol }) =>
    target.restartNumbering(symbol),
  ),
  /** The symbol's image comes in the stream once more, as after trouble on the exchange's side. */
  'resend-images': define({ symbol: SYMBOL }, (target, { symbol }) => target.resendImages(symbol)),
  /** Ends every fault; frozen connections are cut. */
  recover: define({}, (target) => {
    target.injector.clear();
    target.connections.cutFrozen();
    target.endSkews();
  }),
};

export type FaultType = keyof typeof FAULTS;

export type Fault = {
  [Type in FaultType]: { readonly type: Type; readonly exchange?: string } & ValuesOf<
    (typeof FAULTS)[Type]['fields']
  >;
}[FaultType];

export const FAULT_TYPES = Object.keys(FAULTS) as readonly FaultType[];

/** The faults of a venue whose protocol has no place for some of them. */
export function faultsWithout(...left: readonly FaultType[]): readonly FaultType[] {
  return FAULT_TYPES.filter((type) => !left.includes(type));
}

/** @throws InvalidArgumentError for an unknown symbol or a value that the venue rejects. */
export function applyFault(target: FaultTarget, fault: Fault): void {
  const { apply } = FAULTS[fault.type] as FaultDefinition<Fields>;
  apply(target, fault);
}

/**
 * Validates a fault from parsed JSON; unknown fields are dropped.
 * @throws InvalidArgumentError naming the field.
 */
export function parseFault(value: unknown): Fault {
  const given = new Map(Object.entries(Object(value) as object));
  const type = FAULT_TYPES.find((known) => known === given.get('type'));
  if (type === undefined) {
    throw new InvalidArgumentError(
      `type: ${JSON.stringify(given.get('type')) ?? 'nothing'} is not one of ${FAULT_TYPES.join(', ')}`,
    );
  }
  const fields: Fields = { exchange: optional(TEXT), ...FAULTS[type].fields };
  const fault: Record<string, unknown> = { type };
  for (const [name, field] of Object.entries(fields)) {
    const fieldValue: unknown = given.get(name);
    if (!field.accepts(fieldValue)) {
      throw new InvalidArgumentError(`${name}: must be ${field.expected} for ${type}`);
    }
    if (fieldValue !== undefined) fault[name] = fieldValue;
  }
  return fault as Fault;
}
