/** Chooses the MongoDB server for the tests. Pure. */

export interface ChoiceInputs {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hasMongod: boolean;
  /** True if `mongodb-memory-server-core` can be imported; called only when needed. */
  readonly hasDownloader: () => Promise<boolean>;
}

export type MongoChoice =
  | { readonly kind: 'given'; readonly uri: string }
  | { readonly kind: 'mongod' }
  | { readonly kind: 'download' }
  | { readonly kind: 'none'; readonly reason: string };

const HOW =
  'set MONGODB_TEST_URI, put a mongod on the PATH, or use ../shared/mongodb-test-server/with';

/** The server in `MONGODB_TEST_URI`, else a `mongod` on the PATH, else a download if requested. */
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
