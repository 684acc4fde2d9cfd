/**
 * Tells whether Bybit's messages of a symbol are of one numbering. `u` counts the messages of one topic and
 * begins again at 1 when the exchange restarts it; another of its servers may count otherwise. `seq`, the
 * number of the matching engine, only grows and is the same everywhere. So a message that goes back in `u`
 * but on in `seq` begins a new numbering, one that goes back in both came late or twice, and a snapshot
 * belongs to the stream if the delta of the same `u` has the same `seq`.
 *
 * Source: https://bybit-exchange.github.io/docs/v5/websocket/public/full-ob (2026-07-24), steps 2 and 4.
 */

export interface Numbers {
  readonly u: number;
  readonly seq: number;
}

/**
 * `restart`: a new numbering begins here. `old`: came late or twice. `contradiction`: on in `u` and back in
 * `seq`; the exchange says to drop it. `foreign`: next, but the last snapshot was of another numbering.
 */
export type Place = 'next' | 'old' | 'restart' | 'contradiction' | 'foreign';

/** Messages that are remembered: 51 s of a topic with the pace of the full book. */
const REMEMBERED = 256;

export class Numbering {
  readonly #us = new Float64Array(REMEMBERED);
  readonly #seqs = new Float64Array(REMEMBERED);
  #last: Numbers | null = null;
  /** The first message of the numbering: it may come again on another connection. */
  #first: Numbers | null = null;
  /** Of a snapshot that is ahead of the stream. */
  #expected: Numbers | null = null;

  /** Takes the next message in. */
  take(numbers: Numbers): Place {
    const place = this.#placeOf(numbers);
    if (place === 'old' || place === 'contradiction') return place;
    if (place === 'restart') this.begin(numbers);
    else this.#note(numbers);
    return this.#meetsExpected(numbers) ? place : 'foreign';
  }

  /** Whatever came before, the stream goes on from this message. */
  begin(numbers: Numbers): void {
    this.#us.fill(0);
    this.#first = numbers;
    this.#expected = null;
    this.#note(numbers);
  }

  /**
   * Whether a snapshot is of this numbering. One that is ahead is, as far as is known; if that proves
   * wrong, `take` says `foreign`. `unknown`: it is older than what is remembered.
   */
  match({ u, seq }: Numbers): 'same' | 'foreign' | 'unknown' {
    const last = this.#last;
    if (last === null || (u > last.u && seq > last.seq)) {
      this.#expected = { u, seq };
      return 'same';
    }
    const at = u % REMEMBERED;
    if (this.#us[at] === u) return this.#seqs[at] === seq ? 'same' : 'foreign';
    return u > last.u || seq >= last.seq ? 'foreign' : 'unknown';
  }

  #placeOf({ u, seq }: Numbers): Place {
    const last = this.#last;
    if (last === null) return 'next';
    if (u > last.u) return seq < last.seq ? 'contradiction' : 'next';
    if (seq > last.seq) return 'restart';
    // `u` = 1 always begins a numbering, unless it is the one that began this one.
    const isKnown = u === last.u || (this.#first?.u === u && this.#first.seq === seq);
    return u === 1 && !isKnown ? 'restart' : 'old';
  }

  #note(numbers: Numbers): void {
    const at = numbers.u % REMEMBERED;
    this.#first ??= numbers;
    this.#us[at] = numbers.u;
    this.#seqs[at] = numbers.seq;
    this.#last = numbers;
  }

  #meetsExpected({ u, seq }: Numbers): boolean {
    const expected = this.#expected;
    if (expected === null || (u < expected.u && seq < expected.seq)) return true;
    this.#expected = null;
    return (u === expected.u && seq === expected.seq) || (u > expected.u && seq > expected.seq);
  }
}
