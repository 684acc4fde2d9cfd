/**
 * Checked access to JSON from an exchange: every field that is used is checked; numbers must be safe
 * integers. What does not pass is a `WireFormatError`, counted under its `context.kind`.
 */

import { WireFormatError } from '../../errors.ts';
import { JsonNumber } from './exact-json.ts';

export type Fields = Readonly<Record<string, unknown>>;

const MAX_QUOTED_CHARACTERS = 100;

/** @throws WireFormatError of kind `json`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new WireFormatError(`Not JSON (${text.length} characters)`, {
      context: { kind: 'json' },
      cause: error,
    });
  }
}

/** @throws WireFormatError of kind `json` or `shape`. */
export function parseFields(frame: Buffer, name: string): Fields {
  return fieldsOf(parseJson(frame.toString('utf8')), name);
}

/** @throws WireFormatError of kind `shape`. */
export function fieldsOf(value: unknown, name: string): Fields {
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    value instanceof JsonNumber
  ) {
    throw wireError('shape', `${name} is not an object`);
  }
  return value as Fields;
}

/** @throws WireFormatError of kind `shape`. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw wireError('shape', `${name} is not a text`);
  return value;
}

/** @throws WireFormatError of kind `shape`. */
export function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw wireError('shape', `${name} is not a list`);
  return value as readonly unknown[];
}

/** @throws WireFormatError of kind `integer` unless it is a safe integer of at least `min`. */
export function integerOf(fields: Fields, name: string, min = 0): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    throw wireError('integer', `${name} is not a safe integer of at least ${min}`);
  }
  return value;
}

export function wireError(kind: string, message: string): WireFormatError {
  return new WireFormatError(message, { context: { kind } });
}

/** The exchange's own words on one line, cut to a length that suits a log. */
export function quoted(text: string): string {
  const plain = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return plain.length > MAX_QUOTED_CHARACTERS ? `${plain.slice(0, MAX_QUOTED_CHARACTERS)}…` : plain;
}
