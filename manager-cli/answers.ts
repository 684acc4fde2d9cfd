/**
 * The shapes that `--json` prints, and how they come out of the port's messages. Every key is
 * present, null where the value is unknown; enumerations are the words of the manual again.
 */

import type {
  BadReceiveTimeResult,
  BookResult,
  CoverageResult,
  GapResult,
  IntervalResult,
  BookRow,
  NoBookResult,
} from '../logger/queries/results.ts';

export interface SecurityRow {
  readonly security: string;
  readonly level: string;
  readonly state: string;
  readonly feed: string;
  readonly sequence: string | null;
  readonly bestBid: string | null;
  readonly bestAsk: string | null;
  /** Seconds. */
  readonly lastMessageAge: number | null;
  /** Per second. */
  readonly messageRate: number;
  readonly gaps: number;
  readonly lastBaseImage: string | null;
  readonly storedBytes: number;
  readonly proof: string;
  readonly message: string | null;
  readonly selfCheck: SelfCheckFigures;
}

/** Comparisons since the logger took up the recording, and how often they failed. */
export interface SelfCheckFigures {
  readonly images: number;
  readonly snapshots: number;
  readonly mismatches: number;
}

export interface ResultRow {
  readonly security: string;
  readonly ok: boolean;
  readonly state: string | null;
  readonly message: string | null;
}

export interface ProcessFigures {
  readonly rss: number;
  readonly heapUsed: number;
  /** Milliseconds. */
  readonly eventLoopLag: number;
  readonly threads: number;
  readonly handles: number;
  readonly queuedEvents: number;
  readonly spoolBytes: number;
}

export interface HealthReport {
  readonly status: string;
  /** Seconds. */
  readonly uptime: number;
  readonly version: string;
  readonly archive: {
    readonly kind: string;
    readonly reachable: boolean;
    readonly lag: number;
    readonly spoolBytes: number;
    /** Why it is not reachable. */
    readonly message: string | null;
  };
  readonly securities: readonly SecurityRow[];
  readonly process: ProcessFigures;
  /** Of all securities together. */
  readonly selfCheck: SelfCheckFigures;
}

/** A gap in an export says what its missing numbers count. */
export interface ExportGapResult extends GapResult {
  readonly missing: 'sequence' | 'tradeId';
}

/** A message as the protobuf library hands it over. */
export type Message = Readonly<Record<string, unknown>>;

/** `RECORDING_STATE_LIVE` → `live`. A number is a value that a newer logger has and we don't know. */
function word(message: Message, field: string, prefix: string): string {
  const value = message[field];
  return typeof value === 'string' && value.startsWith(`${prefix}_`)
    ? value.slice(prefix.length + 1).toLowerCase()
    : 'unknown';
}

function string(message: Message, field: string): string {
  const value = message[field];
  return typeof value === 'string' ? value : '';
}

function optional(message: Message, field: string): string | null {
  const value = message[field];
  return typeof value === 'string' ? value : null;
}

/** Also of a 64-bit integer, which arrives as text and is exact up to 2^53. */
function number(message: Message, field: string): number {
  return Number(message[field] ?? 0);
}

function optionalNumber(message: Message, field: string): number | null {
  const value = message[field];
  return typeof value === 'number' ? value : null;
}

function part(message: Message, field: string): Message {
  const value = message[field];
  return typeof value === 'object' && value !== null ? (value as Message) : {};
}

/** A repeated field of messages. */
export function parts(message: Message, field: string): readonly Message[] {
  const value = message[field];
  return Array.isArray(value) ? (value as Message[]) : [];
}

/** A field that holds a message, or undefined where it is not set. */
export function nested(message: Message, field: string): Message | undefined {
  const value = message[field];
  return typeof value === 'object' && value !== null ? (value as Message) : undefined;
}

export function securityRow(message: Message): SecurityRow {
  return {
    security: string(message, 'security'),
    level: word(message, 'level', 'BOOK_LEVEL').toUpperCase(),
    state: word(message, 'state', 'RECORDING_STATE'),
    feed: string(message, 'feed'),
    sequence: optional(message, 'sequence'),
    bestBid: optional(message, 'bestBid'),
    bestAsk: optional(message, 'bestAsk'),
    lastMessageAge: optionalNumber(message, 'lastMessageAge'),
    messageRate: number(message, 'messageRate'),
    gaps: number(message, 'gaps'),
    lastBaseImage: optional(message, 'lastBaseImage'),
    storedBytes: number(message, 'storedBytes'),
    proof: word(message, 'proof', 'PROOF'),
    message: optional(message, 'message'),
    selfCheck: selfCheckFigures(part(message, 'selfCheck')),
  };
}

function selfCheckFigures(message: Message): SelfCheckFigures {
  return {
    images: number(message, 'images'),
    snapshots: number(message, 'snapshots'),
    mismatches: number(message, 'mismatches'),
  };
}

export function resultRow(message: Message): ResultRow {
  return {
    security: string(message, 'security'),
    ok: message['ok'] === true,
    state: message['state'] == null ? null : word(message, 'state', 'RECORDING_STATE'),
    message: optional(message, 'message'),
  };
}

export function processFigures(message: Message): ProcessFigures {
  return {
    rss: number(message, 'rss'),
    heapUsed: number(message, 'heapUsed'),
    eventLoopLag: number(message, 'eventLoopLag'),
    threads: number(message, 'threads'),
    handles: number(message, 'handles'),
    queuedEvents: number(message, 'queuedEvents'),
    spoolBytes: number(message, 'spoolBytes'),
  };
}

export function healthReport(message: Message): HealthReport {
  const archive = part(message, 'archive');
  return {
    status: word(message, 'status', 'STATUS'),
    uptime: number(message, 'uptime'),
    version: string(message, 'version'),
    archive: {
      kind: word(archive, 'kind', 'KIND'),
      reachable: archive['reachable'] === true,
      lag: number(archive, 'lag'),
      spoolBytes: number(archive, 'spoolBytes'),
      message: optional(archive, 'message'),
    },
    securities: parts(message, 'securities').map(securityRow),
    process: processFigures(part(message, 'process')),
    selfCheck: selfCheckFigures(part(message, 'selfCheck')),
  };
}

/** A book from its head and all of its levels. */
export function bookResult(head: Message, bids: BookRow[], asks: BookRow[]): BookResult {
  return {
    security: string(head, 'security'),
    level: word(head, 'level', 'BOOK_LEVEL').toUpperCase() as BookResult['level'],
    at: string(head, 'at'),
    clock: word(head, 'clock', 'BOOK_CLOCK') as BookResult['clock'],
    sequence: optional(head, 'sequence'),
    exchangeTime: string(head, 'exchangeTime'),
    receiveTime: string(head, 'receiveTime'),
    state: 'proven',
    proof: word(head, 'proof', 'PROOF') as BookResult['proof'],
    horizon: { bid: optional(head, 'horizonBid'), ask: optional(head, 'horizonAsk') },
    bids,
    asks,
  };
}

/** Appends the levels of one side of one part. */
export function appendLevels(rows: BookRow[], message: Message, side: 'bids' | 'asks'): void {
  for (const level of parts(message, side)) {
    const [price, size] = [string(level, 'price'), string(level, 'size')];
    const third = optional(level, 'orderId') ?? optionalNumber(level, 'orderCount');
    if (typeof third === 'string') rows.push([price, size, third]);
    else rows.push(third === null ? [price, size] : [price, size, third]);
  }
}

export function noBookResult(message: Message): NoBookResult {
  return {
    security: string(message, 'security'),
    state: 'gap',
    gap: {
      from: string(message, 'from'),
      to: optional(message, 'to'),
      cause: word(message, 'cause', 'GAP_CAUSE') as GapResult['cause'],
    },
  };
}

export function gapResult(message: Message): GapResult {
  return {
    from: string(message, 'from'),
    to: optional(message, 'to'),
    cause: word(message, 'cause', 'GAP_CAUSE') as GapResult['cause'],
    firstMissing: optional(message, 'firstMissing'),
    lastMissing: optional(message, 'lastMissing'),
  };
}

export function exportGapResult(message: Message): ExportGapResult {
  const isTrades = word(message, 'missing', 'MISSING_KIND') === 'trade_id';
  return { ...gapResult(message), missing: isTrades ? 'tradeId' : 'sequence' };
}

export function coverageResult(message: Message): CoverageResult {
  return {
    security: string(message, 'security'),
    intervals: parts(message, 'intervals').map(intervalResult),
    gaps: parts(message, 'gaps').map(gapResult),
    badReceiveTimes: parts(message, 'badReceiveTimes').map(badReceiveTimeResult),
  };
}

function badReceiveTimeResult(message: Message): BadReceiveTimeResult {
  return {
    from: string(message, 'from'),
    to: string(message, 'to'),
    cause: word(message, 'cause', 'RECEIVE_TIME_CAUSE') as BadReceiveTimeResult['cause'],
  };
}

function intervalResult(message: Message): IntervalResult {
  return {
    from: string(message, 'from'),
    to: string(message, 'to'),
    firstSequence: optional(message, 'firstSequence'),
    lastSequence: optional(message, 'lastSequence'),
    feed: string(message, 'feed'),
    proof: word(message, 'proof', 'PROOF') as IntervalResult['proof'],
  };
}
