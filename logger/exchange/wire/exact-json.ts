/**
 * Reads JSON and keeps numbers as the text that was sent. A JavaScript number would change `0.1`,
 * `1.1e-7` or an id of 19 digits. For exchanges that print prices and sizes as numbers. Grammar: RFC 8259.
 */

import { WireFormatError } from '../../errors.ts';

/** No honest frame nests deeper. */
const MAX_DEPTH = 32;
/** An exponent beyond it makes a decimal of absurd length. */
const MAX_EXPONENT = 40;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** A backslash or a control character in a text. */
const UNUSUAL = /[\\\p{Cc}]/u;
const LITERALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** A JSON number as it was printed. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get isNegative(): boolean {
    return this.text.startsWith('-');
  }

  /** The number without its sign. */
  get magnitude(): JsonNumber {
    return this.isNegative ? new JsonNumber(this.text.slice(1)) : this;
  }

  /** null where it is not printed as an integer, or not a safe one. */
  get integer(): number | null {
    const value = /^-?\d+$/.test(this.text) ? Number(this.text) : Number.NaN;
    return Number.isSafeInteger(value) ? value : null;
  }

  /**
   * The same number without an exponent: `0.00000011` for `1.1e-7`.
   * @throws WireFormatError of kind `decimal` for an absurd exponent.
   */
  get decimal(): string {
    const [, sign = '', whole = '', fraction = '', power] = NUMBER_PARTS.exec(this.text) ?? [];
    if (power === undefined) return this.text;
    const exponent = Number(power);
    if (Math.abs(exponent) > MAX_EXPONENT) {
      throw new WireFormatError(`The exponent of a number is beyond ${MAX_EXPONENT}`, {
        context: { kind: 'decimal' },
      });
    }
    const digits = '0'.repeat(MAX_EXPONENT) + whole + fraction + '0'.repeat(MAX_EXPONENT);
    const point = MAX_EXPONENT + whole.length + exponent;
    const integer = digits.slice(0, point).replace(/^0+(?=\d)/, '');
    const rest = digits.slice(point).replace(/0+$/, '');
    return `${sign}${integer}${rest === '' ? '' : `.${rest}`}`;
  }
}

/**
 * As `JSON.parse`, but numbers are `JsonNumber`s and objects have no prototype.
 * @throws WireFormatError of kind `json`.
 */
export function parseExactJson(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.#malformed();
    switch (this.#next()) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#list(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true');
      case 'f':
        return this.#literal('false');
      case 'n':
        return this.#literal('null');
      default:
        return new JsonNumber(this.#match(NUMBER));
    }
  }

  end(): void {
    if (this.#next() !== '') throw this.#malformed();
  }

  #object(depth: number): unknown {
    const fields = Object.create(null) as Record<string, unknown>;
    this.#at++;
    if (this.#skip('}')) return fields;
    do {
      if (this.#next() !== '"') throw this.#malformed();
      const name = this.#string();
      if (!this.#skip(':')) throw this.#malformed();
      fields[name] = this.value(depth + 1);
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#malformed();
    return fields;
  }

  #list(depth: number): unknown {
    const values: unknown[] = [];
    this.#at++;
    if (this.#skip(']')) return values;
    do values.push(this.value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) throw this.#malformed();
    return values;
  }

  #string(): string {
    const start = this.#at;
    const quote = this.#text.indexOf('"', start + 1);
    const plain = this.#text.slice(start + 1, quote);
    // The usual text: as it stands, without an escape or a control character.
    if (quote >= 0 && !UNUSUAL.test(plain)) {
      this.#at = quote + 1;
      return plain;
    }
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') {
      end += this.#text[end] === '\\' ? 2 : 1;
    }
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      throw this.#malformed();
    }
  }

  #literal(word: string): unknown {
    if (!this.#text.startsWith(word, this.#at)) throw this.#malformed();
    this.#at += word.length;
    return LITERALS.get(word);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw this.#malformed();
    this.#at += found.length;
    return found;
  }

  /** The next character that is no space; empty at the end. */
  #next(): string {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      code = this.#text.charCodeAt(++this.#at);
    }
    return this.#text[this.#at] ?? '';
  }

  #skip(character: string): boolean {
    if (this.#next() !== character) return false;
    this.#at++;
    return true;
  }

  #malformed(): WireFormatError {
    return new WireFormatError(`Not JSON at character ${this.#at} of ${this.#text.length}`, {
      context: { kind: 'json' },
    });
  }
}
