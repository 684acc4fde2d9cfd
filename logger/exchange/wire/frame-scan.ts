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

/**
 * The texts of the top-level fields `names`, in that order; undefined for a field that is missing, is
 * no text or holds an escape.
 */
export function scanTextFields(
  frame: Buffer,
  names: readonly string[],
): readonly (string | undefined)[] {
  const found = Array.from<string | undefined>({ length: names.length });
  let left = names.length;
  let depth = 0;
  for (let at = 0; at < frame.length; at++) {
    const byte = frame[at];
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth++;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (--depth <= 0) break;
    } else if (byte === QUOTE) {
      const end = textEnd(frame, at);
      if (end < 0) break;
      const colon = depth === 1 ? skipSpace(frame, end + 1) : frame.length;
      if (frame[colon] !== COLON) {
        at = end;
        continue;
      }
      const start = skipSpace(frame, colon + 1);
      const valueEnd = frame[start] === QUOTE ? textEnd(frame, start) : -1;
      const name = valueEnd < 0 ? -1 : indexOfName(frame, at + 1, end, names);
      if (name >= 0 && found[name] === undefined) {
        found[name] = plainText(frame, start + 1, valueEnd);
        if (--left === 0) break;
      }
      at = valueEnd < 0 ? colon : valueEnd;
    }
  }
  return found;
}

/** The index of the closing quote of the text that begins at `start`; -1: there is none. */
function textEnd(frame: Buffer, start: number): number {
  for (let at = start + 1; at < frame.length; at++) {
    const byte = frame[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}

function skipSpace(frame: Buffer, start: number): number {
  let at = start;
  while (frame[at] === 0x20 || frame[at] === 0x0a || frame[at] === 0x0d || frame[at] === 0x09) at++;
  return at;
}

function indexOfName(frame: Buffer, start: number, end: number, names: readonly string[]): number {
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? '';
    if (name.length !== end - start) continue;
    let at = 0;
    while (at < name.length && frame[start + at] === name.charCodeAt(at)) at++;
    if (at === name.length) return index;
  }
  return -1;
}

function plainText(frame: Buffer, start: number, end: number): string | undefined {
  const text = frame.toString('latin1', start, end);
  return text.includes('\\') ? undefined : text;
}
