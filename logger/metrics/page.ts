/**
 * The page that Prometheus scrapes: the logger's metrics and prom-client's default ones of the
 * process. Each scrape resets every series, so none outlives its security.
 */

import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { BucketHistogram } from './bucket-histogram.ts';
import { DEFINITIONS, labelsOf } from './definitions.ts';
import type { Definition } from './definitions.ts';
import type { LoggerFigures } from '../status/figures.ts';

/** Gauges of prom-client that are called like counters; each is the sum of one that stays. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

export class MetricsPage {
  readonly #registry = new Registry();
  readonly #fillers: readonly ((figures: LoggerFigures) => void)[];
  readonly #latency: BucketHistogram;

  constructor() {
    const registers = [this.#registry];
    this.#fillers = DEFINITIONS.map((definition) => fillerOf(definition, registers));
    this.#latency = new BucketHistogram({
      name: 'orderbook_message_latency_seconds',
      help: 'From the exchange’s timestamp of a book update to its arrival',
      labelNames: ['security', 'exchange'],
      registers,
    });
    collectDefaultMetrics({ register: this.#registry });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Concurrent calls may see each other's figures, which are as recent as their own. */
  async render(figures: LoggerFigures): Promise<string> {
    for (const fill of this.#fillers) fill(figures);
    this.#latency.show(figures.securities.map((one) => [labelsOf(one), one.latency]));
    return this.#registry.metrics();
  }
}

function fillerOf(
  { kind, samples, name, help, labelNames }: Definition,
  registers: Registry[],
): (figures: LoggerFigures) => void {
  const options = { name, help, labelNames, registers };
  if (kind === 'gauge') {
    const gauge = new Gauge(options);
    return (figures) => {
      gauge.reset();
      for (const { labels, value } of samples(figures)) gauge.set(labels, value);
    };
  }
  const counter = new Counter(options);
  return (figures) => {
    counter.reset();
    for (const { labels, value } of samples(figures)) counter.inc(labels, value);
  };
}
