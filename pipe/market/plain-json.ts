/**
 * JSON in one canonical form: keys sorted, nothing that JSON would change in silence. Equal content is equal
 * text, so text can be compared and hashed.
 */

import { InvalidArgumentError } from '../../logger/errors.ts';

/**
 * Absent and undefined are the same.
 * @throws InvalidArgumentError for what JSON can't hold: NaN, bigint, a class, an undefined item of a list.
 */
export function canonicalJson(value: unknown, path = 'value'): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((item, at) => canonicalJson(item, `${path}[${at}]`)).join(',')}]`;
  }
  if (!isPlainObject(value)) {
    throw new InvalidArgumentError(`${path}: ${describe(value)} can't be kept as JSON`);
  }
  const fields = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key], `${path}.${key}`)}`);
  return `{${fields.join(',')}}`;
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `a ${value.constructor.name}`;
  return typeof value === 'number' || value === undefined ? String(value) : `a ${typeof value}`;
}
