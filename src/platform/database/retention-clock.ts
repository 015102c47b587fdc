import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../clock/clock.js';
import { onDatabase } from './database-problem.js';
import { databaseTime } from './database-time.js';

/**
 * The clock by which old data is deleted: the earlier of this instance's clock and PostgreSQL's. What is deleted cannot be
 * restored, so one wrong clock must not suffice for it.
 */
@Injectable()
export class RetentionClock {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Returns the time so many milliseconds ago. Throws `dependency_unavailable`. */
  async ago(ms: number): Promise<Date> {
    const [{ time }] = await onDatabase(() =>
      this.dataSource.query<[{ time: Date }]>(`SELECT ${databaseTime(this.clock, 'now()')} AS time`),
    );
    return new Date(Math.min(this.clock.nowMs(), time.getTime()) - ms);
  }
}
