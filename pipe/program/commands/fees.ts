import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { ConfigError, InvalidArgumentError, describeError } from '../../../logger/errors.ts';
import { createNetwork } from '../../../logger/service/network.ts';
import { loadProxies } from '../../../logger/service/proxy.ts';
import type { Proxies } from '../../../logger/service/proxy.ts';
import { flag, text } from '../../../manager-cli/arguments.ts';
import { valued } from '../../../manager-cli/command.ts';
import { EXIT, usageError } from '../../../manager-cli/exit-codes.ts';
import type { ExitCode } from '../../../manager-cli/exit-codes.ts';
import type { Io } from '../../../manager-cli/io.ts';
import { paintFor } from '../../../manager-cli/style.ts';
import { renderTable } from '../../../manager-cli/table.ts';
import { ageWarning } from '../../fees/age.ts';
import type { FeeTable } from '../../fees/fee-table.ts';
import { loadFees } from '../../fees/load-fees.ts';
import { PUBLIC_FEES, fileWith, refreshExchange } from '../../fees/refresh/refresh.ts';
import type { FilePart, RefreshDeps, Refreshed } from '../../fees/refresh/refresh.ts';
import { isPlainObject } from '../../market/plain-json.ts';
import type { PipeCommand, PipeSession } from '../command.ts';
import { NETWORK_COLUMNS, TRADE_COLUMNS, networkRows, tradeRows } from './fee-rows.ts';

export const feesCommand: PipeCommand = {
  usage: 'fees',
  describe: 'Show what trading and moving coins costs, and how long it takes; or refresh it',
  options: {
    fees: valued('Your own figures: a JSON file, over the defaults'),
    refresh: {
      type: 'boolean',
      describe: 'Read what exchanges publish without a key, and write it into the file of --fees',
    },
    exchange: { ...valued('Only these exchanges: binance,bybit'), defaultDescription: 'all' },
  },
  needsNoLogger: true,
  examples: [
    ['fees --exchange binance', 'the defaults, and where they are from'],
    ['fees --refresh --fees fees.json', 'what is public now, in a file for --fees'],
  ],
  run: async (session) => {
    const { args } = session;
    const path = text(args, 'fees');
    const isRefresh = flag(args, 'refresh');
    if (!isRefresh) return show(session, path, null);
    if (path === undefined) throw usageError('--refresh needs --fees FILE: where to keep it');
    const refreshed = await refresh(session, path);
    await show(session, path, refreshed);
    return refreshed.some(({ error }) => error === null) ? EXIT.done : EXIT.failed;
  },
};

async function show(
  session: PipeSession,
  path: string | undefined,
  refreshed: readonly Refreshed[] | null,
): Promise<ExitCode> {
  const { args, clock, io, out } = session;
  const hasFile = path !== undefined && (refreshed === null || exists(path));
  const { table, id } = loadFees(hasFile ? path : undefined);
  const { exchanges } = chosen(table, text(args, 'exchange'));
  const nowUs = clock.nowUs();
  const warning = ageWarning(table, nowUs, Object.keys(exchanges));
  if (out.isJson) {
    const results = refreshed?.map(({ exchange, figures, error }) => ({
      exchange,
      figures,
      error,
    }));
    await out.json({ id, ...(results && { refreshed: results }), warning, exchanges });
    return EXIT.done;
  }
  const paint = paintFor(io.stdout, io.env);
  const width = out.tableWidth;
  const parts = [
    renderTable(TRADE_COLUMNS, tradeRows({ exchanges }, nowUs), paint, width),
    renderTable(NETWORK_COLUMNS, networkRows({ exchanges }, nowUs), paint, width),
  ];
  for (const line of parts
    .map((lines) => lines.join('\n'))
    .join('\n\n')
    .split('\n')) {
    await out.line(line);
  }
  for (const { exchange, figures, error } of refreshed ?? []) {
    out.note(
      error === null
        ? `${exchange}: ${figures} figures read`
        : `${exchange}: did not answer, its old figures stay: ${error}`,
    );
  }
  if (warning !== null) out.note(`warning: ${warning}`);
  return EXIT.done;
}

/** @throws the usage error for one that the table does not have. */
function chosen({ exchanges }: FeeTable, names: string | undefined): FeeTable {
  if (names === undefined) return { exchanges };
  const entries = names.split(',').map((name) => {
    const fees = Object.hasOwn(exchanges, name) ? exchanges[name] : undefined;
    if (fees) return [name, fees] as const;
    throw usageError(
      `--exchange: ${JSON.stringify(name.slice(0, 60))} is not in the table: ${Object.keys(exchanges).join(', ')}`,
    );
  });
  return { exchanges: Object.fromEntries(entries) };
}

/** Asks them side by side; what at least one has answered is in the file afterwards. */
async function refresh(session: PipeSession, path: string): Promise<readonly Refreshed[]> {
  const { args, clock, io, signal } = session;
  const file = exists(path) ? readFile(path) : {};
  const { table } = loadFees(exists(path) ? path : undefined);
  const wanted = chosen(table, text(args, 'exchange')).exchanges;
  const sources = PUBLIC_FEES.filter(({ exchange }) => Object.hasOwn(wanted, exchange));
  if (sources.length === 0) {
    const names = PUBLIC_FEES.map(({ exchange }) => exchange).join(', ');
    throw usageError(`--exchange: only these publish fees without a key: ${names}`);
  }
  const deps: RefreshDeps = {
    transport: createNetwork(clock, await proxiesIn(io.env)),
    nowUs: () => clock.nowUs(),
    signal,
    urlOf: (setting) => io.env[setting] || undefined,
  };
  const refreshed = await Promise.all(
    sources.map((source) => refreshExchange(source, table, deps)),
  );
  signal.throwIfAborted();
  const answered = refreshed.filter(
    (each): each is Refreshed & { readonly part: FilePart } => each.part !== null,
  );
  if (answered.length > 0) replaceFile(path, fileWith(file, answered));
  return refreshed;
}

/** By the variables that a logger and other programs go by, too. */
function proxiesIn(env: Io['env']): Promise<Proxies> {
  const valueOf = (name: string): string => env[name] || env[name.toLowerCase()] || '';
  const proxyOf = (name: string): string | null => {
    const value = valueOf(name);
    if (value === '') return null;
    if (URL.canParse(value)) return value;
    throw new ConfigError(`${name} is not the address of a proxy`);
  };
  return loadProxies({
    https: proxyOf('HTTPS_PROXY'),
    http: proxyOf('HTTP_PROXY'),
    except: valueOf('NO_PROXY').split(','),
  });
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function readFile(path: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isPlainObject(content)) return content;
  } catch (error) {
    throw new InvalidArgumentError(`The fees in ${path} can't be used: ${describeError(error)}`);
  }
  throw new InvalidArgumentError(`The fees in ${path} can't be used: it is not an object`);
}

/** Whole or not at all. */
function replaceFile(path: string, content: unknown): void {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`);
    renameSync(temporary, path);
  } catch (error) {
    throw new ConfigError(`${path} can't be written: ${describeError(error)}`, { cause: error });
  }
}
