/** Where a MongoDB archive is. */

export const DEFAULT_DATABASE = 'orderbook&trades';

export interface MongoLocation {
  readonly uri: string;
  readonly database: string;
  /** Hosts only, for logs and messages: no user, no password. */
  readonly shown: string;
}

/** Whether a text is the address of a server rather than a directory. */
export function isMongoUri(text: string): boolean {
  return /^mongodb(\+srv)?:\/\//i.test(text);
}

/**
 * @param endpoint `host:port`, or a URI, whose path may name the database.
 * @param database where it is set, it counts.
 */
export function mongoLocation(endpoint: string, database?: string): MongoLocation {
  const uri = isMongoUri(endpoint) ? endpoint : `mongodb://${endpoint}`;
  const [, hosts = '', path = ''] = /^[^/]*\/\/(?:[^@/?]*@)?([^/?]*)\/?([^?]*)/.exec(uri) ?? [];
  // A password with an unescaped `@`, `/` or `?`: nobody knows where it ends, so nothing is shown.
  const isTold = !uri.includes('@') || /^[^/]*\/\/[^@/?]*@[^@]*$/.test(uri);
  const shown = isTold ? hosts : '(not shown: a character of its password is not escaped)';
  return { uri, database: database ?? (decoded(path) || DEFAULT_DATABASE), shown };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A lone percent sign: the name as it was written.
    return path;
  }
}
