/**
 * The metrics port: `GET /metrics` over plain HTTP, as Prometheus asks. It shows figures and no
 * secret, and changes nothing; without a login it is for loopback or a network one trusts. A client
 * that is slow, silent or many costs a bounded number of sockets and nobody's recording.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ConflictError, describeError } from '../errors.ts';
import type { Log } from '../runtime/log.ts';
import type { LoggerFigures } from '../status/figures.ts';
import { MetricsPage } from './page.ts';

/** Some scrapers and a person; more are closed at once. */
const CONNECTIONS_MAX = 32;
/** For a whole request to come in, and for a socket to do something at all. */
const REQUEST_TIMEOUT_MS = 5000;
const IDLE_TIMEOUT_MS = 30_000;

export interface MetricsOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly figures: () => LoggerFigures;
  readonly log: Log;
}

export interface MetricsPort {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws ConflictError, one line, when the port can't be had. */
export async function startMetrics(options: MetricsOptions): Promise<MetricsPort> {
  const { figures, log } = options;
  const page = new MetricsPage();
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(IDLE_TIMEOUT_MS);
  // A broken client is its own business.
  server.on('clientError', (_error, socket) => void socket.destroy());
  const port = await listen(server, options);
  server.on('error', (error) => {
    log.error('The metrics port failed', { error: describeError(error) });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request);
    if (refusal) {
      end(response, refusal.status, `${refusal.text}\n`);
      return;
    }
    try {
      const text = await page.render(figures());
      end(response, 200, request.method === 'HEAD' ? '' : text, page.contentType);
    } catch (error) {
      // A figure that can't be told is a bug, but none for which recording would have to end.
      log.error('The metrics could not be gathered', { error: describeError(error) });
      end(response, 500, 'The metrics could not be gathered; the log says why\n');
    }
  }

  return { port, close: () => close(server) };
}

function refusalOf(request: IncomingMessage): { status: number; text: string } | null {
  const [path] = (request.url ?? '').split('?');
  if (path !== '/metrics') return { status: 404, text: 'Metrics are at /metrics' };
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return isRead ? null : { status: 405, text: 'Metrics can only be read' };
}

function end(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}

function listen(server: Server, { host, port }: MetricsOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new ConflictError(explain(error, host, port), { cause: error }));
    };
    server.once('error', fail);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', fail);
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

function explain(error: Error, host: string, port: number): string {
  const place = `${host}:${port}`;
  switch ('code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return `Metrics port ${place} is in use; stop what listens there, or set METRICS_PORT to another`;
    case 'EACCES':
      return `Metrics port ${place} may not be opened by this user; set METRICS_PORT to one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is not an address of this machine; set METRICS_HOST to one that is`;
    default:
      return `Metrics port ${place} can't be opened: ${describeError(error)}`;
  }
}

/** Scrapers keep their connections; they are cut, for nothing of theirs can be lost. */
async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
