/** `Book`: the current book from the running recorder or a past one from the archive, in parts. */

import { UnknownSecurityError } from '../errors.ts';
import { bookQuery } from '../messages/requests.ts';
import { bookHeadMessage, bookLevelsMessage } from '../messages/results.ts';
import type { BookPart, BookRequest__Output } from '../messages/types.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import { flushFor } from './context.ts';
import type { ManagerContext } from './context.ts';
import type { PartWriter } from './part-writer.ts';
import { canonical } from './requests.ts';
import { NoBookError } from './status-map.ts';

async function findBook(
  context: ManagerContext,
  request: BookRequest__Output,
): Promise<BookResult | NoBookResult> {
  const { control, reader, clock } = context;
  const query = canonical(bookQuery(request), control);
  if (query.position !== undefined) {
    await flushFor(context, query.security);
    return reader.bookAt(query);
  }
  try {
    return control.bookNow(query.security, query);
  } catch (error) {
    if (!(error instanceof UnknownSecurityError)) throw error;
    // Not recorded now; if it ever was, the archive knows the gap.
    return reader.bookAt({ ...query, position: { clock: 'receive', us: clock.nowUs() } });
  }
}

export async function streamBook(
  context: ManagerContext,
  request: BookRequest__Output,
  writer: PartWriter<BookPart>,
): Promise<void> {
  const book = await findBook(context, request);
  if (book.state === 'gap') throw new NoBookError(book);
  await writer.write({ head: bookHeadMessage(book) });
  const { maxLevelsPerPart } = context.limits;
  for (const side of ['bids', 'asks'] as const) {
    const rows = book[side];
    for (let from = 0; from < rows.length; from += maxLevelsPerPart) {
      const part = rows.slice(from, from + maxLevelsPerPart);
      await writer.write({ levels: bookLevelsMessage(side, part) });
    }
  }
}
