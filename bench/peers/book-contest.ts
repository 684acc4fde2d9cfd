/**
 * Books of levels that do the same work: every message is applied, then the price and the size of the
 * best bid and the best ask are read. Each must show the same best levels after every message, and end
 * with the same levels, as a plain `Map` that is searched from end to end.
 */

import type { Diff, Levels } from '../../logger/market/events.ts';
import type { Figure } from '../figures.ts';
import { ratioOf, timeRounds } from '../timing.ts';
import type { RoundOptions } from '../timing.ts';

/** Price and size of the best bid, then of the best ask; NaN where a side is empty. */
export type Top = Float64Array;

export interface OpenBook<Input> {
  apply(input: Input): void;
  /** Writes the four numbers. */
  readTop(top: Top): void;
  /** Price, size … of each side, in any order. Outside the measured time. */
  levels(): { readonly bids: readonly number[]; readonly asks: readonly number[] };
}

export interface BookContender {
  readonly name: string;
  readonly role: 'ours' | 'peer';
  /** Of how many it has each in the form that it takes. */
  readonly messages: number;
  /** What a price or a size is multiplied by to become an integer at the recording's scale. */
  readonly unit: number;
  readonly remark?: string;
  /** A book that holds what the recording starts with, and takes the messages by their index. */
  readonly open: () => OpenBook<number>;
}

/** How a book is fed that takes messages of its own form. */
export function fed<Input>(
  inputs: readonly Input[],
  open: () => OpenBook<Input>,
): Pick<BookContender, 'messages' | 'open'> {
  return {
    messages: inputs.length,
    open: () => {
      const book = open();
      return { ...book, apply: (index) => book.apply(inputs[index] as Input) };
    },
  };
}

/** What all must do: the levels at the start, and every diff. */
export interface BookWork {
  readonly bids: Levels;
  readonly asks: Levels;
  readonly diffs: readonly Diff[];
}

export interface CheckedBook {
  readonly contender: BookContender;
  /** How its result is wrong. */
  readonly wrong: string | undefined;
}

export function checkBooks(work: BookWork, contenders: readonly BookContender[]): CheckedBook[] {
  const right = expectedBooks(work);
  return contenders.map((contender) => {
    try {
      return { contender, wrong: difference(contender, right) };
    } catch (error) {
      return { contender, wrong: `fails: ${String(error)}` };
    }
  });
}

/**
 * The time of each contender as a multiple of that of `base`: the name of a contender, or of a limit.
 * @param limits do a part of the work, and have no book to check.
 */
export async function bookFigures(
  checked: readonly CheckedBook[],
  base: string,
  unit: string,
  limits: Readonly<Record<string, () => unknown>> = {},
  options: RoundOptions = {},
): Promise<Figure[]> {
  const tasks: Record<string, () => unknown> = { ...limits };
  for (const { contender, wrong } of checked) {
    if (wrong === undefined) tasks[contender.name] = () => run(contender);
  }
  const rounds = await timeRounds(tasks, options);
  const limit = (name: string): Figure => {
    return { name, unit, role: 'limit', ...ratioOf(rounds, name, base) };
  };
  const figure = ({ contender, wrong }: CheckedBook): Figure => {
    const { name, role } = contender;
    const remark = wrong ?? contender.remark;
    return {
      name,
      unit,
      role,
      ...(wrong === undefined ? ratioOf(rounds, name, base) : { value: Number.NaN }),
      ...(remark === undefined ? {} : { remark }),
      ...(wrong === undefined ? {} : { isWrong: true }),
    };
  };
  return [...checked.map(figure), ...Object.keys(limits).map(limit)];
}

function run({ open, messages }: BookContender): number {
  const book = open();
  const top: Top = new Float64Array(4);
  let sum = 0;
  for (let index = 0; index < messages; index++) {
    book.apply(index);
    book.readTop(top);
    sum += top[0] ?? 0;
  }
  return sum;
}

interface Expected {
  /** After each message. */
  readonly tops: readonly Top[];
  readonly bids: ReadonlyMap<number, number>;
  readonly asks: ReadonlyMap<number, number>;
}

function expectedBooks({ bids, asks, diffs }: BookWork): Expected {
  const [bid, ask] = [new Map<number, number>(), new Map<number, number>()];
  setAll(bid, bids);
  setAll(ask, asks);
  const tops = diffs.map((diff) => {
    setAll(bid, diff.bids);
    setAll(ask, diff.asks);
    const best = [bestOf(bid, -1), bestOf(ask, 1)];
    return Float64Array.from(best.flat());
  });
  return { tops, bids: bid, asks: ask };
}

function setAll(side: Map<number, number>, levels: Levels): void {
  for (let i = 0; i < levels.length; i += 2) {
    const price = Number(levels[i]);
    const size = Number(levels[i + 1]);
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
}

function bestOf(side: ReadonlyMap<number, number>, sign: 1 | -1): [number, number] {
  let best = Number.NaN;
  for (const price of side.keys()) if (!(sign * price >= sign * best)) best = price;
  return [best, side.get(best) ?? Number.NaN];
}

function difference(
  { open, messages, unit }: BookContender,
  { tops, bids, asks }: Expected,
): string | undefined {
  if (messages !== tops.length) return `got ${messages} of ${tops.length} messages`;
  const book = open();
  const top: Top = new Float64Array(4);
  for (const [index, right] of tops.entries()) {
    book.apply(index);
    book.readTop(top);
    const differs = right.findIndex((value, i) => !isSame(value, (top[i] ?? Number.NaN) * unit));
    if (differs >= 0) {
      const name = ['best bid', 'size of the best bid', 'best ask', 'size of the best ask'][
        differs
      ];
      return `${name} after message ${index + 1} is not the right one`;
    }
  }
  const levels = book.levels();
  return (
    sideDifference('bids', levels.bids, bids, unit) ??
    sideDifference('asks', levels.asks, asks, unit)
  );
}

function sideDifference(
  name: string,
  levels: readonly number[],
  right: ReadonlyMap<number, number>,
  unit: number,
): string | undefined {
  if (levels.length !== 2 * right.size) {
    return `ends with ${levels.length / 2} ${name} instead of ${right.size}`;
  }
  for (let i = 0; i < levels.length; i += 2) {
    const size = right.get(Math.round((levels[i] ?? 0) * unit));
    if (!isSame(size ?? Number.NaN, (levels[i + 1] ?? 0) * unit)) {
      return `ends with other ${name}`;
    }
  }
  return undefined;
}

/** Exact for integers below 2^52, which a double printed with eight decimals gives back. */
function isSame(right: number, value: number): boolean {
  if (Number.isNaN(right)) return Number.isNaN(value);
  return Math.abs(right - value) <= Math.max(0.01, right * 2 ** -50);
}
