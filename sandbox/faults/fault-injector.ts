/**
 * What the sandbox can be told to do wrong, and the state of it. A switch is one plain object, the
 * same in process, on the command line and in the body of `POST /sandbox/misbehave`. Frames and
 * answers go past `FaultInjector`, which says what becomes of them; it does no I/O. The true history
 * never passes through here.
 */

import { InvalidArgumentError } from '../../logger/errors.ts';

/** How a diff can be harmed on its way. */
export const HARM_FORMS = [
  'truncated',
  'not-a-number',
  'long-number',
  'negative',
  'exponent',
  'missing-field',
  'wrong-type',
  'unsafe-sequence',
  'proto',
] as const;
/** `false-size`: nothing about the message itself shows it. */
export type HarmForm = (typeof HARM_FORMS)[number] | 'false-size';

/** Frames that can be sent beside the ordinary ones. */
export const EXTRA_FRAMES = [
  'malformed',
  'empty',
  'huge',
  'unknown-event',
  'binary',
  'deep',
] as const;
export type ExtraFrame = (typeof EXTRA_FRAMES)[number];

/** Without `exchange`, what names no symbol is about all exchanges. */
export type Switch = { readonly exchange?: 'binance' | 'coinbase' } &
  /** The next `count` diffs of each diff stream of the symbol are never sent: a gap. */
  (
    | { readonly type: 'drop-diffs'; readonly symbol: string; readonly count: number }
    /** The next `count` diffs are sent twice. */
    | { readonly type: 'duplicate-diffs'; readonly symbol: string; readonly count: number }
    /** The next `count` pairs of diffs are sent the wrong way round. */
    | { readonly type: 'reorder-diffs'; readonly symbol: string; readonly count: number }
    /** The next `count` diffs are harmed; `proto` stays usable, every other form is not. */
    | {
        readonly type: 'harm-diffs';
        readonly symbol: string;
        readonly count: number;
        readonly form: (typeof HARM_FORMS)[number];
      }
    /** The next `count` diffs name a wrong size, if they name one: only a fresh snapshot shows it. */
    | { readonly type: 'false-diffs'; readonly symbol: string; readonly count: number }
    /** No data, but pings and commands are answered. Without a symbol: all data. */
    | { readonly type: 'silence'; readonly symbol?: string; readonly durationMs: number }
    /** Connections that are open now: nothing comes and nothing is read, TCP stays open. */
    | { readonly type: 'half-open'; readonly durationMs: number }
    /** Closes every connection; 1006: cuts the TCP connection without a word. */
    | { readonly type: 'close'; readonly code: number; readonly reason?: string }
    /** Announces the end on every connection and closes those after `afterMs`. */
    | { readonly type: 'server-shutdown'; readonly afterMs: number }
    /** Connections, also those open now, live that long from their start. */
    | { readonly type: 'connection-life'; readonly lifeMs: number }
    /** The next `count` WebSocket handshakes are answered with 503. */
    | { readonly type: 'refuse-connections'; readonly count: number }
    /** The next `count` signed subscriptions are refused, as by a wrong key. */
    | { readonly type: 'refuse-logins'; readonly count: number }
    /** The next `count` requests are refused. */
    | {
        readonly type: 'refuse-requests';
        readonly status: 429 | 418 | 403 | 500 | 503;
        readonly count: number;
        readonly retryAfterSeconds: number;
      }
    /** The next `count` book snapshots take that long. */
    | { readonly type: 'slow-snapshots'; readonly count: number; readonly delayMs: number }
    /** The next `count` book snapshots are the oldest that is known, older than any buffer. */
    | { readonly type: 'stale-snapshots'; readonly count: number }
    /** The next `count` book snapshots are of a symbol without a book: `lastUpdateId` -1. */
    | { readonly type: 'empty-snapshots'; readonly count: number }
    /** The next `count` book snapshots end in the middle of the text. */
    | { readonly type: 'truncated-snapshots'; readonly count: number }
    /** An extra frame on every connection now. */
    | { readonly type: 'extra-frame'; readonly form: ExtraFrame }
    /** From now on new orders lie on another grid. */
    | { readonly type: 'tick-size'; readonly symbol: string; readonly tickSize: string }
    /** Everything as it should be again. Frozen connections are cut. */
    | { readonly type: 'recover' }
  );

export type SwitchType = Switch['type'];

/** What becomes of a diff: the frames to send, each as it is or harmed, in this order. */
export interface DiffFate<Frame> {
  readonly frame: Frame;
  readonly harm: HarmForm | null;
}

/** What becomes of a request for a book. */
export interface SnapshotFate {
  readonly delayMs: number;
  readonly content: 'true' | 'stale' | 'empty' | 'truncated';
}

export interface Refusal {
  readonly status: number;
  readonly retryAfterSeconds: number;
}

interface Countdown {
  left: number;
}

/** Per diff stream, as each stream drops, repeats and swaps its own diffs. */
interface StreamFaults<Frame> {
  drop: number;
  duplicate: number;
  reorder: number;
  harm: number;
  harmForm: HarmForm;
  held: DiffFate<Frame> | null;
}

/** @typeParam Frame whatever stands for a diff on its way to the connections. */
export class FaultInjector<Frame> {
  readonly #nowMs: () => number;
  readonly #streams = new Map<string, StreamFaults<Frame>>();
  readonly #silentUntilMs = new Map<string, number>();
  #refusal: (Refusal & Countdown) | null = null;
  readonly #refusedConnections: Countdown = { left: 0 };
  readonly #refusedLogins: Countdown = { left: 0 };
  readonly #slow: Countdown & { delayMs: number } = { left: 0, delayMs: 0 };
  readonly #stale: Countdown = { left: 0 };
  readonly #empty: Countdown = { left: 0 };
  readonly #truncated: Countdown = { left: 0 };

  /** @param nowMs a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Sets a switch on frames or answers.
   * @param streamsOf the diff streams of a symbol.
   * @returns false where the switch is about connections or markets: not this object's business.
   */
  set(change: Switch, streamsOf: (symbol: string) => readonly string[]): boolean {
    switch (change.type) {
      case 'drop-diffs':
        for (const name of streamsOf(change.symbol)) this.#faults(name).drop += change.count;
        return true;
      case 'duplicate-diffs':
        for (const name of streamsOf(change.symbol)) this.#faults(name).duplicate += change.count;
        return true;
      case 'reorder-diffs':
        for (const name of streamsOf(change.symbol)) this.#faults(name).reorder += change.count;
        return true;
      case 'harm-diffs':
        for (const name of streamsOf(change.symbol)) {
          const faults = this.#faults(name);
          faults.harm += change.count;
          faults.harmForm = change.form;
        }
        return true;
      case 'false-diffs':
        for (const name of streamsOf(change.symbol)) {
          const faults = this.#faults(name);
          faults.harm += change.count;
          faults.harmForm = 'false-size';
        }
        return true;
      case 'silence':
        this.#silentUntilMs.set(change.symbol ?? '', this.#nowMs() + change.durationMs);
        return true;
      case 'recover':
        this.#recover();
        return false;
      case 'refuse-connections':
        this.#refusedConnections.left = change.count;
        return true;
      case 'refuse-logins':
        this.#refusedLogins.left = change.count;
        return true;
      default:
        return this.#setAnswers(change);
    }
  }

  /** What to send for a diff that is due on a stream. */
  diff(stream: string, frame: Frame): readonly DiffFate<Frame>[] {
    const faults = this.#streams.get(stream);
    if (!faults) return [{ frame, harm: null }];
    if (faults.drop > 0) {
      faults.drop--;
      return [];
    }
    const harm = faults.harm > 0 ? faults.harmForm : null;
    if (harm) faults.harm--;
    const fate = { frame, harm };
    const { held } = faults;
    if (held) {
      faults.held = null;
      return [fate, held];
    }
    if (faults.reorder > 0) {
      faults.reorder--;
      faults.held = fate;
      return [];
    }
    if (faults.duplicate > 0) {
      faults.duplicate--;
      return [fate, fate];
    }
    return [fate];
  }

  isSilent(symbol: string): boolean {
    const now = this.#nowMs();
    return [symbol, ''].some((key) => (this.#silentUntilMs.get(key) ?? 0) > now);
  }

  /** Asked once for each WebSocket handshake. */
  refusesConnection(): boolean {
    return countDown(this.#refusedConnections);
  }

  /** Asked once for each signed subscription. */
  refusesLogin(): boolean {
    return countDown(this.#refusedLogins);
  }

  /** Asked once for each request. */
  refusal(): Refusal | null {
    return this.#refusal && countDown(this.#refusal) ? this.#refusal : null;
  }

  /** Asked once for each request for a book. */
  snapshot(): SnapshotFate {
    const delayMs = countDown(this.#slow) ? this.#slow.delayMs : 0;
    if (countDown(this.#stale)) return { delayMs, content: 'stale' };
    if (countDown(this.#empty)) return { delayMs, content: 'empty' };
    if (countDown(this.#truncated)) return { delayMs, content: 'truncated' };
    return { delayMs, content: 'true' };
  }

  #setAnswers(change: Switch): boolean {
    switch (change.type) {
      case 'refuse-requests':
        this.#refusal = {
          status: change.status,
          retryAfterSeconds: change.retryAfterSeconds,
          left: change.count,
        };
        return true;
      case 'slow-snapshots':
        this.#slow.left = change.count;
        this.#slow.delayMs = change.delayMs;
        return true;
      case 'stale-snapshots':
        this.#stale.left = change.count;
        return true;
      case 'empty-snapshots':
        this.#empty.left = change.count;
        return true;
      case 'truncated-snapshots':
        this.#truncated.left = change.count;
        return true;
      default:
        return false;
    }
  }

  #recover(): void {
    this.#streams.clear();
    this.#silentUntilMs.clear();
    this.#refusal = null;
    const counted = [this.#refusedConnections, this.#slow, this.#stale, this.#empty];
    for (const count of [...counted, this.#truncated, this.#refusedLogins]) count.left = 0;
  }

  #faults(stream: string): StreamFaults<Frame> {
    let faults = this.#streams.get(stream);
    if (!faults) {
      faults = { drop: 0, duplicate: 0, reorder: 0, harm: 0, harmForm: 'truncated', held: null };
      this.#streams.set(stream, faults);
    }
    return faults;
  }
}

function countDown(count: Countdown): boolean {
  if (count.left <= 0) return false;
  count.left--;
  return true;
}

type FieldKind =
  'symbol' | 'optional-symbol' | 'count' | 'ms' | 'text' | readonly (string | number)[];

/** The fields of each switch: what a JSON body must hold. */
const FIELDS: { readonly [Type in SwitchType]: Readonly<Record<string, FieldKind>> } = {
  'drop-diffs': { symbol: 'symbol', count: 'count' },
  'duplicate-diffs': { symbol: 'symbol', count: 'count' },
  'reorder-diffs': { symbol: 'symbol', count: 'count' },
  'harm-diffs': { symbol: 'symbol', count: 'count', form: HARM_FORMS },
  'false-diffs': { symbol: 'symbol', count: 'count' },
  silence: { symbol: 'optional-symbol', durationMs: 'ms' },
  'half-open': { durationMs: 'ms' },
  close: { code: 'count' },
  'server-shutdown': { afterMs: 'ms' },
  'connection-life': { lifeMs: 'ms' },
  'refuse-connections': { count: 'count' },
  'refuse-logins': { count: 'count' },
  'refuse-requests': { status: [429, 418, 403, 500, 503], count: 'count', retryAfterSeconds: 'ms' },
  'slow-snapshots': { count: 'count', delayMs: 'ms' },
  'stale-snapshots': { count: 'count' },
  'empty-snapshots': { count: 'count' },
  'truncated-snapshots': { count: 'count' },
  'extra-frame': { form: EXTRA_FRAMES },
  'tick-size': { symbol: 'symbol', tickSize: 'text' },
  recover: {},
};

export const SWITCH_TYPES = Object.keys(FIELDS) as readonly SwitchType[];

/** Longest that a switch may delay or last: a day. */
const MAX_MS = 86_400_000;

/**
 * Reads a switch from parsed JSON.
 * @throws InvalidArgumentError naming the field.
 */
export function parseSwitch(value: unknown): Switch {
  const fields =
    typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : null;
  const type = fields?.get('type');
  const expected = SWITCH_TYPES.find((known) => known === type);
  if (!fields || !expected) {
    throw new InvalidArgumentError(
      `type: ${JSON.stringify(type) ?? 'nothing'} is not one of ${SWITCH_TYPES.join(', ')}`,
    );
  }
  for (const [name, kind] of Object.entries(FIELDS[expected])) {
    if (!isOfKind(fields.get(name), kind)) {
      throw new InvalidArgumentError(`${name}: ${expected} wants ${describeKind(kind)}`);
    }
  }
  return Object.fromEntries(fields) as unknown as Switch;
}

function isOfKind(value: unknown, kind: FieldKind): boolean {
  if (typeof kind !== 'string') return kind.some((allowed) => allowed === value);
  if (kind === 'optional-symbol') return value === undefined || typeof value === 'string';
  if (kind === 'symbol' || kind === 'text') return typeof value === 'string' && value.length <= 64;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_MS;
}

function describeKind(kind: FieldKind): string {
  if (typeof kind !== 'string') return `one of ${kind.join(', ')}`;
  if (kind === 'symbol' || kind === 'optional-symbol') return 'a symbol';
  return kind === 'text' ? 'a text' : `an integer from 0 to ${MAX_MS}`;
}
