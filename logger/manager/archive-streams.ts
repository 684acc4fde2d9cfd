/** `Verify` and `Export`: long reads of the archive, at the pace at which the client takes the parts. */

import { exportQuery } from '../messages/requests.ts';
import { exportPartMessage, verifyProgressMessage } from '../messages/results.ts';
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

/** Writes the progress of a running task, whenever it has changed, until the task is done. */
async function writeProgress<Progress>(
  { clock }: ManagerContext,
  write: (progress: Progress) => Promise<void>,
  task: { readonly done: AbortSignal; readonly latest: () => Progress | undefined },
): Promise<void> {
  let written: Progress | undefined;
  while (!task.done.aborted) {
    await sleep(clock, PROGRESS_INTERVAL_MS, task.done);
    const progress = task.latest();
    if (progress === undefined || progress === written || task.done.aborted) continue;
    written = progress;
    await write(progress);
  }
}

/** Runs a task and writes its progress beside it. If the client does not take that, the task is aborted. */
export async function withProgress<Progress, Result>(
  context: ManagerContext,
  to: { readonly signal: AbortSignal; readonly write: (progress: Progress) => Promise<void> },
  run: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Result>,
): Promise<Result> {
  const done = new AbortController();
  let latest: Progress | undefined;
  const reporting = writeProgress(context, to.write, { done: done.signal, latest: () => latest });
  // If the client does not take the progress it will not take the result either.
  const unread = new AbortController();
  reporting.catch(() => unread.abort());
  try {
    const result = await run(AbortSignal.any([to.signal, unread.signal]), (progress) => {
      latest = progress;
    });
    done.abort();
    await reporting;
    return result;
  } catch (error) {
    done.abort();
    // If writing the progress failed, that is the reason; the aborted task only follows from it.
    await reporting;
    throw error;
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
  const write = (progress: VerifyProgress): Promise<void> =>
    writer.write({ progress: verifyProgressMessage(progress) });
  const { records, problems } = await withProgress(
    context,
    { signal: writer.signal, write },
    (signal, onProgress) => reader.verify({ security, onProgress, signal }),
  );
  for (const problem of problems) await writer.write({ problem });
  await writer.write({ result: { records, problems: problems.length } });
}

export async function streamExport(
  context: ManagerContext,
  request: ExportRequest__Output,
  writer: PartWriter<ExportPart>,
): Promise<void> {
  const query = canonical(exportQuery(request), context.control);
  await flushFor(context, query.security);
  for await (const part of context.reader.export(query, context.limits.maxExportPartBytes)) {
    if (writer.signal.aborted) throw new CallCancelledError('The call was cancelled');
    await writer.write(exportPartMessage(part));
  }
}
