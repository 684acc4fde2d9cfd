/**
 * The recordings that the benchmark runs on: those of ../shared/recordings, or all that it can read in
 * a folder of one's own (`--data`). A file is known by its first lines, not by its name.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync, constants } from 'node:zlib';
import { BINANCE_FILES, recordingsPath } from './recordings.ts';
import { decompress } from './zstd.ts';

/** One symbol of Binance. */
export interface BinanceData {
  /** In upper case. */
  readonly symbol: string;
  /** Paths, in the order of their names, which must be the order of time. */
  readonly files: readonly string[];
}

export interface BenchData {
  /** As the report shows it. */
  readonly name: string;
  /** Of ../shared/recordings: what is made from a seed is measured beside them. */
  readonly isDefault: boolean;
  readonly binance: readonly BinanceData[];
  /** Paths of recordings of Coinbase's `full` channel. */
  readonly coinbase: readonly string[];
  /** Names of files in the folder that are no recordings of these kinds. */
  readonly ignored: readonly string[];
}

const DEFAULT_COINBASE = 'coinbase-full-btcusd-20160312-1.in.gz';
const HEAD_BYTES = 256 * 1024;

/** The recordings of ../shared/recordings; undefined: there are none. */
export function defaultData(): BenchData | undefined {
  const folder = recordingsPath();
  if (folder === undefined) return undefined;
  const files = BINANCE_FILES.map((file) => join(folder, file));
  return {
    name: 'recordings in ../shared',
    isDefault: true,
    binance: [{ symbol: 'BTCUSDT', files }],
    coinbase: [join(folder, DEFAULT_COINBASE)],
    ignored: [],
  };
}

/**
 * All recordings in a folder.
 * @throws Error when it has none.
 */
export function dataIn(folder: string): BenchData {
  const bySymbol = new Map<string, string[]>();
  const coinbase: string[] = [];
  const ignored: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    const path = resolve(folder, name);
    if (!statSync(path).isFile()) continue;
    const kind = kindOf(path);
    if (kind === undefined) ignored.push(name);
    else if (kind === 'coinbase') coinbase.push(path);
    else bySymbol.set(kind.symbol, [...(bySymbol.get(kind.symbol) ?? []), path]);
  }
  if (bySymbol.size === 0 && coinbase.length === 0) {
    throw new Error(
      `No recordings in ${folder}: files of lines "<receive ns> <Binance frame>" ` +
        `or "<local time> <Coinbase full message>", plain, .gz or .zst`,
    );
  }
  const binance = [...bySymbol].map(([symbol, files]) => ({ symbol, files }));
  return { name: 'recordings given with --data', isDefault: false, binance, coinbase, ignored };
}

function kindOf(path: string): { readonly symbol: string } | 'coinbase' | undefined {
  const head = headOf(path).split('\n').slice(0, -1);
  for (const line of head) {
    const stream = /^\d{16,19} \{"stream":"([a-z0-9]+)@/.exec(line);
    if (stream?.[1] !== undefined) return { symbol: stream[1].toUpperCase() };
    if (/^\d{4}-\d\d-\d\d \S+ \{.*"order_id"/.test(line)) return 'coinbase';
  }
  return undefined;
}

/** The beginning of its text. */
function headOf(path: string): string {
  const bytes = readFileSync(path);
  try {
    if (path.endsWith('.gz')) {
      const options = { finishFlush: constants.Z_SYNC_FLUSH };
      return gunzipSync(bytes.subarray(0, HEAD_BYTES), options).toString('utf8');
    }
    const text = path.endsWith('.zst') ? decompress(bytes) : bytes;
    return Buffer.from(text.subarray(0, HEAD_BYTES)).toString('utf8');
  } catch {
    // Damaged or of another kind: it is listed as ignored.
    return '';
  }
}
