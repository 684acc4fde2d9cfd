/** `Verify` and `Export`: long readings of the archive, as fast as their reader takes the parts. */

import type {
  ExportPart,
  ExportRequest__Output,
  VerifyPart,
  VerifyRequest__Output,
} from '../messages/types.ts';
import type { VerifyProgress } from '../queries/results.ts';
import { type ManagerContext, flushFor } from './calls.ts';
import { CallCancelledError, type PartWriter } from './part-writer.ts';
import { sleep } from '../runtime/timing.ts';
import { canonical, checkSecurity } from './requests.ts';
import { exportQuery } from '../messages/requests.ts';
import { exportGapMessage, verifyProgressMessage } from '../messages/results.ts';

/** How often a running check says how far it is. */
const PROGRESS_EVERY_MS = 250;

/** Tells how far a check is until it is done, as often as there is something new. */
async function tellProgress(
  context: ManagerContext,
  writer: PartWriter<VerifyPart>,
  check: { readonly done: AbortSignal; readonly latest: () => VerifyProgress | undefined },
): Promise<void> {
  let told: VerifyProgress | undefined;
  while (!check.done.aborted) {
    await sleep(context.clock, PROGRESS_EVERY_MS, check.done);
    const progress = check.latest();
    if (progress === undefined || progress === told || check.done.aborted) continue;
    told = progress;
    await writer.write({ progress: verifyProgressMessage(progress) });
  }
}

export async function streamVerify(
  context: ManagerContext,
  request: VerifyRequest__Output,
  writer: PartWriter<VerifyPart>,
): Promise<void> {
  const { control, reader } = context;
  const security =
    request.security === undefined ? undefined : checkSecurity(request.security, control);
  if (security !== undefined) await flushFor(context, security);
  const done = new AbortController();
  let latest: VerifyProgress | undefined;
  const onProgress = (progress: VerifyProgress): void => {
    latest = progress;
  };
  const telling = tellProgress(context, writer, { done: done.signal, latest: () => latest });
  // A progress that nobody takes ends the check: its answer would find no reader either.
  const unread = new AbortController();
  telling.catch(() => unread.abort());
  try {
    const signal = AbortSignal.any([writer.signal, unread.signal]);
    const answer = await reader.verify({ security, onProgress, signal });
    done.abort();
    await telling;
    for (const problem of answer.problems) await writer.write({ problem });
    await writer.write({ result: { records: answer.records, problems: answer.problems.length } });
  } catch (error) {
    done.abort();
    // Where the progress failed, that is the reason and the aborted check its consequence.
    await telling;
    throw error;
  }
}

/** Gathers lines into parts of bounded size; a line longer than a part is split. */
export class PartBuffer {
  #pieces: Buffer[] = [];
  #bytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes a line, and returns the parts that are full now. */
  add(text: string): Buffer[] {
    const line = Buffer.from(`${text}\n`);
    const full: Buffer[] = [];
    if (this.#bytes + line.length > this.#maxBytes) full.push(...this.flush());
    let rest = line;
    while (rest.length > this.#maxBytes) {
      full.push(rest.subarray(0, this.#maxBytes));
      rest = rest.subarray(this.#maxBytes);
    }
    this.#pieces.push(rest);
    this.#bytes += rest.length;
    // What is left of a split line goes at once: a part ends where a line does.
    if (rest.length < line.length) full.push(...this.flush());
    return full;
  }

  /** What is left, as at most one part. */
  flush(): Buffer[] {
    if (this.#bytes === 0) return [];
    const part = Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    return [part];
  }
}

export async function streamExport(
  context: ManagerContext,
  request: ExportRequest__Output,
  writer: PartWriter<ExportPart>,
): Promise<void> {
  const query = canonical(exportQuery(request), context.control);
  await flushFor(context, query.security);
  const buffer = new PartBuffer(context.limits.exportPartBytes);
  for await (const line of context.reader.exportLines(query)) {
    if (writer.signal.aborted) throw new CallCancelledError('The call was cancelled');
    if ('gap' in line) {
      for (const lines of buffer.flush()) await writer.write({ lines });
      await writer.write({ gap: exportGapMessage(line.gap) });
    } else {
      for (const lines of buffer.add(line.text)) await writer.write({ lines });
    }
  }
  for (const lines of buffer.flush()) await writer.write({ lines });
}
