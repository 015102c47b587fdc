import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { TrailProgress } from '../conditions/trail-progress.js';
import { Metrics } from './metrics.js';

/** How far the trail lags behind the requests that it records. */
@Injectable()
export class AuditMetrics {
  constructor(metrics: Metrics, audit: AuditService, progress: TrailProgress) {
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
    metrics.addFigure(
      'portcullis_audit_chain_position',
      'The number of the newest seal.',
      () => progress.chainPosition,
      'max',
    );
    metrics.addFigure(
      'portcullis_audit_unsealed_seconds',
      'For how long the oldest entry has waited for its seal.',
      () => progress.unsealedSeconds,
      'max',
    );
    metrics.addFigure(
      'portcullis_detection_lag_seconds',
      'For how long the oldest event has waited to be judged by detection.',
      () => progress.detectionLagSeconds,
      'max',
    );
  }
}
