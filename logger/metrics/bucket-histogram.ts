/**
 * A prom-client histogram whose buckets are counted elsewhere. prom-client would hash the labels at
 * every observation, thousands of times a second; here a message costs two additions
 * (`recorder/recorder-stats.ts`), and the buckets are read by a scrape.
 */

import { Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Buckets } from '../status/figures.ts';

export type Labels = Readonly<Record<string, string>>;

/** A line of output, as prom-client expects it. */
interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Labels;
  readonly value: number;
}

export class BucketHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  #series: readonly (readonly [Labels, Buckets])[] = [];

  constructor(options: {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly string[];
    readonly registers: Registry[];
  }) {
    super(options);
    this.#name = options.name;
    this.#help = options.help;
  }

  /** Sets what the next scrape sees; other series are gone. */
  show(series: readonly (readonly [Labels, Buckets])[]): void {
    this.#series = series;
  }

  /** Called by prom-client's registry, though its types don't declare it. */
  async getForPromString(): Promise<object> {
    const values = this.#series.flatMap(([labels, buckets]) => this.#lines(labels, buckets));
    return { name: this.#name, help: this.#help, type: 'histogram', values, aggregator: 'sum' };
  }

  #lines(sharedLabels: Labels, { bounds, counts, sum }: Buckets): Line[] {
    const line = (suffix: string, value: number, labels = {}): Line => ({
      metricName: `${this.#name}_${suffix}`,
      labels,
      sharedLabels,
      value,
    });
    let count = 0;
    const below = bounds.map((le, index) => line('bucket', (count += counts[index] ?? 0), { le }));
    count += counts[bounds.length] ?? 0;
    return [
      ...below,
      line('bucket', count, { le: '+Inf' }),
      line('sum', sum),
      line('count', count),
    ];
  }
}
