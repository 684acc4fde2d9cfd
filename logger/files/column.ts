/** The columns of a file: their types, and the choice between exact integers and doubles. Pure. */

import type { Scale } from '../market/decimal.ts';

/**
 * `time`: µs. `price`, `size`: at the scale of their rows. `volume`, `notional`: sums, which may need more
 * than 64 bits.
 */
export type ColumnType =
  | 'bool'
  | 'int32'
  | 'int64'
  | 'time'
  | 'double'
  | 'text'
  | 'price'
  | 'size'
  | 'volume'
  | 'notional';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly isNullable: boolean;
  /** Left out where it is null in all rows. */
  readonly isOptional: boolean;
}

/** The decimals of a file. */
export interface FileScale extends Scale {
  readonly notionalExponent: number;
}

/** `name` or `name?`: it may be null. */
export function column(name: string, type: ColumnType): Column {
  const isNullable = name.endsWith('?');
  return { name: isNullable ? name.slice(0, -1) : name, type, isNullable, isOptional: false };
}

export function isScaled(type: ColumnType): boolean {
  return type === 'price' || type === 'size' || isSum(type);
}

export function isSum(type: ColumnType): boolean {
  return type === 'volume' || type === 'notional';
}

/** Decimals of a column's integers; 0 where they are none. */
export function exponentOf(type: ColumnType, scale: FileScale): number {
  switch (type) {
    case 'price':
      return scale.priceExponent;
    case 'size':
    case 'volume':
      return scale.sizeExponent;
    case 'notional':
      return scale.notionalExponent;
    case 'bool':
    case 'int32':
    case 'int64':
    case 'time':
    case 'double':
    case 'text':
      return 0;
  }
}

/** As doubles: all that have decimals. */
export function withFloats(columns: readonly Column[]): readonly Column[] {
  return columns.map((one) => (isScaled(one.type) ? { ...one, type: 'double' } : one));
}
