import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { monthOf, monthsLater } from './month.js';
import { PartitionsRepository } from './partitions.repository.js';
import { TrailPositions } from './trail-positions.js';

/** An inaccurate clock may write into an adjacent month, and the task may run more than a month late. */
const OFFSETS = [-1, 0, 1, 2];

/** Transactions between two seals, of a cluster as busy as can be. A position that is further ahead is forged. */
const MARGIN = 2 ** 32;

/** Creates the monthly partitions before they are needed. */
@Injectable()
export class AuditPartitions {
  private readonly logger = new Logger(AuditPartitions.name);

  constructor(
    private readonly clock: Clock,
    private readonly repository: PartitionsRepository,
    private readonly positions: TrailPositions,
  ) {}

  /**
   * Runs before the first entry is written. After a restore into another cluster, positions must continue where they
   * were, at least at `sealedTo`, the end of the newest genuine seal, and at the stored positions of all readers.
   */
  async prepare(sealedTo: number): Promise<void> {
    const read = (await this.positions.read()).filter((position) => position <= sealedTo + MARGIN);
    if (await this.repository.rebasePositions(Math.max(sealedTo, ...read))) {
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
