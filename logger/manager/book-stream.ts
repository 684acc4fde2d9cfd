/** `Book`: the book now from the running recorder, a past one from the archive, in parts. */

import { UnknownSecurityError } from '../errors.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import { type ManagerContext, NoBookError, flushFor } from './calls.ts';
import type { PartWriter } from './part-writer.ts';
import { bookQuery } from './requests.ts';
import { type BookRequest, bookHead, bookLevels } from './wire.ts';

async function find(
  context: ManagerContext,
  request: BookRequest,
): Promise<BookResult | NoBookResult> {
  const { control, reader, clock } = context;
  const question = bookQuery(request, control);
  if (question.position !== undefined) {
    await flushFor(context, question.security);
    return reader.bookAt(question);
  }
  try {
    return control.bookNow(question.security, question);
  } catch (error) {
    if (!(error instanceof UnknownSecurityError)) throw error;
    // Not recorded now, but perhaps once: then that is a gap, and the archive says which.
    return reader.bookAt({ ...question, position: { clock: 'receive', us: clock.nowUs() } });
  }
}

export async function streamBook(
  context: ManagerContext,
  request: BookRequest,
  writer: PartWriter,
): Promise<void> {
  const book = await find(context, request);
  if (book.state === 'gap') throw new NoBookError(book);
  await writer.write(bookHead(book));
  const { levelsPerPart } = context.limits;
  for (const side of ['bids', 'asks'] as const) {
    const rows = book[side];
    for (let from = 0; from < rows.length; from += levelsPerPart) {
      await writer.write(bookLevels(side, rows, { from, to: from + levelsPerPart }));
    }
  }
}
