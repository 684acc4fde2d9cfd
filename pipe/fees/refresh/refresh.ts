/**
 * Asks the exchanges for what they publish, and makes of it a file of fees: only figures of coins and networks that
 * the table already has, each with its address and time.
 */

import { FeedClosedError, WireFormatError, describeError } from '../../../logger/errors.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import type { Transport } from '../../../logger/runtime/transport.ts';
import { isPlainObject } from '../../market/plain-json.ts';
import { mergeFees } from '../fee-file.ts';
import type { ExchangeFees, FeeOrigin, FeeTable } from '../fee-table.ts';
import { bitfinexFees } from './bitfinex.ts';
import { bitmexFees } from './bitmex.ts';
import { coinbaseFees } from './coinbase.ts';
import type { PublicFees, Published } from './published.ts';

/** The exchanges that publish fees without a key. */
export const PUBLIC_FEES: readonly PublicFees[] = [coinbaseFees, bitfinexFees, bitmexFees];

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 64 * 1024 * 1024;

export interface RefreshDeps {
  readonly transport: Pick<Transport, 'get'>;
  readonly nowUs: () => number;
  readonly signal: AbortSignal;
  /** The base address of an exchange, by its setting; undefined: the default. */
  readonly urlOf: (setting: string) => string | undefined;
}

export interface Refreshed {
  readonly exchange: string;
  /** What it says that the table has a place for: a part of a file. null: it did not answer. */
  readonly part: FilePart | null;
  /** Figures in it. */
  readonly figures: number;
  /** Why it did not answer, or not with what it publishes; null: it did. */
  readonly error: string | null;
}

type Figures = Readonly<Record<string, unknown>>;

/** Of one exchange, as a file has it. */
export interface FilePart {
  readonly figures: Figures;
  readonly networks: readonly {
    readonly coin: string;
    readonly network: string;
    readonly figures: Figures;
  }[];
  readonly origin: FeeOrigin;
}

/** Asks one exchange. Never throws: an exchange that does not answer says so. */
export async function refreshExchange(
  source: PublicFees,
  table: FeeTable,
  deps: RefreshDeps,
): Promise<Refreshed> {
  const { exchange } = source;
  const base = (deps.urlOf(source.setting) ?? source.defaultUrl).replace(/\/+$/, '');
  try {
    const answers: unknown[] = [];
    for (const path of source.paths) answers.push(await answerOf(base + path, deps));
    const readAt = formatTimeUs(deps.nowUs()).replace(/\.\d+Z$/, 'Z');
    const fees = table.exchanges[exchange];
    const part = fees
      ? partOf(source.read(answers), fees, { source: base + source.paths[0], readAt })
      : null;
    const figures = part ? countOf(part) : 0;
    if (part === null || figures === 0) {
      throw new WireFormatError('nothing in its answer is in the table', {
        context: { kind: 'fees' },
      });
    }
    // What can't be a figure is not written into a file.
    const refreshed = { exchange, part, figures, error: null };
    mergeFees(table, fileWith({}, [refreshed]), part.origin);
    return refreshed;
  } catch (error) {
    return { exchange, part: null, figures: 0, error: describeError(error) };
  }
}

async function answerOf(url: string, { transport, signal }: RefreshDeps): Promise<unknown> {
  const headers = { accept: 'application/json', 'user-agent': 'orderbook-pipe' };
  const options = { headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, signal };
  const { status, body } = await transport.get(url, options);
  if (status !== 200) throw new FeedClosedError(`${url} answers with status ${status}`);
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new WireFormatError(`${url} does not answer with JSON`, {
      context: { kind: 'fees' },
      cause: error,
    });
  }
}

function partOf({ figures, networks }: Published, fees: ExchangeFees, origin: FeeOrigin): FilePart {
  const inTable = networks.filter(
    ({ coin, network }) =>
      Object.hasOwn(fees.coins, coin) && fees.coins[coin]?.some(({ name }) => name === network),
  );
  return { figures, networks: inTable, origin };
}

function countOf({ figures, networks }: FilePart): number {
  const all = [figures, ...networks.map((each) => each.figures)];
  return all.reduce((sum, each) => sum + Object.keys(each).length, 0);
}

/** A file with parts over what it has already. @param file as it was read: a valid one. */
export function fileWith(
  file: Readonly<Record<string, unknown>>,
  parts: readonly (Refreshed & { readonly part: FilePart })[],
): Readonly<Record<string, unknown>> {
  const exchanges: Record<string, unknown> = { ...objectAt(file['exchanges']) };
  for (const { exchange, part } of parts) {
    const was = objectAt(exchanges[exchange]);
    const coins: Record<string, unknown> = { ...objectAt(was['coins']) };
    for (const { coin, network, figures } of part.networks) {
      const list: readonly unknown[] = Array.isArray(coins[coin]) ? coins[coin] : [];
      const named = list.map(objectAt);
      const known = named.find(({ name }) => name === network) ?? { name: network };
      const changed = withFigures(known, figures, part.origin);
      coins[coin] = [...named.filter(({ name }) => name !== network), changed];
    }
    exchanges[exchange] = { ...withFigures(was, part.figures, part.origin), coins };
  }
  return { ...file, exchanges };
}

function withFigures(entry: Figures, figures: Figures, origin: FeeOrigin): Figures {
  const names = Object.keys(figures);
  if (names.length === 0) return entry;
  const origins = Object.fromEntries(names.map((name) => [name, origin]));
  return { ...entry, ...figures, origins: { ...objectAt(entry['origins']), ...origins } };
}

function objectAt(value: unknown): Readonly<Record<string, unknown>> {
  return isPlainObject(value) ? value : {};
}
