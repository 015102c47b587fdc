import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { monthOf, monthsLater } from './month.js';
import { PartitionsRepository } from './partitions.repository.js';

/** An inaccurate clock may write into an adjacent month, and the task may run more than a month late. */
const OFFSETS = [-1, 0, 1, 2];

/** Creates the monthly partitions before they are needed. */
@Injectable()
export class AuditPartitions {
  private readonly logger = new Logger(AuditPartitions.name);

  constructor(
    private readonly clock: Clock,
    private readonly repository: PartitionsRepository,
  ) {}

  /**
   * Runs before the first entry is written. After a restore into another cluster, positions must continue where they
   * were, at least at `sealedTo`, the end of the newest genuine seal.
   */
  async prepare(sealedTo: number): Promise<void> {
    if (await this.repository.rebasePositions(sealedTo)) {
      this.logger.log('The trail was restored from another cluster; new positions follow the existing ones.');
    }
    await this.makeAhead();
  }

  /** Creates the partitions of the previous month, the current one and the next two. */
  async makeAhead(): Promise<void> {
    const current = monthOf(this.clock.now());
    for (const offset of OFFSETS) await this.repository.make(monthsLater(current, offset));
  }

  /** Creates the partitions for the month of a time, however long ago. */
  async make(time: Date): Promise<void> {
    await this.repository.make(monthOf(time));
  }
}
