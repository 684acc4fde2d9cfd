/** The address of a MongoDB archive. */

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

/**
 * @param endpoint `host:port`, or a URI, whose path may name the database.
 * @param database overrides the URI's database.
 */
export function mongoLocation(endpoint: string, database?: string): MongoLocation {
  const uri = isMongoUri(endpoint) ? endpoint : `mongodb://${endpoint}`;
  const [, hosts = '', path = ''] = /^[^/]*\/\/(?:[^@/?]*@)?([^/?]*)\/?([^?]*)/.exec(uri) ?? [];
  // With an unescaped `@`, `/` or `?` in the password its end is unknown, so nothing is shown.
  const isSafe = !uri.includes('@') || /^[^/]*\/\/[^@/?]*@[^@]*$/.test(uri);
  const shown = isSafe ? hosts : '(not shown: a character of its password is not escaped)';
  return { uri, database: database ?? (decoded(path) || DEFAULT_DATABASE), shown };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // An unescaped percent sign: the name is used as it is.
    return path;
  }
}
