import { describe, expect, test } from 'vitest';
import { DEFINITIONS } from '../../../logger/metrics/definitions.ts';
import { MetricsPage } from '../../../logger/metrics/page.ts';
import { loggerFigures, securityFigures } from './invented-figures.ts';

const BTC = 'binance:BTCUSDT';
const page = new MetricsPage();
const SERIES = `{security="${BTC}",exchange="binance"}`;

/** The lines of one metric, without its name. */
async function lines(name: string, figures = loggerFigures()): Promise<string[]> {
  const text = await page.render(figures);
  return text
    .split('\n')
    .filter((line) => new RegExp(`^${name}[{ ]`).test(line))
    .map((line) => line.slice(name.length).trim());
}

describe('the page of metrics', () => {
  test('shows a security with its counters, moments and sizes', async () => {
    expect(await lines('orderbook_messages_total')).toContain(`${SERIES} 1234`);
    expect(await lines('orderbook_last_message_timestamp_seconds')).toContain(
      `${SERIES} 1795158004.031002`,
    );
    expect(await lines('orderbook_gaps_total')).toContain(
      `{security="${BTC}",exchange="binance",cause="sequence"} 2`,
    );
    expect(await lines('orderbook_gaps_total')).toContain(
      `{security="${BTC}",exchange="binance",cause="connection"} 0`,
    );
    expect(await lines('orderbook_stored_bytes')).toContain(`${SERIES} 123456`);
  });

  test('a state is 1 and the others are 0', async () => {
    const figures = loggerFigures({ securities: [securityFigures(BTC, { state: 'stale' })] });
    const states = await lines('orderbook_book_state', figures);
    expect(states.map((line) => /state="(\w+)"\} (\d)/.exec(line)?.slice(1))).toEqual([
      ['syncing', '0'],
      ['live', '0'],
      ['stale', '1'],
      ['failed', '0'],
    ]);
  });

  test('the latency histogram is cumulative, and its count is its last bucket', async () => {
    const figures = loggerFigures({ securities: [securityFigures(BTC)] });
    const labels = `security="${BTC}",exchange="binance"`;
    expect(await lines('orderbook_message_latency_seconds_bucket', figures)).toEqual([
      `{le="0.01",${labels}} 1`,
      `{le="0.1",${labels}} 3`,
      `{le="+Inf",${labels}} 6`,
    ]);
    expect(await lines('orderbook_message_latency_seconds_sum', figures)).toEqual([
      `{${labels}} 4.5`,
    ]);
    expect(await lines('orderbook_message_latency_seconds_count', figures)).toEqual([
      `{${labels}} 6`,
    ]);
  });

  test('what is not known is absent, not zero', async () => {
    const securities = [securityFigures(BTC, { lastMessageUs: null, lastImageUs: null })];
    const figures = loggerFigures({ securities });
    expect(await lines('orderbook_last_message_timestamp_seconds', figures)).toEqual([]);
    expect(await lines('orderbook_last_image_timestamp_seconds', figures)).toEqual([]);
    expect(await lines('orderbook_ask_horizon_ratio', figures)).toEqual([]);
    expect(await lines('orderbook_bid_horizon_ratio', figures)).toEqual([`${SERIES} 0.25`]);
  });

  test('a security that is removed takes all of its series with it', async () => {
    expect(await page.render(loggerFigures())).toContain(BTC);
    const figures = loggerFigures({ securities: [securityFigures('coinbase:BTC-USD')] });
    const text = await page.render(figures);
    expect(text).not.toContain(BTC);
    expect(text).toContain('coinbase:BTC-USD');
  });

  test('exchanges, the archive, the build and the process', async () => {
    const text = await page.render(loggerFigures());
    for (const line of [
      'orderbook_exchange_received_bytes_total{exchange="binance"} 10000',
      'orderbook_exchange_refused_frames_total{exchange="binance",cause="json"} 1',
      'orderbook_exchange_request_weight_used{exchange="binance"} 250',
      'orderbook_exchange_banned_until_timestamp_seconds{exchange="binance"} 1795158060',
      'orderbook_status{state="serving"} 1',
      'orderbook_archive_reachable 1',
      'orderbook_archive_lag_seconds 0.25',
      'orderbook_spool_bytes 7',
      'orderbook_disk_free_bytes 4000000000',
      'orderbook_event_loop_lag_seconds 0.00125',
      'orderbook_event_loop_stalls_total 3',
      'orderbook_candles_kept_total 20',
      'orderbook_candle_write_failures_total 1',
      'orderbook_candles_waiting 8',
      'orderbook_build_info{version="9.9.9"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
  });

  test('names and labels keep to the conventions', () => {
    const names = DEFINITIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const allowed = new Set(['security', 'exchange', 'cause', 'state']);
    for (const { name, kind, labelNames } of DEFINITIONS) {
      expect(name).toMatch(/^orderbook_[a-z_]+[a-z]$/);
      expect([name, name.endsWith('_total')]).toEqual([name, kind === 'counter']);
      const others = labelNames.filter((label) => !allowed.has(label));
      expect([name, others]).toEqual([name, name === 'orderbook_build_info' ? ['version'] : []]);
    }
  });

  test('300 securities are rendered without holding up the recording', async () => {
    const many = Array.from({ length: 300 }, (_, i) => securityFigures(`binance:COIN${i}USDT`));
    const figures = loggerFigures({ securities: many });
    await page.render(figures);
    const took: number[] = [];
    for (let i = 0; i < 10; i++) {
      const startedMs = performance.now();
      await page.render(figures);
      took.push(performance.now() - startedMs);
    }
    // 30 to 60 ms where nothing else runs meanwhile.
    expect(Math.min(...took)).toBeLessThan(400);
  });
});
