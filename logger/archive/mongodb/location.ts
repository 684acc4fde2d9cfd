/** The address of a MongoDB archive. */

import { InvalidArgumentError } from '../../errors.ts';

export const DEFAULT_DATABASE = 'orderbook&trades';

export interface MongoLocation {
  readonly uri: string;
  readonly database: string;
  /** Hosts only, for logs and messages: without user and password. */
  readonly shown: string;
}

/** True for a MongoDB URI, as opposed to a directory. */
export function isMongoUri(text: string): boolean {
  return /^mongodb(\+srv)?:\/\//i.test(text);
}

/** What MongoDB allows in the name of a database. */
const MAX_NAME_BYTES = 63;
const FORBIDDEN_IN_NAME = /[/\\. "$\0]/;

/**
 * @param endpoint `host:port`, or a URI, whose path may name the database.
 * @param database overrides the URI's database.
 * @throws InvalidArgumentError for a database name that MongoDB does not allow.
 */
export function mongoLocation(endpoint: string, database?: string): MongoLocation {
  const uri = isMongoUri(endpoint) ? endpoint : `mongodb://${endpoint}`;
  const [, hosts = '', path = ''] = /^[^/]*\/\/(?:[^@/?]*@)?([^/?]*)\/?([^?]*)/.exec(uri) ?? [];
  // With an unescaped `@`, `/` or `?` in the password its end is unknown, so nothing is shown.
  const isSafe = !uri.includes('@') || /^[^/]*\/\/[^@/?]*@[^@]*$/.test(uri);
  const shown = isSafe ? hosts : '(not shown: a character of its password is not escaped)';
  const name = database ?? (decoded(path) || DEFAULT_DATABASE);
  // A part of the path of any other may belong to the password; the driver rejects it.
  if (isSafe || database !== undefined) checkName(name);
  return { uri, database: name, shown };
}

function checkName(name: string): void {
  const [forbidden] = FORBIDDEN_IN_NAME.exec(name) ?? [];
  const shown = JSON.stringify(name.slice(0, MAX_NAME_BYTES + 1));
  if (forbidden !== undefined) {
    throw new InvalidArgumentError(
      `the database name ${shown} contains ${JSON.stringify(forbidden)}, which MongoDB does not allow`,
    );
  }
  if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new InvalidArgumentError(
      `the database name ${shown} must have 1 to ${MAX_NAME_BYTES} bytes`,
    );
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // An unescaped percent sign: the name is used as it is.
    return path;
  }
}
