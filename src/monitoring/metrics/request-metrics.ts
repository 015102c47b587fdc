import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import type { ApiCall } from '../../audit/audit-entry.js';
import { AuditService } from '../../audit/audit.service.js';
import { type DroppedConnection, droppedConnections } from '../../platform/http/connection-limits.js';
import { type UnreadableRequest, unreadableRequests } from '../../platform/http/fastify-adapter.js';
import { Metrics } from './metrics.js';

/** From 1 ms (an authenticated read) to 10 s. Password routes take about 0.25 s. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Statuses with which the HTTP layer refuses input that it cannot parse as a request. */
const UNREADABLE_STATUSES = [400, 408, 431];

/**
 * The duration of requests by route pattern, excluding health, metrics and documentation; the number of requests that
 * could not be parsed, and of connections that were dropped. The latter two appear in neither the log nor the trail.
 */
@Injectable()
export class RequestMetrics implements OnModuleInit, OnModuleDestroy {
  private readonly unreadable: Counter<'status'>;
  private readonly count = (message: unknown) =>
    this.unreadable.inc({ status: (message as UnreadableRequest).status });
  private readonly dropped: Counter<'reason'>;
  private readonly countDropped = (message: unknown) =>
    this.dropped.inc({ reason: (message as DroppedConnection).reason });
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
    this.unreadable = new Counter({
      name: 'portcullis_http_unreadable_requests_total',
      help: 'Requests refused with 400, 408 or 431 before routing, because they could not be parsed.',
      labelNames: ['status'],
      registers: [registry],
    });
    for (const status of UNREADABLE_STATUSES) this.unreadable.inc({ status }, 0);
    this.dropped = new Counter({
      name: 'portcullis_http_dropped_connections_total',
      help: 'Connections that were closed because there were too many: idle ones, or new ones while none was idle.',
      labelNames: ['reason'],
      registers: [registry],
    });
    for (const reason of ['idle', 'refused'] as const) this.dropped.inc({ reason }, 0);
  }

  onModuleInit(): void {
    this.audit.calls.subscribe((call) => this.observe(call));
    unreadableRequests.subscribe(this.count);
    droppedConnections.subscribe(this.countDropped);
  }

  onModuleDestroy(): void {
    unreadableRequests.unsubscribe(this.count);
    droppedConnections.unsubscribe(this.countDropped);
  }

  private observe({ method, route, status, durationMs }: ApiCall): void {
    this.duration.observe({ method, route: route ?? 'unmatched', status }, durationMs / 1000);
  }
}
