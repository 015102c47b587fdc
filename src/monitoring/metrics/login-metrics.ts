import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { AuditService } from '../../audit/audit.service.js';
import { refusedLoginsIn } from '../rules/refusals-in.js';
import { Metrics } from './metrics.js';

/**
 * A reason is a short fixed word of the service. Any other text may come from a client and must not be used as a
 * label.
 */
const WORD = /^[a-z_]{1,40}$/;

/** Logins and refreshes by outcome. */
@Injectable()
export class LoginMetrics implements OnModuleInit {
  private readonly logins: Counter<'outcome' | 'reason'>;
  private readonly refreshes: Counter<'outcome'>;

  constructor(
    { registry }: Metrics,
    private readonly audit: AuditService,
  ) {
    this.logins = new Counter({
      name: 'portcullis_logins_total',
      help: 'Logins by outcome; the passwords of refused ones were not checked.',
      labelNames: ['outcome', 'reason'],
      registers: [registry],
    });
    this.refreshes = new Counter({
      name: 'portcullis_refreshes_total',
      help: 'Refresh token exchanges by outcome.',
      labelNames: ['outcome'],
      registers: [registry],
    });
    this.logins.inc({ outcome: 'success', reason: 'none' }, 0);
    for (const outcome of ['success', 'failure', 'reused']) this.refreshes.inc({ outcome }, 0);
  }

  onModuleInit(): void {
    this.audit.committed.subscribe((entry) => this.count(entry));
  }

  private count(entry: AuditEntry): void {
    switch (entry.type) {
      case 'authn_login_success':
        return this.logins.inc({ outcome: 'success', reason: 'none' });
      case 'authn_login_fail':
        return this.logins.inc({ outcome: 'failure', reason: wordOf(entry.reason) });
      case 'authn_login_lock':
        return this.logins.inc({ outcome: 'refused', reason: 'locked' });
      case 'excess_rate_limit_exceeded':
        return this.logins.inc({ outcome: 'refused', reason: 'rate_limited' }, refusedLoginsIn(entry));
      case 'session_renewed':
        return this.refreshes.inc({ outcome: 'success' });
      case 'session_renew_fail':
        return this.refreshes.inc({ outcome: 'failure' });
      case 'authn_token_reuse':
        return this.refreshes.inc({ outcome: 'reused' });
    }
  }
}

const wordOf = (reason: string | null) => (reason !== null && WORD.test(reason) ? reason : 'other');
