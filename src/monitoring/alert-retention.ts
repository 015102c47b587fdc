import { Injectable } from '@nestjs/common';
import { InBackground } from '../platform/background/in-background.decorator.js';
import { Environment } from '../platform/config/environment.js';
import { RetentionClock } from '../platform/database/retention-clock.js';
import { TransactionRunner } from '../platform/database/transaction-runner.js';
import { AlertsRepository } from './alerts/alerts.repository.js';
import { SLOTS_KEPT_MS } from './detection/detection-run.js';
import { DetectionRepository } from './detection/detection.repository.js';

const PAUSE_MS = 3_600_000;
const BATCH = 1000;
const DAY_MS = 86_400_000;

/** Deletes data that monitoring no longer needs. Resolved alerts are kept as long as the events that caused them. */
@Injectable()
export class AlertRetention {
  constructor(
    private readonly environment: Environment,
    private readonly alerts: AlertsRepository,
    private readonly detection: DetectionRepository,
    private readonly transactions: TransactionRunner,
    private readonly clock: RetentionClock,
  ) {}

  /** Deletes one batch of alerts, and the few slots that have become old. Returns whether there may be more alerts. */
  @InBackground({ pauseMs: PAUSE_MS })
  async enforce(): Promise<boolean> {
    const slotsBefore = await this.clock.ago(SLOTS_KEPT_MS);
    const alertsBefore = await this.clock.ago(this.environment.AUDIT_EVENT_RETENTION_DAYS * DAY_MS);
    return this.transactions.run(async (tx) => {
      await this.detection.deleteSlotsBefore(tx, slotsBefore);
      return (await this.alerts.deleteResolvedBefore(tx, alertsBefore, BATCH)) === BATCH;
    });
  }
}
