/**
 * What a security that is not live waits for: since when, and how often it was tried. `list`, `health` and
 * the log say it in the same words. One wait lasts as long as it is for the same thing.
 */

import { formatTimeUs } from '../market/time.ts';

export type WaitFor =
  | 'archive'
  /** Another logger's. */
  | 'lease'
  /** The exchange's instrument data. */
  | 'instrument'
  | 'connection'
  | 'login'
  /** The exchange's confirmation of the streams. */
  | 'streams'
  /** A proven book: a snapshot, and updates that continue it. */
  | 'book'
  /** Proof that a silent stream is quiet, not dead. */
  | 'evidence';

/** Said as long as nothing has failed. */
const WAITING: Readonly<Record<WaitFor, string>> = {
  archive: 'Waiting for the archive',
  lease: 'Waiting for the lease',
  instrument: "Waiting for the exchange's instrument data",
  connection: 'Waiting for a connection to the exchange',
  login: 'Waiting for the login',
  streams: 'Waiting for the exchange to confirm the streams',
  book: 'Waiting for a snapshot and updates that continue it',
  evidence: 'Waiting for a message',
};

/** The adapter logs what concerns connections and logins; the archive and the leases have lines of their own. */
const LOGGED_ELSEWHERE: ReadonlySet<WaitFor> = new Set(['archive', 'lease', 'connection', 'login']);

export class Wait {
  readonly for: WaitFor;
  readonly sinceUs: number;
  #reason: string | null = null;
  #attempts = 0;
  /** Reasons that the log has had, without their numbers. */
  readonly #reported = new Set<string>();

  constructor(what: WaitFor, sinceUs: number) {
    this.for = what;
    this.sinceUs = sinceUs;
  }

  get reason(): string | null {
    return this.#reason;
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** @param isAttempt something was tried, and failed for this reason. */
  note(reason: string | null, isAttempt: boolean): void {
    this.#reason = reason ?? this.#reason;
    if (isAttempt) this.#attempts++;
  }

  /** @param heldUp why requests wait, where that may be what is waited for. */
  text(heldUp: string | null = null): string {
    const what = this.#reason ?? WAITING[this.for] + (heldUp === null ? '' : `: ${heldUp}`);
    const times = this.#attempts === 1 ? 'once' : `${this.#attempts} times`;
    const tried = this.#attempts === 0 ? '' : `, tried ${times}`;
    return `${what}; since ${formatTimeUs(wholeSeconds(this.sinceUs))}${tried}`;
  }

  /** The reason without its numbers: the same for every attempt that fails in the same way. */
  get kind(): string {
    return (this.#reason ?? '').replaceAll(/\d+/g, '');
  }

  /** @returns whether the log is to say it now: once for each kind of reason. */
  takeReport(): boolean {
    const { kind } = this;
    if (LOGGED_ELSEWHERE.has(this.for) || this.#reported.has(kind)) return false;
    this.#reported.add(kind);
    return this.#reported.size <= MAX_REPORTED;
  }
}

/** Reasons that one wait puts into the log. */
const MAX_REPORTED = 8;

function wholeSeconds(us: number): number {
  return us - (us % 1_000_000);
}
