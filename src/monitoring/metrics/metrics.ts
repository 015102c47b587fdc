import { Injectable } from '@nestjs/common';
import { type Aggregator, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { productVersion } from '../../platform/config/product-version.js';

/** Gauges that prom-client names like counters; the same figures stand beside them by type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Figures of which the worst worker matters; prom-client would hide it in a mean. */
const OF_THE_WORST = [
  'process_start_time_seconds',
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p90_seconds',
  'nodejs_eventloop_lag_p99_seconds',
];

/** What the figure of several workers together is: their sum, or that of the worst of them. */
type OfWorkers = 'sum' | 'max' | 'min';

/**
 * The process's metrics, in a registry of its own, so that two applications in one process do not share figures.
 * Labels come from closed sets only (route patterns, policies, rules): never from what a client sends.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    for (const name of OF_THE_WORST) {
      const metric = this.registry.getSingleMetric(name) as { aggregator?: Aggregator } | undefined;
      if (metric) metric.aggregator = 'max';
    }
    const processes = new Gauge({
      name: 'portcullis_processes',
      help: 'Processes on this machine whose figures these are; a worker that hangs is missing.',
      registers: [this.registry],
    });
    processes.set(1);
    const build = new Gauge({
      name: 'portcullis_build_info',
      help: 'Always 1; the labels tell what runs.',
      labelNames: ['version', 'node_version'],
      aggregator: 'max',
      registers: [this.registry],
    });
    build.set({ version: productVersion(), node_version: process.version }, 1);
  }

  /** Adds a figure that is read at each scrape. */
  addFigure(name: string, help: string, read: () => number, aggregator: OfWorkers = 'sum'): void {
    const collect = function (this: Gauge) {
      this.set(read());
    };
    this.registry.registerMetric(new Gauge({ name, help, registers: [], aggregator, collect }));
  }

  /** The same for one figure per value of a label. Values that `read` no longer returns disappear. */
  addFigures(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
    aggregator: OfWorkers = 'sum',
  ): void {
    const collect = function (this: Gauge) {
      this.reset();
      for (const [value, figure] of Object.entries(read())) this.set({ [label]: value }, figure);
    };
    this.registry.registerMetric(
      new Gauge({ name, help, labelNames: [label], registers: [], aggregator, collect }),
    );
  }
}
