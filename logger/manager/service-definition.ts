/** The services of `proto/`, loaded once, with the conventions of this side of them. */

import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { type MessageTypeDefinition, type PackageDefinition, loadSync } from '@grpc/proto-loader';
import { InvariantError } from '../errors.ts';

/** The build copies `proto/` beside the compiled folders, so the path holds in both places. */
const PROTO_DIRECTORY = fileURLToPath(new URL('../../proto/', import.meta.url));
const MANAGER = 'orderbook.manager.v1.Manager';
const NO_BOOK = 'orderbook.manager.v1.NoBook';
const HEALTH = 'grpc.health.v1.Health';

export interface ManagerProto {
  readonly manager: ServiceDefinition;
  readonly health: ServiceDefinition;
  readonly noBook: MessageTypeDefinition<object, object>;
  /** Everything, for reflection. */
  readonly definitions: PackageDefinition;
}

/** @throws InvariantError when the files are not those this program was built with. */
export function loadManagerProto(): ManagerProto {
  const definitions = loadSync(['manager.proto', 'health.proto'], {
    includeDirs: [PROTO_DIRECTORY],
    keepCase: false,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const [manager, health] = [definitions[MANAGER], definitions[HEALTH]];
  const noBook = definitions[NO_BOOK];
  if (!manager || !health || noBook === undefined || !('serialize' in noBook)) {
    throw new InvariantError(`${MANAGER} or ${HEALTH} is not in ${PROTO_DIRECTORY}`);
  }
  return {
    manager: manager as unknown as ServiceDefinition,
    health: health as unknown as ServiceDefinition,
    noBook: noBook as MessageTypeDefinition<object, object>,
    definitions,
  };
}

/** The paths of a service's calls, as they stand in a request. */
export function pathsOf(service: ServiceDefinition): ReadonlySet<string> {
  return new Set(Object.values(service).map((method) => method.path));
}
