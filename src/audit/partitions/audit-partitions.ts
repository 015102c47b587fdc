import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { monthOf, monthsLater } from './month.js';
import { PartitionsRepository } from './partitions.repository.js';

/** A clock that is a little off writes into a neighbour, and a schedule may be late by more than a month. */
const OFFSETS = [-1, 0, 1, 2];

/** Keeps the monthly partitions ready before they are needed. */
@Injectable()
export class AuditPartitions {
  private readonly logger = new Logger(AuditPartitions.name);

  constructor(
    private readonly clock: Clock,
    private readonly repository: PartitionsRepository,
  ) {}

  /**
   * Before the first entry is written: after a restore into another cluster, positions must go on where they were, which
   * is at `sealedTo`, the end of the newest genuine seal, at least.
   */
  async prepare(sealedTo: number): Promise<void> {
    if (await this.repository.rebasePositions(sealedTo)) {
      this.logger.log('The trail was restored from another cluster; its positions go on from there.');
    }
    await this.makeAhead();
  }

  /** Makes last month, this one and the next two. */
  async makeAhead(): Promise<void> {
    const current = monthOf(this.clock.now());
    for (const offset of OFFSETS) await this.repository.make(monthsLater(current, offset));
  }

  /** Makes the month of a time, however long ago. */
  async make(time: Date): Promise<void> {
    await this.repository.make(monthOf(time));
  }
}
