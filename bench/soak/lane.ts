/**
 * One logger of a soak: start, faults, calm, stop, audit. It has its own exchange, because two
 * loggers would share the request limits of one address.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../logger/errors.ts';
import { sleep } from '../../logger/runtime/timing.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { healthStatus } from '../../logger/messages/statuses.ts';
import type { HealthStatus } from '../../logger/status/health-status.ts';
import type { RandomFaultTarget } from '../../sandbox/faults/random-faults.ts';
import { integerIn, seededRandom } from '../../sandbox/prng.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { profileOf } from '../../sandbox/market/symbols.ts';
import { until } from '../../sandbox/until.ts';
import { BINANCE } from '../../sandbox/venues/binance/venue.ts';
import { COINBASE } from '../../sandbox/venues/coinbase/venue.ts';
import { audit } from './audit.ts';
import type { Audit } from './audit.ts';
import { LoggerProcess } from './logger-process.ts';
import { figuresOf, measuredText, sum } from './report.ts';
import type { LoggerReport } from './report.ts';
import { Sampler } from './samples.ts';
import { openStore } from './store.ts';
import type { Store } from './store.ts';
import { Trouble } from './trouble.ts';
import { Witness } from './witness.ts';

const TARGETS: readonly RandomFaultTarget[] = [
  { venue: BINANCE, symbols: ['BTCUSDT', 'ETHUSDT'] },
  { venue: COINBASE, symbols: ['BTC-USD', 'ETH-USD'] },
];
const SECURITIES = TARGETS.flatMap(({ venue, symbols }) =>
  symbols.map((symbol) => `${venue.name}:${symbol}`),
);
const clock = createSystemClock();

/** Small books: more of them can be queried, compared and sealed; all else is as with large ones. */
const MARKETS = ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({
  ...profileOf(symbol),
  depthLevels: 400,
}));
const SAMPLE_EVERY_MS = 2000;
/** Force GC before every Nth sample. */
const COLLECT_EVERY = 5;
/** Pause between two queries. */
const ASK_PAUSE_MS = [200, 600] as const;
/** Time limit for everything to become live, at the start and after all faults. */
const LIVE_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 200;
/** Time limit for replicating everything to the store. */
const REPLICATE_LIMIT_MS = 60_000;
/**
 * A killed logger may lose what it received last: up to the delay of its journal, and a little
 * more.
 */
const LOST_BY_KILL_MS = 2000;

export interface LaneOptions {
  readonly name: string;
  readonly seed: string;
  /** The logger's own directory; its log is kept there too. */
  readonly directory: string;
  readonly isKilled: boolean;
  /** The server; undefined for the embedded archive. */
  readonly mongodb: { readonly endpoint: string; readonly database: string } | undefined;
}

export class Lane {
  readonly #problems: string[] = [];
  readonly #options: LaneOptions;
  readonly #dataDirectory: string;
  readonly #store: Store | undefined;
  readonly #sandbox: Sandbox;
  readonly #logger: LoggerProcess;
  readonly #sampler: Sampler;
  readonly #witness: Witness;
  readonly #trouble: Trouble;

  private constructor(options: LaneOptions, sandbox: Sandbox, store: Store | undefined) {
    const { name, seed, directory, isKilled } = options;
    this.#options = options;
    this.#sandbox = sandbox;
    this.#store = store;
    this.#dataDirectory = join(directory, `${name}-data`);
    mkdirSync(this.#dataDirectory);
    const logger = new LoggerProcess({
      dataDirectory: this.#dataDirectory,
      logFile: join(directory, `${name}.log`),
      environment: {
        ...sandbox.loggerSettings,
        ORDERBOOK_UPDATEFREQUENCY: '100',
        BASE_IMAGE_INTERVAL: '60',
        STALE_AFTER: '2',
        SECURITIES: SECURITIES.join(),
        ...(store && { MONGODB_ENDPOINT: store.endpoint }),
      },
    });
    this.#logger = logger;
    this.#sampler = new Sampler(logger);
    const random = seededRandom(`${seed}/${name}/books`);
    const witness = new Witness({ logger, sandbox, random, securities: SECURITIES });
    this.#witness = witness;
    this.#trouble = new Trouble({
      seed: `${seed}/${name}`,
      sandbox,
      logger,
      targets: TARGETS,
      proxy: store?.proxy,
      onKill: isKilled
        ? () => witness.moments.forgetSince(performance.now() - LOST_BY_KILL_MS)
        : undefined,
    });
  }

  /** Resolves when everything is live. */
  static async start(options: LaneOptions): Promise<Lane> {
    const { name, seed, mongodb } = options;
    const store = mongodb && (await openStore(mongodb.endpoint, mongodb.database));
    const sandbox = await startSandbox({
      seed: `${seed}/${name}`,
      symbols: MARKETS,
    });
    const lane = new Lane(options, sandbox, store);
    try {
      await lane.#logger.start();
      await until(`${name} to be live`, () => lane.#isLive(), LIVE_LIMIT_MS, LOOK_EVERY_MS);
    } catch (error) {
      await lane.discard();
      throw error;
    }
    return lane;
  }

  /** @param calmMs at the end of `durationMs`, without faults. */
  async run(durationMs: number, calmMs: number): Promise<void> {
    const [end, calm] = [AbortSignal.timeout(durationMs), AbortSignal.timeout(durationMs - calmMs)];
    const ends = new AbortController();
    const signal = AbortSignal.any([end, ends.signal]);
    const giveUp = (error: unknown): void => {
      this.#problems.push(describeError(error));
      ends.abort();
    };
    await Promise.all([
      this.#trouble.make(AbortSignal.any([calm, ends.signal])).catch(giveUp),
      this.#watch(signal).catch(giveUp),
      this.#ask(signal),
    ]);
  }

  /** A line of progress. */
  progress(): string {
    const { health, samples } = this.#sampler;
    const { compared, mismatches } = this.#witness.books;
    const live = health?.securities.filter(({ state }) => state === 'live').length ?? 0;
    const mebibytes = ((samples.at(-1)?.rssAnon ?? samples.at(-1)?.rss ?? 0) / 2 ** 20).toFixed(0);
    const done = sum(this.#trouble.counts);
    return `${this.#options.name}: ${live} of ${SECURITIES.length} live, ${mebibytes} MiB, ${done} faults and commands, ${compared} books compared, ${mismatches} mismatches`;
  }

  /** First, last and maximum of what has been measured so far. */
  measured(): string {
    return `${this.#options.name}: ${measuredText(figuresOf(this.#sampler.samples))}`;
  }

  /** Waits until everything is live, stops the logger and audits its archive. */
  async finish(say: (progress: string) => void): Promise<LoggerReport> {
    const { name, seed } = this.#options;
    const problems = this.#problems;
    await this.#settle().catch((error: unknown) => problems.push(describeError(error)));
    const stop = await this.#logger.end('SIGTERM');
    if (stop.code !== 0) problems.push(`it exited with ${stop.code ?? 'a kill'} instead of 0`);
    const found = await this.#audit(seed, (done) => say(`${name}: ${done}`)).catch(
      (error: unknown) => {
        problems.push(`the archive: ${describeError(error)}`);
        return null;
      },
    );
    problems.push(...(found?.problems ?? []));
    const { books, words } = this.#witness;
    if (books.mismatches > 0) problems.push(`${books.mismatches} books are wrong`);
    const { selfCheck, samples } = this.#sampler;
    if (selfCheck && selfCheck.mismatches > 0) problems.push('its self-check found mismatches');
    return {
      name,
      lives: this.#logger.lives,
      figures: figuresOf(samples),
      faults: this.#trouble.counts,
      refusals: this.#trouble.refusals,
      books,
      audit: found,
      selfCheck,
      stop,
      words,
      problems,
    };
  }

  /** Ends the processes and drops the database. */
  async discard(): Promise<void> {
    await this.#logger.end('SIGKILL');
    await this.#sandbox.close();
    await this.#store?.drop();
  }

  /** Kills the logger immediately, as this process is exiting. */
  kill(): void {
    this.#logger.kill();
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const random = seededRandom(`${this.#options.seed}/${this.#options.name}/asking`);
    while (!signal.aborted) {
      if (this.#logger.isUp) await this.#witness.ask();
      await sleep(clock, integerIn(random, ...ASK_PAUSE_MS), signal);
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for (let look = 0; !signal.aborted; look++) {
      if (this.#logger.isUp) {
        if (!this.#logger.isRunning) throw new Error('the logger has died');
        // It was just killed, or is too busy: the next sample follows soon.
        const isCollected = look % COLLECT_EVERY === 0;
        await this.#sampler.sample(isCollected).catch(() => undefined);
      }
      await sleep(clock, SAMPLE_EVERY_MS, signal);
    }
  }

  async #health(): Promise<HealthStatus> {
    return healthStatus(await this.#logger.client.unary('Health', {}));
  }

  async #isLive(): Promise<boolean> {
    const { securities, archive } = await this.#health();
    return (
      archive.reachable &&
      securities.length === SECURITIES.length &&
      securities.every(({ state }) => state === 'live')
    );
  }

  /** Waits until everything is live again and replicated. */
  async #settle(): Promise<void> {
    const isLive = (): Promise<boolean> => this.#isLive();
    await until('everything to be live again', isLive, LIVE_LIMIT_MS, LOOK_EVERY_MS);
    if (!this.#store) return;
    // An image seals the open block, which is replicated with it.
    await this.#logger.client.unary('Snapshot', { securities: ['all'] });
    const isReplicated = async (): Promise<boolean> => {
      const { archive } = await this.#health();
      return archive.reachable && archive.lag === 0;
    };
    await until('the store to have everything', isReplicated, REPLICATE_LIMIT_MS, LOOK_EVERY_MS);
  }

  #audit(seed: string, say: (progress: string) => void): Promise<Audit> {
    return audit(this.#store?.location ?? this.#dataDirectory, {
      securities: SECURITIES,
      sandbox: this.#sandbox,
      witness: this.#witness,
      random: seededRandom(`${seed}/${this.#options.name}/audit`),
      say,
    });
  }
}
