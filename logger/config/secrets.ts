/** Secrets come from a variable, from a file that a variable names, or from systemd's credentials. */

import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError, describeError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where `service-setup.sh` puts settings and secrets. */
const INSTALLED = '/etc/finTechApp_logger';

type SecretCheck = (secret: string, source: string) => void;

/** A file that holds a secret, and the setting that led to it. */
interface SecretFile {
  readonly variable: string;
  readonly path: string;
}

/**
 * @param name the variable; `<name>_FILE` names a file instead.
 * @param credential the file's name in `$CREDENTIALS_DIRECTORY`.
 * @param check throws a ConfigError for what this secret can't be; asked before all else, with the
 *   setting that it came from.
 * @returns undefined where none of them is there.
 * @throws ConfigError, which never holds the secret.
 */
export function readSecret(
  environment: Environment,
  name: string,
  credential: string,
  check: SecretCheck = () => undefined,
): string | undefined {
  const file = secretFile(environment, name, credential);
  if (file) return readSecretFile(file, check);
  const given = environment[name]?.trim();
  if (!given) return undefined;
  check(given, name);
  return given;
}

/** A secret that can be replaced while both ends are in use: what is accepted, and from where. */
export interface RotatingSecret {
  /** The one in use, then the next one if there is one. Empty: none is given. */
  readonly secrets: readonly { readonly secret: string; readonly source: string }[];
  /** What to warn of. */
  readonly warnings: readonly string[];
}

/**
 * As `readSecret`, and a file of the same name with `.next` behind it holds the one to come. The
 * variable alone has no next one: it can't change while the program runs.
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
    secrets: files.map((each) => ({
      secret: readSecretFile(each),
      source: `${each.variable} (${each.path})`,
    })),
    warnings: files.flatMap(({ path }) => warnOfReaders(path)),
  };
}

/** Others may read it: not refused, because secrets in containers are often mounted that way. */
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

/** The unit gives a line feed alone in place of a credential that nobody has put there. */
function isBlank(path: string): boolean {
  return statSync(path).size <= 1;
}

/**
 * Where to read a secret that may be replaced meanwhile. systemd copies a credential when the service
 * starts and never again, so it is read where `service-setup.sh` had put what was copied.
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
    // Not installed in the usual place, or not for us: the copy is what there is.
    return false;
  }
}

function readSecretFile(
  { variable, path }: SecretFile,
  check: SecretCheck = () => undefined,
): string {
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`${variable}: the key file can't be read: ${describeError(error)}`, {
      cause: error,
    });
  }
  check(secret, `${variable} (${path})`);
  if (secret === '' || /[^\x21-\x7e]/.test(secret)) {
    throw new ConfigError(`${variable}: the key file must hold one line of visible characters`);
  }
  return secret;
}
