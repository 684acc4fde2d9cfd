/** The port to file formats. */

import type { DataItem } from '../queries/items.ts';

/**
 * Turns stream items into the bytes of one file; it may keep state. Gaps are not encoded: whoever
 * writes the file puts them in. Every piece may be empty.
 */
export interface Encoder {
  /** The bytes before the first item. */
  header(): Uint8Array;
  encode(item: DataItem): Uint8Array;
  /** The bytes after the last item. */
  end(): Uint8Array;
}
