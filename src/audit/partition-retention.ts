import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { Environment } from '../platform/config/environment.js';
import { TransactionRunner } from '../platform/database/transaction-runner.js';
import { type Month, monthOf, monthsLater } from './partitions/month.js';
import { type AuditTable, PartitionsRepository } from './partitions/partitions.repository.js';
import { SealChain } from './seals/seal-chain.js';
import { SealsRepository } from './seals/seals.repository.js';

const DAY_MS = 86_400_000;

/**
 * Drops whole months that are past their retention, never single rows. Each drop is committed together with the seal
 * that records it, so that verification can distinguish retention from tampering.
 */
@Injectable()
export class PartitionRetention {
  private readonly logger = new Logger(PartitionRetention.name);

  constructor(
    private readonly environment: Environment,
    private readonly clock: Clock,
    private readonly transactions: TransactionRunner,
    private readonly months: PartitionsRepository,
    private readonly seals: SealsRepository,
    private readonly chain: SealChain,
  ) {}

  /**
   * Drops the partitions that are due. Throws if a table is busy or PostgreSQL is unavailable; the next run drops the
   * rest.
   */
  async enforce(): Promise<void> {
    // What is dropped cannot be restored, so one wrong clock must not suffice for it.
    const nowMs = Math.min(this.clock.nowMs(), (await this.months.time()).getTime());
    const oldestKept = (days: number) => monthOf(new Date(nowMs - days * DAY_MS));
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
      if (month < oldestKept) await this.retire(table, month);
    }
  }

  private async retire(table: AuditTable, month: Month): Promise<void> {
    await this.transactions.run(async (tx) => {
      if (!(await this.seals.tryLock(tx))) return;
      const lastSeal = table === 'audit_seals' ? await this.chain.last(tx, month) : null;
      const link = lastSeal && { number: lastSeal.number, hash: lastSeal.hash };
      const retired = [{ table, month, lastSeal: link }];
      const last = await this.chain.last(tx);
      await this.chain.append(tx, last, {
        events: 0,
        calls: 0,
        members: Buffer.alloc(0),
        toPosition: last?.toPosition ?? 0,
        retired,
      });
      await this.months.drop(tx, table, month);
      this.logger.log(`Dropping ${month} of ${table}: its retention period has ended.`);
    });
  }
}
