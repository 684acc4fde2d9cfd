/** Reads secrets from a variable, from a file that a variable names, or from systemd's credentials. */

import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError, describeError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The directory in which `service-setup.sh` installs settings and secrets. */
const INSTALLED = '/etc/finTechApp_logger';

/** The text of a secret and the setting that it came from, for messages. */
export interface Secret {
  readonly secret: string;
  readonly source: string;
}

/** A file that holds a secret, and the setting that named it. */
interface SecretFile {
  readonly variable: string;
  readonly path: string;
}

/**
 * @param name the variable; `<name>_FILE` names a file instead.
 * @param credential the file's name in `$CREDENTIALS_DIRECTORY`.
 * @param parse throws a ConfigError for a secret that is not valid; it comes before the check that a
 *   file holds one line, and may explain more.
 * @returns null if unset.
 * @throws ConfigError, which never holds the secret.
 */
export function readSecret<T>(
  environment: Environment,
  name: string,
  credential: string,
  parse: (secret: Secret) => T,
): T | null {
  const file = secretFile(environment, name, credential);
  if (file) return readSecretFile(file, parse);
  const secret = environment[name]?.trim();
  return secret ? parse({ secret, source: name }) : null;
}

/** A secret that can be replaced while it is in use. */
export interface RotatingSecret {
  /** All that are accepted: the current one, then the next one if there is one. Empty: none is set. */
  readonly secrets: readonly Secret[];
  readonly warnings: readonly string[];
}

/**
 * Like `readSecret`, but a second file with `.next` appended to its name may hold the next secret.
 * A secret in the variable itself has no next one: it can't change while the program runs.
 */
export function readRotatingSecret(
  environment: Environment,
  name: string,
  credential: string,
  installed: string = INSTALLED,
): RotatingSecret {
  const given = secretFile(environment, name, credential);
  const file = given && replaceable(given, credential, installed);
  if (file === undefined) {
    const secret = environment[name]?.trim();
    return { secrets: secret ? [{ secret, source: name }] : [], warnings: [] };
  }
  const files = [file, { ...file, path: `${file.path}.next` }].filter(
    ({ path }, at) => at === 0 || existsSync(path),
  );
  return {
    secrets: files.map((each) => readSecretFile(each, (secret) => secret)),
    warnings: files.flatMap(({ path }) => warnOfReaders(path)),
  };
}

/** Warns of a world-readable secret. Only a warning: containers often mount secrets that way. */
export function warnOfReaders(path: string): string[] {
  const isOpen =
    (statSync(path).mode & 0o004) !== 0 && (statSync(dirname(path)).mode & 0o001) !== 0;
  return isOpen ? [`Everyone on this machine can read ${path}: chmod 640 it`] : [];
}

function secretFile(
  environment: Environment,
  name: string,
  credential: string,
): SecretFile | undefined {
  const given = environment[name]?.trim();
  const path = environment[`${name}_FILE`]?.trim();
  if (given && path) throw new ConfigError(`${name} and ${name}_FILE are both set: use one`);
  if (path) return { variable: `${name}_FILE`, path };
  const directory = environment['CREDENTIALS_DIRECTORY'];
  if (given || !directory) return undefined;
  const credentialPath = join(directory, credential);
  return existsSync(credentialPath) && !isBlank(credentialPath)
    ? { variable: 'CREDENTIALS_DIRECTORY', path: credentialPath }
    : undefined;
}

/** The systemd unit provides a single line feed for a credential that is not configured. */
function isBlank(path: string): boolean {
  return statSync(path).size <= 1;
}

/**
 * The file to reread for a secret that may be replaced. systemd copies credentials only when the
 * service starts, so the original in the installed place is preferred to the copy.
 */
function replaceable(file: SecretFile, credential: string, installed: string): SecretFile {
  const path = join(installed, credential);
  return file.variable === 'CREDENTIALS_DIRECTORY' && isReadable(path) ? { ...file, path } : file;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    // Not installed in the usual place, or not readable: use the copy.
    return false;
  }
}

function readSecretFile<T>({ variable, path }: SecretFile, parse: (secret: Secret) => T): T {
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`${variable}: the key file can't be read: ${describeError(error)}`, {
      cause: error,
    });
  }
  const parsed = parse({ secret, source: `${variable} (${path})` });
  if (secret === '' || /[^\x21-\x7e]/.test(secret)) {
    throw new ConfigError(`${variable}: the key file must hold one line of visible characters`);
  }
  return parsed;
}
