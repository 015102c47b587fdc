import { Injectable } from '@nestjs/common';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { productVersion } from '../../platform/config/product-version.js';

/** Gauges that prom-client names like counters; the same figures stand beside them by type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

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
    const build = new Gauge({
      name: 'portcullis_build_info',
      help: 'Always 1; the labels tell what runs.',
      labelNames: ['version', 'node_version'],
      registers: [this.registry],
    });
    build.set({ version: productVersion(), node_version: process.version }, 1);
  }

  /** Adds a figure that is read whenever somebody asks for the metrics. */
  addFigure(name: string, help: string, read: () => number): void {
    const collect = function (this: Gauge) {
      this.set(read());
    };
    this.registry.registerMetric(new Gauge({ name, help, registers: [], collect }));
  }

  /** The same for one figure per value of a label. Values that are not answered any more disappear. */
  addFigures(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    const collect = function (this: Gauge) {
      this.reset();
      for (const [value, figure] of Object.entries(read())) this.set({ [label]: value }, figure);
    };
    this.registry.registerMetric(new Gauge({ name, help, labelNames: [label], registers: [], collect }));
  }
}
