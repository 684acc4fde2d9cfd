/**
 * Makes duplicate `authorization` headers visible. Node keeps the first and drops the rest before
 * grpc-js sees them, so two proxies, or a proxy and a client, could mean different keys with one call.
 * Joined into one value they match no key, and the call is rejected like any other.
 */

import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { InvariantError } from '../../errors.ts';

const HEADER = 'authorization';

/** The HTTP/2 servers of a gRPC server: a private field of grpc-js, so checked before use. */
function http2Servers(server: Server): readonly Http2Server[] {
  const found: unknown = Reflect.get(server, 'http2Servers');
  if (!(found instanceof Map) || found.size === 0) {
    throw new InvariantError('grpc-js no longer keeps its HTTP/2 servers in http2Servers');
  }
  return [...(found as Map<Http2Server, unknown>).keys()];
}

/**
 * Call it once the server has its port or injector.
 * @throws InvariantError if grpc-js has changed inside: no port is better than a laxer one.
 */
export function exposeDuplicateHeaders(server: Server): void {
  for (const http2Server of http2Servers(server)) {
    // Before grpc-js's own listener, which reads the same headers object.
    http2Server.prependListener('stream', joinDuplicates);
  }
}

function joinDuplicates(
  _stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  _flags: number,
  rawHeaders: readonly string[],
): void {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1] === HEADER);
  if (values.length > 1) headers[HEADER] = values.join(', ');
}
