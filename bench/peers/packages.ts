/**
 * The packages that the benchmark compares the logger with. They are dependencies of `bench/` alone
 * (`bench/package.json`): without them the groups run, and say which peers are missing.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const INSTALL_PEERS = 'npm ci --prefix bench';

/** What is imported of each; ccxt's adapter of one exchange alone, since all of them take seconds. */
const ENTRIES = {
  'tardis-dev': 'dist/index.js',
  ccxt: 'js/src/pro/binance.js',
  'js-sdsl': 'dist/cjs/index.js',
  'nodejs-order-book': 'dist/cjs/index.js',
  hyparquet: 'src/node.js',
  'hyparquet-writer': 'src/node.js',
} as const;

export type PeerName = keyof typeof ENTRIES;

export interface Peer<Module> {
  readonly module: Module;
  /** Name and version, as the report shows it. */
  readonly title: string;
}

export class Peers {
  /** Peers that a group asked for and that are not installed, or cannot be loaded. */
  readonly missing = new Set<string>();
  readonly #folder: string;

  constructor(folder = resolve('bench', 'node_modules')) {
    this.#folder = folder;
  }

  /** undefined: it is not installed, or cannot be loaded. */
  async load<Module>(name: PeerName): Promise<Peer<Module> | undefined> {
    const entry = join(this.#folder, name, ENTRIES[name]);
    if (!existsSync(entry)) {
      this.missing.add(name);
      return undefined;
    }
    const { version } = JSON.parse(
      readFileSync(join(this.#folder, name, 'package.json'), 'utf8'),
    ) as { readonly version: string };
    try {
      const module = (await import(pathToFileURL(entry).href)) as Module;
      return { module, title: `${name} ${version}` };
    } catch (error) {
      this.missing.add(`${name} (cannot be loaded: ${String(error)})`);
      return undefined;
    }
  }
}
