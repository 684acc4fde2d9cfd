/** Secrets come from a variable, from a file that a variable names, or from systemd's credentials. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, describeError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param name the variable; `<name>_FILE` names a file instead.
 * @param credential the file's name in `$CREDENTIALS_DIRECTORY`.
 * @param check throws a ConfigError for what this secret can't be; asked before all else.
 * @returns undefined where none of them is there.
 * @throws ConfigError, which never holds the secret.
 */
export function readSecret(
  environment: Environment,
  name: string,
  credential: string,
  check: (secret: string) => void = () => undefined,
): string | undefined {
  const given = environment[name]?.trim();
  const file = environment[`${name}_FILE`]?.trim();
  if (given && file) throw new ConfigError(`${name} and ${name}_FILE are both set: use one`);
  if (file) return readSecretFile(`${name}_FILE`, file, check);
  if (given) {
    check(given);
    return given;
  }
  const directory = environment['CREDENTIALS_DIRECTORY'];
  const path = directory && join(directory, credential);
  return path && existsSync(path) && !isBlank(path)
    ? readSecretFile('CREDENTIALS_DIRECTORY', path, check)
    : undefined;
}

/** The unit gives a line feed alone in place of a credential that nobody has put there. */
function isBlank(path: string): boolean {
  return statSync(path).size <= 1;
}

function readSecretFile(variable: string, path: string, check: (secret: string) => void): string {
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`${variable}: the key file can't be read: ${describeError(error)}`, {
      cause: error,
    });
  }
  check(secret);
  if (secret === '' || /[^\x21-\x7e]/.test(secret)) {
    throw new ConfigError(`${variable}: the key file must hold one line of visible characters`);
  }
  return secret;
}
