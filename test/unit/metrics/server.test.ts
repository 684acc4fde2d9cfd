import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConflictError } from '../../../logger/errors.ts';
import { startMetrics } from '../../../logger/metrics/server.ts';
import type { MetricsPort } from '../../../logger/metrics/server.ts';
import type { LoggerFigures } from '../../../logger/status/figures.ts';
import { silentLog } from '../../support/silent-log.ts';
import { loggerFigures } from './invented-figures.ts';

const options = { host: '127.0.0.1', port: 0, log: silentLog };

describe('the metrics port', () => {
  let figures: () => LoggerFigures;
  let port: MetricsPort;
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${port.port}${path}`, init);

  beforeEach(async () => {
    figures = () => loggerFigures();
    port = await startMetrics({ ...options, figures: () => figures() });
  });

  afterEach(() => port.close());

  test('answers at /metrics in the text format, with a query too', async () => {
    for (const path of ['/metrics', '/metrics?x=1']) {
      const answer = await ask(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(await answer.text()).toContain('orderbook_build_info{version="9.9.9"} 1');
    }
    const head = await ask('/metrics', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('anything else is rejected', async () => {
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/metrics/../etc/passwd')).status).toBe(404);
    expect((await ask('/metrics', { method: 'POST', body: 'x' })).status).toBe(405);
  });

  test('figures that fail are a 500, and the next scrape is answered', async () => {
    figures = () => {
      throw new Error('a secret detail');
    };
    const answer = await ask('/metrics');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
    figures = () => loggerFigures();
    expect((await ask('/metrics')).status).toBe(200);
  });

  test('a malformed request ends its own connection only', async () => {
    const socket = connect(port.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    socket.write('\u0016\u0003\u0001 what\r\n\r\n');
    await closed;
    expect((await ask('/metrics')).status).toBe(200);
  });

  test('a port in use, and a foreign address, are one line that names the setting', async () => {
    const inUse = startMetrics({ ...options, port: port.port, figures });
    await expect(inUse).rejects.toThrow(ConflictError);
    await expect(inUse).rejects.toThrow(/^Metrics port 127.0.0.1:\d+ is in use; .*METRICS_PORT/);
    const foreign = startMetrics({ ...options, host: '192.0.2.1', figures });
    await expect(foreign).rejects.toThrow(/METRICS_HOST/);
  });

  test('closes at once although a scraper keeps its connection', async () => {
    const socket = connect(port.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    await port.close();
    await closed;
    await expect(ask('/metrics')).rejects.toThrow();
  });
});
