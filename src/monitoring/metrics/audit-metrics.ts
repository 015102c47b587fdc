import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Metrics } from './metrics.js';

/** How far the trail is behind the requests that it records. */
@Injectable()
export class AuditMetrics {
  constructor(metrics: Metrics, audit: AuditService) {
    metrics.addFigure(
      'portcullis_audit_lag_seconds',
      'For how long the oldest record has waited to reach PostgreSQL.',
      () => audit.lagSeconds,
      'max',
    );
    metrics.addFigure(
      'portcullis_audit_spool_bytes',
      'Records on disk that have not reached PostgreSQL.',
      () => audit.spoolBytes,
    );
  }
}
