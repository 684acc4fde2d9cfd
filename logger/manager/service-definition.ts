/** The service of `proto/manager.proto`, loaded once, with the conventions of this side of it. */

import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { type MessageTypeDefinition, loadSync } from '@grpc/proto-loader';
import { InvariantError } from '../errors.ts';

/** The build copies `proto/` beside the compiled folders, so the path holds in both places. */
const PROTO_PATH = fileURLToPath(new URL('../../proto/manager.proto', import.meta.url));
const PACKAGE = 'orderbook.manager.v1';

export interface ManagerProto {
  readonly service: ServiceDefinition;
  readonly noBook: MessageTypeDefinition<object, object>;
}

/** @throws InvariantError when the file is not the one this program was built with. */
export function loadManagerProto(): ManagerProto {
  const definitions = loadSync(PROTO_PATH, {
    keepCase: false,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const service = definitions[`${PACKAGE}.Manager`];
  const noBook = definitions[`${PACKAGE}.NoBook`];
  if (service === undefined || noBook === undefined || !('serialize' in noBook)) {
    throw new InvariantError(`${PACKAGE}.Manager is not in manager.proto`);
  }
  return {
    service: service as unknown as ServiceDefinition,
    noBook: noBook as MessageTypeDefinition<object, object>,
  };
}
