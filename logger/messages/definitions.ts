/** Loads the services of `proto/`, with the options that the types in `proto/generated/` describe. */

import type {
  HealthDefinition,
  ManagerDefinition,
  MarketDefinition,
  NoBook,
  NoBook__Output,
} from './types.ts';
import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { InvariantError } from '../errors.ts';

/** The build copies `proto/` beside the compiled folders, so the path holds in both places. */
const PROTO_DIRECTORY = fileURLToPath(new URL('../../proto/', import.meta.url));
const MANAGER = 'orderbook.manager.v1.Manager';
const MARKET = 'orderbook.market.v1.Market';
const NO_BOOK = 'orderbook.manager.v1.NoBook';
const HEALTH = 'grpc.health.v1.Health';

export interface Definitions {
  readonly manager: ManagerDefinition;
  readonly market: MarketDefinition;
  readonly health: HealthDefinition;
  readonly noBook: MessageTypeDefinition<NoBook, NoBook__Output>;
  /** All of them, for server reflection. */
  readonly all: PackageDefinition;
}

/** @throws InvariantError when the files are not those this program was built with. */
export function loadDefinitions(): Definitions {
  const all = loadSync(['manager.proto', 'market.proto', 'health.proto'], {
    includeDirs: [PROTO_DIRECTORY],
    keepCase: false,
    longs: String,
    enums: String,
    defaults: true,
  });
  const [manager, market, health, noBook] = [MANAGER, MARKET, HEALTH, NO_BOOK].map(
    (name) => all[name],
  );
  if (!manager || !market || !health || noBook === undefined || !('serialize' in noBook)) {
    throw new InvariantError(`A service is not in ${PROTO_DIRECTORY}; install again`);
  }
  return {
    manager: manager as unknown as ManagerDefinition,
    market: market as unknown as MarketDefinition,
    health: health as unknown as HealthDefinition,
    noBook: noBook as MessageTypeDefinition<NoBook, NoBook__Output>,
    all,
  };
}
