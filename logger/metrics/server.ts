/**
 * The metrics port: `GET /metrics` over plain HTTP, for Prometheus. It shows no secrets and changes
 * nothing; having no login, it belongs on loopback or a trusted network. Slow, silent or many clients
 * cost a bounded number of sockets and don't disturb the recording.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { describeError } from '../errors.ts';
import { listenError } from '../runtime/listen-error.ts';
import type { Log } from '../runtime/log.ts';
import type { LoggerFigures } from '../status/figures.ts';
import { MetricsPage } from './page.ts';

/** A few scrapers and a person; more are closed at once. */
const MAX_CONNECTIONS = 32;
/** For a whole request to arrive, and for a socket to be used at all. */
const REQUEST_TIMEOUT_MS = 5000;
const IDLE_TIMEOUT_MS = 30_000;

export interface MetricsOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly figures: () => LoggerFigures;
  readonly log: Log;
}

export interface MetricsPort {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws ConflictError, one line, if the port can't be opened. */
export async function startMetrics(options: MetricsOptions): Promise<MetricsPort> {
  const { figures, log } = options;
  const page = new MetricsPage();
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(IDLE_TIMEOUT_MS);
  // A malformed request ends its own connection only.
  server.on('clientError', (_error, socket) => void socket.destroy());
  const port = await listen(server, options);
  server.on('error', (error) => {
    log.error('The metrics port failed', { error: describeError(error) });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rejection = rejectionOf(request);
    if (rejection) {
      end(response, rejection.status, `${rejection.text}\n`);
      return;
    }
    try {
      const text = await page.render(figures());
      end(response, 200, request.method === 'HEAD' ? '' : text, page.contentType);
    } catch (error) {
      // A bug, but no reason to stop recording.
      log.error('Collecting metrics failed', { error: describeError(error) });
      end(response, 500, 'Collecting metrics failed; see the log\n');
    }
  }

  return { port, close: () => close(server) };
}

function rejectionOf(request: IncomingMessage): { status: number; text: string } | null {
  const [path] = (request.url ?? '').split('?');
  if (path !== '/metrics') return { status: 404, text: 'Metrics are at /metrics' };
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return isRead ? null : { status: 405, text: 'Metrics are read-only' };
}

function end(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}

function listen(server: Server, { host, port }: MetricsOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(listenError('Metrics', { host, port }, error));
    };
    server.once('error', fail);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', fail);
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

/** Cuts the connections that scrapers keep open: they lose nothing. */
async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
