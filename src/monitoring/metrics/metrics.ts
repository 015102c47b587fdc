import { Injectable } from '@nestjs/common';
import { type Aggregator, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { productVersion } from '../../platform/config/product-version.js';
import { START_TIME } from './worker-messages.js';

/** Gauges to which prom-client gives a counter's name. The same figures are available by type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Metrics for which the worst worker matters. By default, prom-client averages them. */
const OF_THE_WORST = [
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p90_seconds',
  'nodejs_eventloop_lag_p99_seconds',
];

/** How the values of several workers are aggregated: as a sum, or as that of the worst worker. */
type OfWorkers = 'sum' | 'max' | 'min';

/**
 * The process's metrics, in a separate registry, so that two applications in one process do not share them. Label
 * values come only from closed sets (route patterns, policies, rules), never from client input.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    for (const name of OF_THE_WORST) this.aggregate(name, 'max');
    // The start time of the supervisor, because it keeps the counts of workers that have ended.
    this.aggregate(START_TIME, 'min');
    const processes = new Gauge({
      name: 'portcullis_processes',
      help: 'Processes on this machine that these metrics cover; a worker that hangs is missing.',
      registers: [this.registry],
    });
    processes.set(1);
    const build = new Gauge({
      name: 'portcullis_build_info',
      help: 'Always 1; the labels contain the versions in use.',
      labelNames: ['version', 'node_version'],
      aggregator: 'max',
      registers: [this.registry],
    });
    build.set({ version: productVersion(), node_version: process.version }, 1);
  }

  /** Adds a gauge whose value is read at each scrape. */
  addFigure(name: string, help: string, read: () => number, aggregator: OfWorkers = 'sum'): void {
    const collect = function (this: Gauge) {
      this.set(read());
    };
    this.registry.registerMetric(new Gauge({ name, help, registers: [], aggregator, collect }));
  }

  /** Like {@link addFigure}, with one gauge per value of a label. Values that `read` no longer returns disappear. */
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

  private aggregate(name: string, aggregator: Aggregator): void {
    const metric = this.registry.getSingleMetric(name) as { aggregator?: Aggregator } | undefined;
    if (metric) metric.aggregator = aggregator;
  }
}
