import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { AuditPartitions } from './partitions/audit-partitions.js';
import { PartitionUpkeep } from './partitions/partition-upkeep.js';
import { RepeatingTask } from '../platform/clock/repeating-task.js';
import { SealingRound } from './seals/sealing-round.js';
import { AuditSpool } from './spool/audit-spool.js';
import { SpoolDrain } from './spool/spool-drain.js';
import { untilAvailable } from '../platform/database/until-available.js';
import { SpoolWriter } from './spool/spool-writer.js';

/**
 * Starts and stops the background tasks of the trail: draining the spool, sealing, creating and dropping partitions.
 */
@Injectable()
export class AuditLifecycle implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  /** Entries must be in PostgreSQL within 250 ms and sealed within a second. */
  private readonly draining = new RepeatingTask('AuditSpool', () => this.drain.run(), {
    pauseMs: 100,
    retryMs: 500,
  });
  private readonly sealing = new RepeatingTask('AuditSealing', () => this.round.run(), {
    pauseMs: 500,
    retryMs: 1000,
  });

  constructor(
    private readonly spool: AuditSpool,
    private readonly writer: SpoolWriter,
    private readonly drain: SpoolDrain,
    private readonly round: SealingRound,
    private readonly months: AuditPartitions,
    private readonly upkeep: PartitionUpkeep,
  ) {}

  /** Prepares positions and partitions before the first entry is written. */
  async onModuleInit(): Promise<void> {
    await untilAvailable(async () => this.months.prepare(await this.round.sealedTo()));
  }

  onApplicationBootstrap(): void {
    this.draining.start();
    this.sealing.start();
    this.upkeep.start();
  }

  /**
   * After the last request, sends and seals the remaining records. Without PostgreSQL they stay in the spool until
   * the next start.
   */
  async onApplicationShutdown(): Promise<void> {
    await this.upkeep.stop();
    this.writer.flush();
    await this.draining.stop();
    this.spool.close();
    await this.draining.finish();
    await this.sealing.finish();
    this.spool.leave();
  }
}
