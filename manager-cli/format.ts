/** Formats numbers for people. Pure. */

export const UNKNOWN = '–';

/** `1234567` → `1,234,567`; the digits of a fraction are not grouped. */
export function grouped(value: string | number): string {
  const [integer = '', fraction] = String(value).split('.');
  const withCommas = integer.replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
}

/** Seconds in the largest fitting unit: `0.4s`, `12s`, `3m`, `5h`, `9d`. */
export function age(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)}s`;
  if (seconds < 100) return `${Math.round(seconds)}s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** Seconds in two units: `1d 4h`, `3h 20m`, `5m 2s`, `2.25s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(3))}s`;
  const whole = Math.round(seconds);
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, size]) => whole >= size);
  const [[bigName, big] = ['s', 1], [smallName, small] = ['s', 1]] = units.slice(first, first + 2);
  const rest = Math.floor((whole % big) / small);
  return `${Math.floor(whole / big)}${bigName}${rest > 0 ? ` ${rest}${smallName}` : ''}`;
}

/** `1536` → `1.5 KiB`. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function rate(perSecond: number): string {
  return perSecond >= 100 ? grouped(Math.round(perSecond)) : perSecond.toFixed(1);
}

/** `1 gap`, `3 gaps`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** The text, or a dash for an unknown value. */
export function known(value: string | number | null): string {
  return value === null ? UNKNOWN : String(value);
}

/** The texts of one column with their decimal points aligned. */
export function aligned(values: readonly string[]): string[] {
  const fractions = values.map((value) => value.split('.')[1]?.length ?? 0);
  const digits = Math.max(0, ...fractions);
  const padded = values.map((value, index) => {
    const missing = digits - (fractions[index] ?? 0);
    const point = fractions[index] === 0 && digits > 0 ? 1 : 0;
    return grouped(value) + ' '.repeat(missing + point);
  });
  const width = Math.max(0, ...padded.map((value) => value.length));
  return padded.map((value) => value.padStart(width));
}

/**
 * The exact difference of two plain decimals, `a - b`, as a plain decimal: prices never become binary
 * fractions, not even for a spread on a screen.
 */
export function difference(a: string, b: string): string {
  const digits = Math.max(fraction(a).length, fraction(b).length);
  const value = scaled(a, digits) - scaled(b, digits);
  const text = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
  const integer = text.slice(0, text.length - digits);
  const rest = text.slice(text.length - digits).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${integer}${rest === '' ? '' : `.${rest}`}`;
}

function fraction(text: string): string {
  return text.split('.')[1] ?? '';
}

function scaled(text: string, digits: number): bigint {
  return BigInt((text.split('.')[0] ?? '0') + fraction(text).padEnd(digits, '0'));
}
