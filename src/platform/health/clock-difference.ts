import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../clock/clock.js';
import { InBackground } from '../background/in-background.decorator.js';
import { databaseTime } from '../database/database-time.js';

const COMPARE_EVERY_MS = 60_000;

/** A difference that synchronised clocks do not have, milliseconds. From a minute on, tokens dated by PostgreSQL are refused. */
const TOLERATED_MS = 5000;

/**
 * Compares the clock of this machine with PostgreSQL's, and logs when they differ. PostgreSQL dates access tokens and the
 * order of changes; without a hint, an operator would see only that every new token is refused.
 */
@Injectable()
export class ClockDifference {
  private readonly logger = new Logger(ClockDifference.name);
  private isReported = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Compares once. A slow reply is not taken for a difference. */
  @InBackground({ pauseMs: COMPARE_EVERY_MS, startsAtOnce: true })
  async compare(): Promise<void> {
    const askedMs = this.clock.nowMs();
    const [{ time }] = await this.dataSource.query<[{ time: Date }]>(
      `SELECT ${databaseTime(this.clock, 'clock_timestamp()')} AS time`,
    );
    const aheadMs = Math.max(0, time.getTime() - this.clock.nowMs());
    const behindMs = Math.max(0, askedMs - time.getTime());
    const isReported = Math.max(aheadMs, behindMs) > TOLERATED_MS;
    if (isReported && !this.isReported) this.report(aheadMs, behindMs);
    if (!isReported && this.isReported)
      this.logger.log('The clocks of PostgreSQL and of this machine agree again');
    this.isReported = isReported;
  }

  private report(aheadMs: number, behindMs: number): void {
    const difference =
      aheadMs > 0 ? `${Math.round(aheadMs / 1000)} s ahead of` : `${Math.round(behindMs / 1000)} s behind`;
    this.logger.error(
      `PostgreSQL's clock is ${difference} this machine's: synchronise both, because PostgreSQL dates the access tokens, ` +
        'and those of more than a minute ahead are refused',
    );
  }
}
