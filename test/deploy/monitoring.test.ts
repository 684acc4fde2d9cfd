/** The dashboard and the alerts use existing metrics, and the alerts fire when they should. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MetricsPage } from '../../logger/metrics/page.ts';
import { promtool, promtoolInstalled } from '../support/promtool.ts';
import { loggerFigures, securityFigures } from '../unit/metrics/invented-figures.ts';
import { needs } from '../support/requirements.ts';

const ALERTS = 'deploy/alerts.yml';
const ALERT_TESTS = 'deploy/alerts.test.yml';
const DASHBOARD = 'deploy/grafana-dashboard.json';

/** A scrape with every metric present. */
async function fullScrape(): Promise<string> {
  const securities = [securityFigures('binance:BTCUSDT', { askHorizonRatio: 0.5 })];
  return new MetricsPage().render(loggerFigures({ securities }));
}

/** Names of all series, including `_bucket`, `_sum` and `_count` of a histogram. */
function seriesIn(scrape: string): Set<string> {
  const lines = scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Set(lines.map((line) => /^\w+/.exec(line)?.[0] ?? ''));
}

/** Metric names of a logger in a text, comments included. */
function metricsNamedIn(text: string): string[] {
  return [...new Set(text.match(/\b(?:orderbook|process|nodejs)_[a-z0-9_]+\b/g))];
}

/** Absent from a scrape before the first garbage collection. */
const COMES_LATER = ['nodejs_gc_duration_seconds_sum'];

describe.each([ALERTS, ALERT_TESTS, DASHBOARD])('%s', (path) => {
  test('names only metrics that a scrape has', async () => {
    const named = metricsNamedIn(readFileSync(path, 'utf8'));
    expect(named.length).toBeGreaterThan(10);
    const known = seriesIn(await fullScrape());
    expect(named.filter((name) => !known.has(name) && !COMES_LATER.includes(name))).toEqual([]);
  });
});

test('only counters are called totals', async () => {
  const totals = (await fullScrape()).match(/^# TYPE \w+_total \w+$/gm) ?? [];
  expect(totals.length).toBeGreaterThan(10);
  expect(totals.filter((line) => !line.endsWith(' counter'))).toEqual([]);
});

test('every orderbook metric is on the dashboard', async () => {
  const named = new Set(metricsNamedIn(readFileSync(DASHBOARD, 'utf8')));
  const ours = [...seriesIn(await fullScrape())].filter(
    (name) => name.startsWith('orderbook_') && !/_(sum|count)$/.test(name),
  );
  expect(ours.filter((name) => !named.has(name))).toEqual([]);
});

test('the dashboard is valid for Grafana: unique ids, no overlapping panels', () => {
  const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8'));
  const ids = dashboard.panels.map((panel: any) => panel.id);
  expect(new Set(ids).size).toBe(ids.length);
  const taken = new Set<string>();
  for (const { gridPos, title } of dashboard.panels) {
    expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect([title, taken.has(`${x},${y}`)]).toEqual([title, false]);
        taken.add(`${x},${y}`);
      }
    }
  }
  const panels = dashboard.panels.filter((panel: any) => panel.type !== 'row');
  for (const { title, targets, datasource } of panels) {
    expect([title, datasource.uid]).toEqual([title, '${datasource}']);
    for (const { expr } of targets) expect(expr).toMatch(/\{job=~"\$job", instance=~"\$instance"/);
  }
});

test('every alert has a test that fires and one that stays silent', () => {
  const alerts = readFileSync(ALERTS, 'utf8').match(/(?<=- alert: )\w+/g) ?? [];
  const tests = readFileSync(ALERT_TESTS, 'utf8');
  expect(alerts.length).toBeGreaterThan(10);
  for (const alert of alerts) {
    const keepsStill = new RegExp(`alertname: ${alert}\\n\\s+exp_alerts: \\[\\]`).test(tests);
    const fires = new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:\\n\\s+- exp_labels`).test(
      tests,
    );
    expect([alert, keepsStill, fires]).toEqual([alert, true, true]);
  }
});

describe('by promtool', needs(promtoolInstalled), () => {
  test('the rules are valid', () => {
    expect(promtool(['check', 'rules', ALERTS])).toMatchObject({ code: 0 });
  });

  test('the alerts fire when they should', () => {
    expect(promtool(['test', 'rules', ALERT_TESTS])).toMatchObject({ code: 0 });
  });

  test('all metrics follow the format and the naming conventions', async () => {
    expect(promtool(['check', 'metrics'], await fullScrape())).toEqual({ code: 0, output: '' });
  });
});
