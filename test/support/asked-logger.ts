/**
 * The real logger on fake exchanges, queried only as its users query it: with the CLI (of the running
 * logger or of its archive) and over gRPC.
 */

import { RawClient, bearer, cli } from '../manager/fixture.ts';
import type { CliOptions, CliRun } from '../manager/fixture.ts';
import { CREDENTIALS } from './coinbase-frames.ts';
import type { FakeBinance } from './fake-binance.ts';
import { FakeCoinbase } from './fake-coinbase.ts';
import { TEST_KEY, startTestLogger } from './test-logger.ts';
import type { TestLogger } from './test-logger.ts';
import { until } from './until.ts';

export const BTC_USD = 'coinbase:BTC-USD';

export const WITH_KEY = {
  COINBASE_API_KEY: CREDENTIALS.key,
  COINBASE_API_SECRET: CREDENTIALS.secret,
  COINBASE_API_PASSPHRASE: CREDENTIALS.passphrase,
} as const;

export class AskedLogger {
  readonly coinbase: FakeCoinbase;
  readonly #logger: TestLogger;
  readonly #client: RawClient;

  private constructor(logger: TestLogger, coinbase: FakeCoinbase) {
    this.#logger = logger;
    this.coinbase = coinbase;
    this.#client = new RawClient(logger.port);
  }

  /** @param prepare changes how the fake Coinbase behaves before the logger connects. */
  static async start(
    env: Readonly<Record<string, string>>,
    prepare: (coinbase: FakeCoinbase) => void = () => undefined,
    binance?: FakeBinance,
  ): Promise<AskedLogger> {
    const coinbase = await FakeCoinbase.start();
    prepare(coinbase);
    const { wsUrl, restUrl } = coinbase;
    const urls = { COINBASE_WS_URL: wsUrl, COINBASE_REST_URL: restUrl };
    try {
      const settings = { SECURITIES: BTC_USD, ...urls, ...env };
      const logger = await startTestLogger(binance ?? coinbase, settings);
      return new AskedLogger(logger, coinbase);
    } catch (error) {
      await coinbase.close();
      throw error;
    }
  }

  get dataDirectory(): string {
    return this.#logger.dataDirectory;
  }

  /** Errors that would have ended the process. */
  get fatal(): readonly unknown[] {
    return this.#logger.fatal;
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.#logger.discard();
    await this.coinbase.close();
  }

  /** Runs one command line of the CLI. */
  manager(line: string, options: CliOptions = {}): Promise<CliRun> {
    const env = { MANAGER_AUTHKEY: TEST_KEY };
    return cli(line.split(' '), { port: this.#logger.port, env, ...options });
  }

  /** Queries the archive directory while the logger is running. */
  archive(line: string): Promise<CliRun> {
    return cli([...line.split(' '), '--archive', this.dataDirectory]);
  }

  /** Sends a query to both. The logger comes first, since it flushes before it answers. */
  async both(line: string): Promise<readonly [CliRun, CliRun]> {
    const asked = await this.manager(line);
    return [asked, await this.archive(line)];
  }

  /** Collects all messages of a streaming call. */
  async stream(method: string, request: object): Promise<any[]> {
    const parts: any[] = [];
    const call = this.#client.stream(method, request, bearer(TEST_KEY));
    for await (const part of call) parts.push(part);
    return parts;
  }

  async unary(method: string, request: object): Promise<any> {
    return (await this.#client.unary(method, request, bearer(TEST_KEY))).response;
  }

  /** Resolves when Coinbase has confirmed the subscription of a product. */
  async subscribed(product = 'BTC-USD'): Promise<void> {
    await until(`${product} to be subscribed`, () => this.coinbase.carrying(product).length > 0);
  }

  /** The line of `list --json` about a security, once `check` holds for it. */
  async listed(
    what: string,
    check: (row: any) => boolean,
    security: string = BTC_USD,
  ): Promise<any> {
    let row: any;
    const told = (): string => `${security} to be ${what}: ${JSON.stringify(row)}`;
    return until(told, async () => {
      const { json } = await this.manager('list --json');
      row = json.find((each: any) => each.security === security);
      return row !== undefined && check(row) ? row : undefined;
    });
  }

  /** Sends messages of `full`, and resolves with the book after the last sequenced one. */
  async hears(...messages: readonly Readonly<Record<string, unknown>>[]): Promise<any> {
    for (const message of messages) this.coinbase.send(message);
    const last = messages.findLast(({ sequence }) => sequence !== undefined);
    const sequence = String(last?.['sequence']);
    await this.listed(`live at ${sequence}`, (row) => {
      return row.state === 'live' && row.sequence === sequence;
    });
    return (await this.manager(`book ${BTC_USD} --json`)).json;
  }
}
