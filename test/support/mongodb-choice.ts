/** Which server the tests of MongoDB run against: the decision alone. */

export interface ChoiceInputs {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hasMongod: boolean;
  /** Whether `mongodb-memory-server-core` can be imported. Asked only where it counts. */
  readonly hasDownloader: () => Promise<boolean>;
}

export type MongoChoice =
  | { readonly kind: 'given'; readonly uri: string }
  | { readonly kind: 'mongod' }
  | { readonly kind: 'download' }
  | { readonly kind: 'none'; readonly reason: string };

const HOW =
  'name a server with MONGODB_TEST_URI, put a mongod on the PATH, or run beside ../shared/mongodb-test-server/with';

/** The one that was named, else a `mongod` of this machine, else a download where it was asked for. */
export async function chooseMongo(inputs: ChoiceInputs): Promise<MongoChoice> {
  const uri = inputs.env['MONGODB_TEST_URI'];
  if (uri) return { kind: 'given', uri };
  if (inputs.hasMongod) return { kind: 'mongod' };
  if (inputs.env['MONGODB_TEST_DOWNLOAD'] !== '1') return { kind: 'none', reason: HOW };
  if (await inputs.hasDownloader()) return { kind: 'download' };
  return {
    kind: 'none',
    reason: `MONGODB_TEST_DOWNLOAD=1 needs the package mongodb-memory-server-core, which is not installed; ${HOW}`,
  };
}
