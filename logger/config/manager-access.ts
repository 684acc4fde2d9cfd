/**
 * Keys and certificates of the manager port. Their files may be replaced while the logger runs, so they
 * come with a function that reads them again.
 */

import { MIN_OPEN_KEY_CHARACTERS, checkBinding, isLoopbackHost } from './manager-binding.ts';
import type { ManagerBinding } from './manager-binding.ts';
import type { ManagerAccess, ManagerTls } from '../manager/gate/access.ts';
import { readManagerTls } from './manager-tls.ts';
import { readRotatingSecret } from './secrets.ts';
import type { Environment } from './secrets.ts';

interface AccessSettings {
  readonly host: string;
  readonly defaultKey: string;
  readonly isPlaintextAllowed: boolean;
}

/**
 * @returns a function that reads and checks the current keys and certificates; it throws ConfigError.
 * @throws ConfigError for a host that can't be resolved.
 */
export async function managerAccessReader(
  environment: Environment,
  settings: AccessSettings,
): Promise<() => ManagerAccess> {
  const isLoopback = await isLoopbackHost(settings.host);
  return () => readAccess(environment, { ...settings, isLoopback });
}

function readAccess(
  environment: Environment,
  settings: AccessSettings & { readonly isLoopback: boolean },
): ManagerAccess {
  const { host, defaultKey, isPlaintextAllowed, isLoopback } = settings;
  const given = readRotatingSecret(environment, 'MANAGER_AUTHKEY', 'authkey');
  const secrets =
    given.secrets.length > 0 ? given.secrets : [{ secret: defaultKey, source: 'MANAGER_AUTHKEY' }];
  const { tls, warnings } = readManagerTls(environment, Date.now());
  const transport = transportOf(tls, isPlaintextAllowed);
  const bindingWarnings = secrets.flatMap(({ secret, source }) => {
    const key = strengthOf(secret, defaultKey);
    return checkBinding({ isLoopback, key, transport }, { host, keySource: source }) ?? [];
  });
  return Object.freeze({
    keys: secrets.map(({ secret }) => secret),
    tls,
    warnings: [...new Set([...bindingWarnings, ...given.warnings, ...warnings])],
  });
}

function strengthOf(key: string, defaultKey: string): ManagerBinding['key'] {
  if (key === defaultKey) return 'default';
  return key.length < MIN_OPEN_KEY_CHARACTERS ? 'short' : 'long';
}

function transportOf(
  tls: ManagerTls | null,
  isPlaintextAllowed: boolean,
): ManagerBinding['transport'] {
  if (tls !== null) return tls.clientCa === null ? 'tls' : 'mutual-tls';
  return isPlaintextAllowed ? 'plain-allowed' : 'plain';
}
