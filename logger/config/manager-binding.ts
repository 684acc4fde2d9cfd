/**
 * Whether the manager port may be opened where the settings want it. The decision rests on the
 * addresses that the host really stands for, not on its spelling: `0.0.0.0`, `::` and a name that
 * leads anywhere but to loopback are open to others.
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
  readonly host: string;
  readonly authkey: string;
  readonly isDefaultKey: boolean;
  readonly isPlaintextAllowed: boolean;
}

/**
 * @returns what to warn of, or undefined.
 * @throws ConfigError when the binding would let strangers in.
 */
export async function checkManagerBinding(binding: ManagerBinding): Promise<string | undefined> {
  if (await isLoopbackHost(binding.host)) {
    return binding.isDefaultKey
      ? 'MANAGER_AUTHKEY is the default key: anyone with an account on this machine can steer the logger'
      : undefined;
  }
  if (binding.isDefaultKey || binding.authkey.length < MIN_OPEN_KEY_CHARACTERS) {
    throw new ConfigError(
      `MANAGER_AUTHKEY is the default or shorter than ${MIN_OPEN_KEY_CHARACTERS} characters, which is not enough for ` +
        `MANAGER_HOST ${JSON.stringify(binding.host)}: make one with "openssl rand -base64 32", or bind to 127.0.0.1`,
    );
  }
  if (!binding.isPlaintextAllowed) {
    throw new ConfigError(
      `MANAGER_HOST ${JSON.stringify(binding.host)} is not loopback, and without TLS the key would travel in the clear: ` +
        'bind to 127.0.0.1, or set MANAGER_ALLOW_PLAINTEXT=true',
    );
  }
  return `The manager port is open on ${binding.host} without TLS: keys and answers travel in the clear`;
}

async function isLoopbackHost(host: string): Promise<boolean> {
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
