/**
 * Samples a logger every few seconds: its own metrics and, on Linux, the kernel's. Memory is `RssAnon`:
 * VmRSS also includes pages of the mapped archive file, which come and go with the page cache.
 */

import { readFile, readdir } from 'node:fs/promises';
import { healthStatus } from '../../logger/messages/statuses.ts';
import type { HealthStatus } from '../../logger/status/health-status.ts';
import type { LoggerProcess } from './logger-process.ts';

export interface Sample {
  /** Since the start of the soak. */
  readonly seconds: number;
  /** The number of the logger's start. */
  readonly life: number;
  /** Taken right after a full garbage collection, and so showing the memory in use. */
  readonly isCollected: boolean;
  /** Bytes; null off Linux. */
  readonly rssAnon: number | null;
  readonly rss: number;
  readonly heapUsed: number;
  /** Open file descriptors; null off Linux. */
  readonly files: number | null;
  readonly handles: number;
  readonly threads: number;
  /** Milliseconds. */
  readonly eventLoopLag: number;
  readonly queuedEvents: number;
  readonly spoolBytes: number;
  /** Messages received from exchanges in this life. */
  readonly messages: number;
}

/** The results of a logger's self-check. */
export type SelfCheck = Readonly<Record<'images' | 'snapshots' | 'mismatches', number>>;

const MESSAGES = /^orderbook_exchange_frames_total\{[^}]*\} (\S+)$/gm;

export class Sampler {
  readonly samples: Sample[] = [];
  readonly #logger: LoggerProcess;
  readonly #startMs = performance.now();
  #health: HealthStatus | undefined;
  #selfCheck: SelfCheck | null = null;

  constructor(logger: LoggerProcess) {
    this.#logger = logger;
  }

  /** As of the last sample. */
  get health(): HealthStatus | undefined {
    return this.#health;
  }

  get selfCheck(): SelfCheck | null {
    return this.#selfCheck;
  }

  /** @throws the errors of the calls. */
  async sample(isCollected: boolean): Promise<HealthStatus> {
    const { client, lives, pid, metricsUrl } = this.#logger;
    if (isCollected) await this.#logger.collectGarbage();
    const message = await client.unary('Health', {});
    const health = healthStatus(message);
    const [memory, files, messages] = await Promise.all([
      anonymousMemory(pid),
      openFiles(pid),
      messagesTold(metricsUrl),
    ]);
    this.#health = health;
    this.#selfCheck = message.selfCheck && health.selfCheck;
    this.samples.push({
      seconds: (performance.now() - this.#startMs) / 1000,
      life: lives,
      isCollected,
      rssAnon: memory,
      files,
      messages,
      ...health.process,
    });
    return health;
  }
}

async function anonymousMemory(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(notLinux);
  const kibibytes = /^RssAnon:\s+(\d+) kB/m.exec(status ?? '')?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}

async function openFiles(pid: number | undefined): Promise<number | null> {
  const names = await readdir(`/proc/${pid}/fd`).catch(notLinux);
  return names?.length ?? null;
}

/** null if the process has just exited. */
function notLinux(): null {
  return null;
}

async function messagesTold(url: string): Promise<number> {
  const page = await (await fetch(url)).text();
  return [...page.matchAll(MESSAGES)].reduce((sum, [, value]) => sum + Number(value), 0);
}
