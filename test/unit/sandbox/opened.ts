/** Sandboxes and clients of one test file, closed after each test whatever became of it. */

import { afterEach } from 'vitest';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import type { Sandbox, SandboxOptions } from '../../../sandbox/sandbox.ts';
import { PlainClient } from '../../support/plain-client.ts';
import { PlainCoinbase } from '../../support/plain-coinbase.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A small, brisk market, unless the test says otherwise. */
export async function sandboxOf(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ symbols: ['BTCUSDT', 'ETHUSDT'], pace: 600, ...options });
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

export async function coinbaseClientOf(sandbox: Sandbox): Promise<PlainCoinbase> {
  const client = new PlainCoinbase(sandbox.venues.coinbase);
  closers.push(() => client.close());
  return client.open();
}

export function closeAfter(close: () => Promise<void> | void): void {
  closers.push(close);
}
