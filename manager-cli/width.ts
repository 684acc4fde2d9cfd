/** How much room a text takes on a terminal: a Chinese character, for one, takes two columns. */

import stringWidth from 'string-width';

const CHARACTERS = new Intl.Segmenter();

/** Columns that a text takes. */
export function width(text: string): number {
  return stringWidth(text);
}

/** The beginning of a text that fits into so many columns. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of CHARACTERS.segment(text)) {
    used += width(segment);
    if (used > columns) break;
    kept += segment;
  }
  return kept;
}
