/** A running logger as a source: its `Market` service on the manager port, connected again whenever it is lost. */

import { connect } from '../../manager-cli/client.ts';
import type { LoggerClient } from '../../manager-cli/client.ts';
import type { History } from '../../manager-cli/history.ts';
import { LoggerHistory } from '../../manager-cli/logger-history.ts';
import type { Endpoint } from '../../manager-cli/endpoint.ts';
import { CliError, EXIT } from '../../manager-cli/exit-codes.ts';
import { describeError } from '../../logger/errors.ts';
import { backoffDelayMs } from '../../logger/runtime/backoff.ts';
import type { BackoffLimits } from '../../logger/runtime/backoff.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import type { Log } from '../../logger/runtime/log.ts';
import type { Random } from '../../logger/runtime/random.ts';
import { sleep } from '../../logger/runtime/timing.ts';
import type { VenueEvent } from '../market/events.ts';
import { RecorderClock } from '../market/recorder-clock.ts';
import { timeOfEvent } from '../market/events.ts';
import type { Venue } from '../market/venue.ts';
import { ChangeReader, instrumentOf } from './market-messages.ts';
import type { EventOptions, KnownInstrument, LiveSource } from './source.ts';

/** A restart of a logger takes seconds; its books are back soon after. */
const RECONNECT: BackoffLimits = { baseMs: 250, capMs: 5000 };

export interface LoggerSourceDeps {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** For one call. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'warning' | 'notice'>;
}

export class LoggerSource implements LiveSource {
  readonly name: string;
  readonly #deps: LoggerSourceDeps;
  readonly #recorders: RecorderClock;
  #client: LoggerClient | undefined;

  constructor(deps: LoggerSourceDeps) {
    this.name = deps.name;
    this.#deps = deps;
    this.#recorders = new RecorderClock(deps.clock);
  }

  /** @throws CliError: exit code 4 when the logger can't be reached, 3 when it rejects the key. */
  async instruments(signal: AbortSignal): Promise<readonly KnownInstrument[]> {
    const client = await this.#connected(signal);
    return (await client.unary('Instruments', {})).instruments.map(instrumentOf);
  }

  /** What it recorded. @throws CliError */
  async history(signal: AbortSignal): Promise<History> {
    return new LoggerHistory(await this.#connected(signal));
  }

  async #connected(signal: AbortSignal): Promise<LoggerClient> {
    const { endpoint, timeoutMs } = this.#deps;
    this.#client ??= await connect(endpoint, timeoutMs, signal);
    return this.#client;
  }

  /** @throws CliError when the first stream can't be opened, and whenever the key is rejected. */
  async events(
    venues: readonly Venue[],
    options: EventOptions,
    onEvent: (event: VenueEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, random, log } = this.#deps;
    const stream = new BooksStream(venues, options, this.#recorders, onEvent);
    for (let failures = 0; !signal.aborted; failures++) {
      await sleep(clock, backoffDelayMs(failures, random, RECONNECT), signal);
      if (signal.aborted) return;
      const hadBegun = stream.parts > 0;
      const before = stream.parts;
      let reason = 'the logger ended the stream';
      try {
        await stream.follow(await this.#connected(signal), signal);
      } catch (error) {
        if (signal.aborted) return;
        reason = describeError(error);
        if (!canRetry(error) || (!hadBegun && stream.parts === 0)) {
          stream.lose(reason);
          throw error;
        }
      }
      if (signal.aborted) return;
      stream.lose(reason);
      this.#drop();
      if (stream.parts > before) failures = -1;
      if (failures <= 0) log.warning(`${this.name}: ${reason}; connecting again`);
    }
  }

  #drop(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async close(): Promise<void> {
    this.#drop();
  }
}

/** Everything may pass, but a wrong key. */
function canRetry(error: unknown): boolean {
  return error instanceof CliError && error.exitCode !== EXIT.unauthenticated;
}

/** One `Books` call after another, as one stream of events. */
class BooksStream {
  readonly #venues: readonly Venue[];
  readonly #options: EventOptions;
  readonly #recorders: RecorderClock;
  readonly #onEvent: (event: VenueEvent) => void;
  /** When each venue's book was last known to be right; absent: it has none. */
  readonly #proven = new Map<Venue, number>();
  /** That came so far. */
  parts = 0;

  constructor(
    venues: readonly Venue[],
    options: EventOptions,
    recorders: RecorderClock,
    onEvent: (event: VenueEvent) => void,
  ) {
    this.#venues = venues;
    this.#options = options;
    this.#recorders = recorders;
    this.#onEvent = onEvent;
  }

  /** Until the logger or the signal ends it. @throws CliError, WireFormatError */
  async follow(client: LoggerClient, signal: AbortSignal): Promise<void> {
    const { topOnly = false, trades = false } = this.#options;
    const securities = this.#venues.map(({ security }) => security);
    const reader = new ChangeReader(this.#venues, () => this.#recorders.nowUs());
    const request = { securities, top: topOnly, trades };
    for await (const { changes } of client.stream('Books', request, { isEndless: true, signal })) {
      this.parts++;
      for (const change of changes) {
        const event = reader.read(change);
        if (event !== null) this.#emit(event);
      }
    }
  }

  /** What was proven is not known to be so any more. */
  lose(reason: string): void {
    const atUs = this.#recorders.nowUs();
    for (const [venue, sinceUs] of this.#proven) {
      this.#onEvent({ type: 'unproven', venue, sinceUs, atUs, reason, isOurs: true });
    }
    this.#proven.clear();
  }

  #emit(event: VenueEvent): void {
    if (event.type === 'unproven') this.#proven.delete(event.venue);
    else {
      const timeUs = timeOfEvent(event);
      this.#recorders.observe(timeUs);
      if (event.type !== 'trade') this.#proven.set(event.venue, timeUs);
    }
    this.#onEvent(event);
  }
}
