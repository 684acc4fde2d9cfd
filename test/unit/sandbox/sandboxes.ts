/** Sandboxes and clients for tests; all are closed after each test. */

import { afterEach } from 'vitest';
import { profileOf } from '../../../sandbox/market/symbols.ts';
import type { SymbolProfile } from '../../../sandbox/market/symbols.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import type { Sandbox, SandboxOptions } from '../../../sandbox/sandbox.ts';
import { PlainClient } from '../../support/plain-client.ts';
import { PlainCoinbase } from '../../support/plain-coinbase.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** BTCUSDT and ETHUSDT with few levels, which are quick to open. */
export function smallMarkets(): SymbolProfile[] {
  return ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ ...profileOf(symbol), depthLevels: 300 }));
}

/** By default with small, busy markets. */
export async function sandboxOf(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ symbols: smallMarkets(), pace: 600, ...options });
  closers.push(() => sandbox.close());
  return sandbox;
}

/** A client of the sandbox's Binance, or of another server that speaks its protocol. */
export async function clientOf(
  server: Sandbox | { readonly wsUrl: string; readonly restUrl: string },
  options: {
    readonly symbol?: string;
    readonly path?: string;
    readonly autoPong?: boolean;
    readonly streams?: readonly string[];
  } = {},
): Promise<PlainClient> {
  const urls = 'venues' in server ? server.venues.binance : server;
  const client = new PlainClient(urls, options.symbol ?? 'BTCUSDT', options);
  closers.push(() => client.close());
  await client.open();
  if (options.streams) await client.subscribe(...options.streams);
  return client;
}

/** The streams of a client that keeps a book. */
export const STREAMS = ['depth@100ms', 'trade'];

/** A sandbox and a client whose book of BTCUSDT is in sync. */
export async function synchronised(): Promise<{ sandbox: Sandbox; client: PlainClient }> {
  const sandbox = await sandboxOf();
  const client = await clientOf(sandbox, { streams: STREAMS });
  await client.synchronise();
  return { sandbox, client };
}

export async function coinbaseClientOf(sandbox: Sandbox): Promise<PlainCoinbase> {
  const client = new PlainCoinbase(sandbox.venues.coinbase);
  closers.push(() => client.close());
  return client.open();
}

export function closeAfter(close: () => Promise<void> | void): void {
  closers.push(close);
}
