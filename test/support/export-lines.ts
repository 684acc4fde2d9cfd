/** An export as lines of text, with its gaps between them. */

import type { ExportQuery } from '../../logger/queries/queries.ts';
import type { ExportGap } from '../../logger/queries/results.ts';
import type { Reader } from '../../logger/reader/reader.ts';

export type ExportLine = { readonly text: string } | { readonly gap: ExportGap };

export async function* exportLines(
  reader: Pick<Reader, 'export'>,
  query: ExportQuery,
): AsyncGenerator<ExportLine> {
  let rest = Buffer.alloc(0);
  for await (const part of reader.export(query)) {
    if ('gap' in part) {
      if (rest.length > 0) throw new Error('A gap within a line');
      yield part;
      continue;
    }
    if ('scale' in part) throw new Error('No scale was asked for');
    const bytes = Buffer.concat([rest, part.bytes]);
    const end = bytes.lastIndexOf('\n') + 1;
    rest = bytes.subarray(end);
    if (end === 0) continue;
    const lines = bytes
      .subarray(0, end - 1)
      .toString('utf8')
      .split('\n');
    for (const text of lines) yield { text };
  }
  if (rest.length > 0) throw new Error('The last line has no end');
}
