import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Histogram } from 'prom-client';
import type { ApiCall } from '../../audit/audit-entry.js';
import { AuditService } from '../../audit/audit.service.js';
import { Metrics } from './metrics.js';

/** From 1 ms (an authenticated read) to 10 s; password routes live around 0.25 s. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How long requests take, by the matched route's pattern; health, metrics and documentation are not among them. */
@Injectable()
export class RequestMetrics implements OnModuleInit {
  private readonly duration: Histogram<'method' | 'route' | 'status'>;

  constructor(
    { registry }: Metrics,
    private readonly audit: AuditService,
  ) {
    this.duration = new Histogram({
      name: 'portcullis_http_request_duration_seconds',
      help: 'Time from the arrival of a request to its response.',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers: [registry],
    });
  }

  onModuleInit(): void {
    this.audit.calls.subscribe((call) => this.observe(call));
  }

  private observe({ method, route, status, durationMs }: ApiCall): void {
    this.duration.observe({ method, route: route ?? 'unmatched', status }, durationMs / 1000);
  }
}
