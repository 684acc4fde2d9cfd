/**
 * Finds text fields of a JSON object in its bytes, without parsing it: enough to route a frame. Looks
 * at the object's own fields only, stops at the last one that is asked for, and reads a damaged frame
 * as far as it makes sense.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** The place of a text in a frame, without its quotes. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The texts of the top-level fields `names`, in that order; undefined for a field that is missing, is
 * no text or holds an escape.
 */
export function scanTextFields(
  frame: Buffer,
  names: readonly string[],
): readonly (TextSpan | undefined)[] {
  const found: (TextSpan | undefined)[] = names.map(() => undefined);
  const { length } = frame;
  let left = names.length;
  let depth = 0;
  for (let at = 0; at < length; at++) {
    const byte = frame[at];
    if (byte === QUOTE) {
      const end = textEnd(frame, at);
      if (end < 0) break;
      const colon = depth === 1 ? skipSpace(frame, end + 1) : length;
      if (frame[colon] !== COLON) {
        at = end;
        continue;
      }
      const start = skipSpace(frame, colon + 1);
      if (frame[start] !== QUOTE) {
        at = start - 1;
        continue;
      }
      const valueEnd = textEnd(frame, start);
      if (valueEnd < 0) break;
      const index = indexOfName(frame, at + 1, end, names);
      if (index >= 0 && found[index] === undefined) {
        if (!hasEscape(frame, start, valueEnd)) found[index] = { start: start + 1, end: valueEnd };
        if (--left === 0) break;
      }
      at = valueEnd;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth++;
    } else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth <= 0) {
      break;
    }
  }
  return found;
}

/** The text at a place in a frame. */
export function textAt(frame: Buffer, span: TextSpan | undefined): string | undefined {
  return span && frame.toString('latin1', span.start, span.end);
}

/** The index of the closing quote of the text that begins at `start`; -1: there is none. */
function textEnd(frame: Buffer, start: number): number {
  const { length } = frame;
  for (let at = start + 1; at < length; at++) {
    const byte = frame[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}

function hasEscape(frame: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (frame[at] === BACKSLASH) return true;
  return false;
}

function skipSpace(frame: Buffer, start: number): number {
  let at = start;
  while (frame[at] === 0x20 || frame[at] === 0x0a || frame[at] === 0x0d || frame[at] === 0x09) at++;
  return at;
}

function indexOfName(frame: Buffer, start: number, end: number, names: readonly string[]): number {
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? '';
    if (name.length === end - start && isText(frame, start, name)) return index;
  }
  return -1;
}

/** Whether the frame's bytes from `start` on are this ASCII text. */
function isText(frame: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (frame[start + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  readonly next: Entry<Value> | undefined;
}

/** A map by ASCII texts that is looked up by their bytes in a frame, without making a string of them. */
export class TextMap<Value> {
  readonly #entries = new Map<number, Entry<Value>>();

  set(key: string, value: Value): void {
    const bytes = Buffer.from(key, 'latin1');
    const hash = hashOf(bytes, { start: 0, end: bytes.length });
    // An older value of the same key stays behind it, and is never found again.
    this.#entries.set(hash, { key, value, next: this.#entries.get(hash) });
  }

  get(frame: Buffer, span: TextSpan): Value | undefined {
    const length = span.end - span.start;
    let entry = this.#entries.get(hashOf(frame, span));
    while (entry && !(entry.key.length === length && isText(frame, span.start, entry.key))) {
      entry = entry.next;
    }
    return entry?.value;
  }
}

/** FNV-1a. */
function hashOf(bytes: Buffer, { start, end }: TextSpan): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}
