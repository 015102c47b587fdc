import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { ApiCall } from '../../audit/audit-entry.js';
import { AuditService } from '../../audit/audit.service.js';
import { Metrics } from './metrics.js';

/** `none`: nobody is signed in, or the credential could not be attributed to anybody. */
const CALLERS = ['session', 'api_key', 'service_account', 'none'] as const;

type CallerKind = (typeof CALLERS)[number];

/** Recorded requests by the kind of credential that they used, and by the class of their status (`2xx`). */
@Injectable()
export class CallerMetrics implements OnModuleInit {
  private readonly requests: Counter<'caller' | 'status'>;

  constructor(
    { registry }: Metrics,
    private readonly audit: AuditService,
  ) {
    this.requests = new Counter({
      name: 'portcullis_http_requests_total',
      help: 'Requests by kind of caller and class of status. A key that is refused counts as one.',
      labelNames: ['caller', 'status'],
      registers: [registry],
    });
    for (const caller of CALLERS) this.requests.inc({ caller, status: '2xx' }, 0);
  }

  onModuleInit(): void {
    this.audit.calls.subscribe((call) =>
      this.requests.inc({ caller: callerOf(call), status: `${Math.floor(call.status / 100)}xx` }),
    );
  }
}

function callerOf({ origin: { usedKey }, sessionId }: ApiCall): CallerKind {
  if (usedKey) return usedKey.serviceAccountId === undefined ? 'api_key' : 'service_account';
  return sessionId === null ? 'none' : 'session';
}
