/** `Verify` and `Export`: long reads of the archive, at the pace at which the client takes the parts. */

import { exportQuery } from '../messages/requests.ts';
import { exportGapMessage, verifyProgressMessage } from '../messages/results.ts';
import type {
  ExportPart,
  ExportRequest__Output,
  VerifyPart,
  VerifyRequest__Output,
} from '../messages/types.ts';
import type { VerifyProgress } from '../queries/results.ts';
import { sleep } from '../runtime/timing.ts';
import { flushFor } from './context.ts';
import type { ManagerContext } from './context.ts';
import { CallCancelledError } from './part-writer.ts';
import type { PartWriter } from './part-writer.ts';
import { canonical, checkSecurity } from './requests.ts';

const PROGRESS_INTERVAL_MS = 250;

/** Writes the progress of a running check, whenever it has changed, until the check is done. */
async function writeProgress(
  context: ManagerContext,
  writer: PartWriter<VerifyPart>,
  check: { readonly done: AbortSignal; readonly latest: () => VerifyProgress | undefined },
): Promise<void> {
  let written: VerifyProgress | undefined;
  while (!check.done.aborted) {
    await sleep(context.clock, PROGRESS_INTERVAL_MS, check.done);
    const progress = check.latest();
    if (progress === undefined || progress === written || check.done.aborted) continue;
    written = progress;
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
  const reporting = writeProgress(context, writer, { done: done.signal, latest: () => latest });
  // If the client does not take the progress it will not take the result either.
  const unread = new AbortController();
  reporting.catch(() => unread.abort());
  try {
    const signal = AbortSignal.any([writer.signal, unread.signal]);
    const { records, problems } = await reader.verify({ security, onProgress, signal });
    done.abort();
    await reporting;
    for (const problem of problems) await writer.write({ problem });
    await writer.write({ result: { records, problems: problems.length } });
  } catch (error) {
    done.abort();
    // If writing the progress failed, that is the reason; the aborted check only follows from it.
    await reporting;
    throw error;
  }
}

/** Collects lines into parts of bounded size; a line longer than a part is split. */
export class PartBuffer {
  #pieces: Buffer[] = [];
  #bytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns the parts that are full now. */
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
    // The rest of a split line goes at once, so that the part ends where the line does.
    if (rest.length < line.length) full.push(...this.flush());
    return full;
  }

  /** The rest, as at most one part. */
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
  const buffer = new PartBuffer(context.limits.maxExportPartBytes);
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
