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
