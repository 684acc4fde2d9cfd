/**
 * `grpc.health.v1.Health`: serving or not, for probes that have no key. The published package
 * (grpc-health-check) does not fit: it can't forget a security that was removed, it keeps a set for every
 * name that anybody ever watched, and it writes to clients that do not read.
 *
 * The logger itself (service "") serves as long as it can record. An exchange that is down, or a security
 * that was just added, only affects the security's own name: a probe that restarts the process for those
 * would turn a small gap into a large one.
 */

import { InvalidArgumentError, UnknownSecurityError } from '../errors.ts';
import type { HealthCheckResponse, HealthHandlers } from '../messages/types.ts';
import { sleep } from '../runtime/timing.ts';
import { streaming, unary } from './calls.ts';
import type { ManagerContext } from './context.ts';
import type { PartWriter } from './part-writer.ts';
import { ClosingError } from './status-map.ts';
import { StreamSlots } from './stream-slots.ts';

type ServingStatus = 'SERVING' | 'NOT_SERVING';

/** The logger's own state, computed at most once per poll interval, whatever the number of probes. */
class OverallStatus {
  readonly #context: ManagerContext;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #status: Promise<ServingStatus> = Promise.resolve('NOT_SERVING');

  constructor(context: ManagerContext) {
    this.#context = context;
  }

  get(): Promise<ServingStatus> {
    const { clock, limits } = this.#context;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#checkedMs >= limits.healthPollMs) {
      this.#checkedMs = nowMs;
      this.#status = this.#check();
    }
    return this.#status;
  }

  async #check(): Promise<ServingStatus> {
    const { status } = await this.#context.control.health();
    return status === 'down' ? 'NOT_SERVING' : 'SERVING';
  }
}

/** undefined: not recorded now, or not the name of a security. */
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
    let sent: ServingStatus | 'SERVICE_UNKNOWN' | undefined;
    while (!ended.aborted) {
      const status = (await statusOf(service)) ?? 'SERVICE_UNKNOWN';
      if (status !== sent) await writer.write({ status });
      sent = status;
      await sleep(clock, limits.healthPollMs, ended);
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
