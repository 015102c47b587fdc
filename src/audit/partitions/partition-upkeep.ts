import { Injectable } from '@nestjs/common';
import { filter, type Subscription, throttleTime } from 'rxjs';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { isPartitionMissing } from '../../platform/database/row-at-fault.js';
import { AuditService } from '../audit.service.js';
import { PartitionRetention } from '../partition-retention.js';
import { AuditPartitions } from './audit-partitions.js';

/** Refused events wake the upkeep at most this often, milliseconds. */
const WAKE_MS = 1000;

/** Creates partitions ahead and drops old ones, every hour and when an event was refused because its month is missing. */
@Injectable()
export class PartitionUpkeep {
  private readonly task = new RepeatingTask('AuditUpkeep', () => this.keepUp(), {
    pauseMs: 3_600_000,
    retryMs: 60_000,
  });
  private subscription: Subscription | null = null;

  constructor(
    private readonly audit: AuditService,
    private readonly months: AuditPartitions,
    private readonly retention: PartitionRetention,
  ) {}

  start(): void {
    this.task.startWithPause();
    this.subscription = this.audit.writeFailures
      .pipe(filter(isPartitionMissing), throttleTime(WAKE_MS))
      .subscribe(() => this.task.wake());
  }

  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    await this.task.stop();
  }

  private async keepUp(): Promise<void> {
    await this.months.makeAhead();
    await this.retention.enforce();
  }
}
