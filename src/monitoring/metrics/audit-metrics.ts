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
      'Time for which the oldest record has been waiting to be written to PostgreSQL.',
      () => audit.lagSeconds,
      'max',
    );
    metrics.addFigure(
      'portcullis_audit_spool_bytes',
      'Records on disk that have not been written to PostgreSQL.',
      () => audit.spoolBytes,
    );
    metrics.addFigure(
      'portcullis_audit_chain_position',
      'Number of the newest seal.',
      () => progress.chainPosition,
      'max',
    );
    metrics.addFigure(
      'portcullis_audit_unsealed_seconds',
      'Time for which the oldest unsealed entry has been waiting.',
      () => progress.unsealedSeconds,
      'max',
    );
    metrics.addFigure(
      'portcullis_detection_lag_seconds',
      'Time for which the oldest event has been waiting to be evaluated by detection.',
      () => progress.detectionLagSeconds,
      'max',
    );
  }
}
