/**
 * `grpc.health.v1.Health`: serving or not, for probes that have no key. The published package for
 * this is no help here: it can't forget a security that was removed, it keeps a set for every name
 * that any stranger ever watched, and it writes to a reader that does not read.
 *
 * The logger itself serves as long as it can record: one exchange that is away, or a security that
 * was just added, is told under the security's own name. A probe that restarts the process for
 * those would make a small hole a large one.
 */

import type { HealthCheckResponse, HealthHandlers } from '../messages/types.ts';
import { InvalidArgumentError, UnknownSecurityError } from '../errors.ts';
import { ClosingError, type ManagerContext, StreamSlots, streaming, unary } from './calls.ts';
import type { PartWriter } from './part-writer.ts';
import { sleep } from '../runtime/timing.ts';

type ServingStatus = 'SERVING' | 'NOT_SERVING';

/** The logger's own state, asked for at most once in a while, however many want to know. */
class OverallStatus {
  readonly #context: ManagerContext;
  #askedMs = Number.NEGATIVE_INFINITY;
  #answer: Promise<ServingStatus> = Promise.resolve('NOT_SERVING');

  constructor(context: ManagerContext) {
    this.#context = context;
  }

  get(): Promise<ServingStatus> {
    const { clock, limits } = this.#context;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#askedMs >= limits.healthPaceMs) {
      this.#askedMs = nowMs;
      this.#answer = this.#ask();
    }
    return this.#answer;
  }

  async #ask(): Promise<ServingStatus> {
    const { status } = await this.#context.control.health();
    return status === 'down' ? 'NOT_SERVING' : 'SERVING';
  }
}

/** undefined: not recorded now, or no name of a security at all. */
function statusOfSecurity(context: ManagerContext, service: string): ServingStatus | undefined {
  try {
    const status = context.control.status(service);
    return status && (status.state === 'live' ? 'SERVING' : 'NOT_SERVING');
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  }
}

export function healthHandlers(context: ManagerContext): HealthHandlers {
  const { clock, limits, closing } = context;
  const overall = new OverallStatus(context);
  const slots = new StreamSlots(limits.maxHealthWatches);

  async function statusOf(service: string): Promise<ServingStatus | undefined> {
    return service === '' ? overall.get() : statusOfSecurity(context, service);
  }

  async function watch(service: string, writer: PartWriter<HealthCheckResponse>): Promise<void> {
    const ended = AbortSignal.any([writer.signal, closing]);
    let told: ServingStatus | 'SERVICE_UNKNOWN' | undefined;
    while (!ended.aborted) {
      const status = (await statusOf(service)) ?? 'SERVICE_UNKNOWN';
      if (status !== told) await writer.write({ status });
      told = status;
      await sleep(clock, limits.healthPaceMs, ended);
    }
    if (!closing.aborted) return;
    await writer.write({ status: 'NOT_SERVING' });
    throw new ClosingError('The logger is stopping');
  }

  return {
    Check: unary(context, 'health check', async ({ service }) => {
      const status = await statusOf(service);
      if (status === undefined) throw new UnknownSecurityError('service: unknown');
      return { status };
    }),
    Watch: streaming(context, 'health watch', slots, ({ service }, writer) =>
      watch(service, writer),
    ),
  };
}
