import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter } from 'prom-client';
import { AuditService } from '../../audit/audit.service.js';
import { refusalsIn } from '../rules/refusals-in.js';
import { Metrics } from './metrics.js';

/** Requests refused by a rate limit, counted once for each exhausted policy. */
@Injectable()
export class RefusalMetrics implements OnModuleInit {
  private readonly refused: Counter<'policy'>;

  constructor(
    { registry }: Metrics,
    private readonly audit: AuditService,
  ) {
    this.refused = new Counter({
      name: 'portcullis_rate_limited_total',
      help: 'Requests refused by a rate limit, by policy.',
      labelNames: ['policy'],
      registers: [registry],
    });
  }

  onModuleInit(): void {
    this.audit.committed.subscribe((entry) => {
      const { type, details } = entry;
      if (type !== 'excess_rate_limit_exceeded' || !Array.isArray(details?.policies)) return;
      for (const policy of details.policies as string[]) this.refused.inc({ policy }, refusalsIn(entry));
    });
  }
}
