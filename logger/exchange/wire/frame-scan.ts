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
  /** It is not printed as it is: JSON allows `\u5e01` for any character. */
  readonly hasEscape: boolean;
}

/**
 * The texts of the top-level fields `names`, which are ASCII, in that order; undefined for a field that
 * is missing or is no text.
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
        found[index] = {
          start: start + 1,
          end: valueEnd,
          hasEscape: hasEscape(frame, start, valueEnd),
        };
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

/** The text at a place in a frame; undefined also for one with a malformed escape. */
export function textAt(frame: Buffer, span: TextSpan | undefined): string | undefined {
  const text = span && frame.toString('utf8', span.start, span.end);
  return span?.hasEscape ? unescaped(`"${text}"`) : text;
}

function unescaped(json: string): string | undefined {
  try {
    return String(JSON.parse(json));
  } catch {
    // The frame is damaged; whoever reads it reports how.
    return undefined;
  }
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
  readonly key: Buffer;
  readonly value: Value;
  readonly next: Entry<Value> | undefined;
}

/** A map by texts that is looked up by their bytes in a frame, usually without making a string of them. */
export class TextMap<Value> {
  readonly #entries = new Map<number, Entry<Value>>();

  set(key: string, value: Value): void {
    const bytes = Buffer.from(key);
    const hash = hashOf(bytes, 0, bytes.length);
    // An older value of the same key stays behind it, and is never found again.
    this.#entries.set(hash, { key: bytes, value, next: this.#entries.get(hash) });
  }

  get(frame: Buffer, span: TextSpan): Value | undefined {
    if (!span.hasEscape) return this.#find(frame, span.start, span.end);
    const text = textAt(frame, span);
    if (text === undefined) return undefined;
    const bytes = Buffer.from(text);
    return this.#find(bytes, 0, bytes.length);
  }

  #find(bytes: Buffer, start: number, end: number): Value | undefined {
    let entry = this.#entries.get(hashOf(bytes, start, end));
    while (entry && !isAt(bytes, start, end, entry.key)) entry = entry.next;
    return entry?.value;
  }
}

/** Whether the bytes between `start` and `end` are these. A loop: a call of `compare` costs more. */
function isAt(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  const { length } = wanted;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/** FNV-1a. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}
