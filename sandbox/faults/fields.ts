/** The fields of faults: their types, and how they are validated when a fault comes as JSON. */

export interface Field<Value> {
  /** Completes the sentence "count: must be …". */
  readonly expected: string;
  accepts(value: unknown): value is Value;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer Value> ? Value : never;
type OptionalNames<F extends Fields> = {
  [Name in keyof F]: undefined extends ValueOf<F[Name]> ? Name : never;
}[keyof F];

/** The values of some fields, as properties. */
export type ValuesOf<F extends Fields> = {
  readonly [Name in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[Name]>;
} & {
  readonly [Name in OptionalNames<F>]?: Exclude<ValueOf<F[Name]>, undefined>;
};

/** Longest delay or duration of a fault, and largest count: a day in milliseconds. */
const MAX_NUMBER = 86_400_000;
const MAX_TEXT_CHARACTERS = 64;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_CHARACTERS;
}

export const INTEGER: Field<number> = {
  expected: `an integer from 0 to ${MAX_NUMBER}`,
  accepts: (value): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_NUMBER,
};

/** Largest difference of prices: orders far from the market have to stay above 0. */
const MAX_BPS = 1000;

export const BPS: Field<number> = {
  expected: `an integer from -${MAX_BPS} to ${MAX_BPS}`,
  accepts: (value): value is number =>
    typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_BPS,
};

export const TEXT: Field<string> = { expected: 'a text', accepts: isText };

export const SYMBOL: Field<string> = { expected: 'a symbol', accepts: isText };

export function optional<Value>(field: Field<Value>): Field<Value | undefined> {
  return {
    expected: field.expected,
    accepts: (value): value is Value | undefined => value === undefined || field.accepts(value),
  };
}

export function oneOf<const Value extends string | number>(values: readonly Value[]): Field<Value> {
  return {
    expected: `one of ${values.join(', ')}`,
    accepts: (value): value is Value => values.some((allowed) => allowed === value),
  };
}
