import { Injectable, Logger } from '@nestjs/common';
import { TransactionRunner } from '../platform/database/transaction-runner.js';
import { SealChain } from './seals/seal-chain.js';
import { SealsRepository } from './seals/seals.repository.js';
import type { Month } from './partitions/month.js';
import { type AuditTable, PartitionsRepository } from './partitions/partitions.repository.js';

/** Drops months together with the seal that records it, so that verification can distinguish retention from tampering. */
@Injectable()
export class PartitionDrop {
  private readonly logger = new Logger(PartitionDrop.name);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly months: PartitionsRepository,
    private readonly seals: SealsRepository,
    private readonly chain: SealChain,
  ) {}

  /**
   * Drops a month of a table. Returns whether it did; it does not while another instance is sealing. Throws if the table is
   * busy.
   */
  async drop(table: AuditTable, month: Month): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      if (!(await this.seals.tryLock(tx))) return false;
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
      return true;
    });
  }
}
