/**
 * Whether the manager port may be opened where the settings want it: a pure decision over three
 * facts. The first rests on the addresses that the host really stands for, not on its spelling:
 * `0.0.0.0`, `::` and a name that leads anywhere but to loopback are open to others.
 */

import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { ConfigError, describeError } from '../errors.ts';

/** A key shorter than this can be guessed. */
export const MIN_OPEN_KEY_CHARACTERS = 16;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export interface ManagerBinding {
  readonly isLoopback: boolean;
  readonly key: 'default' | 'short' | 'long';
  /** `plain-allowed`: in the clear, and the operator has said that he wants it so. */
  readonly transport: 'plain' | 'plain-allowed' | 'tls' | 'mutual-tls';
}

/** `start` with nothing more to say, `start` with something to warn of, or a refusal. */
export type BindingVerdict =
  'start' | 'warn-default-key' | 'warn-in-the-clear' | 'refuse-weak-key' | 'refuse-in-the-clear';

/**
 * The whole matrix. A certificate of the client does not make up for a weak key: it may lie on a
 * machine of many, and the key is what says who of them may steer the logger.
 */
export function judgeBinding({ isLoopback, key, transport }: ManagerBinding): BindingVerdict {
  if (isLoopback) return key === 'default' ? 'warn-default-key' : 'start';
  if (key !== 'long') return 'refuse-weak-key';
  switch (transport) {
    case 'plain':
      return 'refuse-in-the-clear';
    case 'plain-allowed':
      return 'warn-in-the-clear';
    case 'tls':
    case 'mutual-tls':
      return 'start';
  }
}

/**
 * @param keySource the setting that the key came from, for the message.
 * @returns what to warn of, or undefined.
 * @throws ConfigError when the binding would let strangers in.
 */
export function checkBinding(
  binding: ManagerBinding,
  named: { readonly host: string; readonly keySource: string },
): string | undefined {
  const host = JSON.stringify(named.host);
  const verdict = judgeBinding(binding);
  switch (verdict) {
    case 'start':
      return undefined;
    case 'warn-default-key':
      return 'MANAGER_AUTHKEY is the default key: anyone with an account on this machine can steer the logger';
    case 'warn-in-the-clear':
      return `The manager port is open on ${named.host} without TLS: keys and answers travel in the clear`;
    case 'refuse-weak-key':
      throw new ConfigError(
        `${named.keySource} is the default or shorter than ${MIN_OPEN_KEY_CHARACTERS} characters, which is not enough for ` +
          `MANAGER_HOST ${host}: make one with "openssl rand -base64 32", or bind to 127.0.0.1`,
      );
    case 'refuse-in-the-clear':
      throw new ConfigError(
        `MANAGER_HOST ${host} is not loopback, and without TLS the key would travel in the clear: set MANAGER_TLS_CERT ` +
          'and MANAGER_TLS_KEY, bind to 127.0.0.1, or set MANAGER_ALLOW_PLAINTEXT=true',
      );
  }
}

/** @throws ConfigError for a name that leads nowhere. */
export async function isLoopbackHost(host: string): Promise<boolean> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(bare) ? [bare] : await resolve(host);
  return addresses.every((address) =>
    loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  );
}

async function resolve(host: string): Promise<string[]> {
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    throw new ConfigError(
      `MANAGER_HOST ${JSON.stringify(host)} is not valid: ${describeError(error)}`,
      { cause: error },
    );
  }
}
