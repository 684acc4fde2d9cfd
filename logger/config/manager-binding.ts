/**
 * Decides whether the manager port may be bound to the configured host: a pure decision over three
 * facts. Whether the host is loopback depends on the addresses it resolves to, not on its spelling:
 * `0.0.0.0`, `::` and a name that resolves to anything but loopback are open to others.
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
  /** `plain-allowed`: without TLS, as the operator explicitly wants. */
  readonly transport: 'plain' | 'plain-allowed' | 'tls' | 'mutual-tls';
}

/** Start, start with a warning, or reject. */
export type BindingVerdict =
  'start' | 'warn-default-key' | 'warn-plaintext' | 'reject-weak-key' | 'reject-plaintext';

/**
 * The whole matrix. A client certificate does not make up for a weak key: many users may share the
 * machine it is on, and the key decides which of them may control the logger.
 */
export function judgeBinding({ isLoopback, key, transport }: ManagerBinding): BindingVerdict {
  if (isLoopback) return key === 'default' ? 'warn-default-key' : 'start';
  if (key !== 'long') return 'reject-weak-key';
  switch (transport) {
    case 'plain':
      return 'reject-plaintext';
    case 'plain-allowed':
      return 'warn-plaintext';
    case 'tls':
    case 'mutual-tls':
      return 'start';
  }
}

/**
 * @param keySource the setting that the key came from, for the message.
 * @returns a warning, or undefined.
 * @throws ConfigError if strangers could get in.
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
      return 'MANAGER_AUTHKEY is the default key: anyone with an account on this machine can control the logger';
    case 'warn-plaintext':
      return `The manager port is open on ${named.host} without TLS: keys and data are sent in plaintext`;
    case 'reject-weak-key':
      throw new ConfigError(
        `${named.keySource} is the default or shorter than ${MIN_OPEN_KEY_CHARACTERS} characters, which is not enough for ` +
          `MANAGER_HOST ${host}: make one with "openssl rand -base64 32", or bind to 127.0.0.1`,
      );
    case 'reject-plaintext':
      throw new ConfigError(
        `MANAGER_HOST ${host} is not loopback, and without TLS the key would be sent in plaintext: set MANAGER_TLS_CERT ` +
          'and MANAGER_TLS_KEY, bind to 127.0.0.1, or set MANAGER_ALLOW_PLAINTEXT=true',
      );
  }
}

/** @throws ConfigError for a name that can't be resolved. */
export async function isLoopbackHost(host: string): Promise<boolean> {
  const addresses = isIP(host) ? [host] : await resolve(host);
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
