/** Ports and clients of one test file: closed after each test, last opened first. */

import { afterEach } from 'vitest';
import { RawClient, startPort } from './fixture.ts';
import type { Port } from './fixture.ts';

export const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A manager port over fakes, and a client for it. */
export async function open(
  options: Parameters<typeof startPort>[0] = {},
): Promise<[Port, RawClient]> {
  const port = await startPort(options);
  closers.push(() => port.close(0));
  const client = new RawClient(port.port);
  closers.push(() => client.close());
  return [port, client];
}
