import { Injectable } from '@nestjs/common';
import { Environment } from '../platform/config/environment.js';
import { RetentionClock } from '../platform/database/retention-clock.js';
import { LastingStatements } from './erasure/lasting-statements.js';
import { PartitionDrop } from './partition-drop.js';
import { type Month, monthOf, monthsLater } from './partitions/month.js';
import { type AuditTable, PartitionsRepository } from './partitions/partitions.repository.js';

const DAY_MS = 86_400_000;

/** Drops whole months that are past their retention, never single rows. */
@Injectable()
export class PartitionRetention {
  constructor(
    private readonly environment: Environment,
    private readonly clock: RetentionClock,
    private readonly months: PartitionsRepository,
    private readonly partitions: PartitionDrop,
    private readonly statements: LastingStatements,
  ) {}

  /**
   * Drops the partitions that are due, the oldest first. Drops no more of a table while another instance is sealing, and
   * throws if a table is busy or PostgreSQL is unavailable; the next run drops the rest.
   */
  async enforce(): Promise<void> {
    const now = await this.clock.ago(0);
    const oldestKept = (days: number) => monthOf(new Date(now.getTime() - days * DAY_MS));
    await this.dropBefore('audit_calls', oldestKept(this.environment.AUDIT_CALL_RETENTION_DAYS));
    // An event that states an erasure must stay as long as an erased call, which would otherwise count as altered.
    const [oldestCalls = oldestKept(0)] = await this.months.of('audit_calls');
    const oldestEvents = oldestKept(this.environment.AUDIT_EVENT_RETENTION_DAYS);
    await this.dropBefore('audit_events', [oldestEvents, oldestCalls].sort()[0]!);
    const [oldest] = [
      ...(await this.months.of('audit_events')),
      ...(await this.months.of('audit_calls')),
    ].sort();
    // A seal's members are as old as the seal, or older. The margin of one month allows for differences between
    // clocks.
    if (oldest !== undefined) await this.dropBefore('audit_seals', monthsLater(oldest, -1));
  }

  private async dropBefore(table: AuditTable, oldestKept: Month): Promise<void> {
    for (const month of await this.months.of(table)) {
      if (month >= oldestKept) return;
      // A statement that was recorded just now is sealed by the next run.
      if (table === 'audit_events' && !(await this.statements.outlive(month))) return;
      // An erased entry of this month may be stated in a later one, which therefore must not be dropped before it.
      if (!(await this.partitions.drop(table, month))) return;
    }
  }
}
