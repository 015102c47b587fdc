import { Injectable } from '@nestjs/common';
import { DataSource, LessThan } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { ServiceAccount } from '../service-account.entity.js';

/** All SQL statements on service accounts. */
@Injectable()
export class ServiceAccountsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(tx: Transaction, account: ServiceAccount): Promise<void> {
    await tx.insert(ServiceAccount, account);
  }

  async findById(id: string): Promise<ServiceAccount | null> {
    return onDatabase(() => this.dataSource.manager.findOneBy(ServiceAccount, { id }));
  }

  /** Returns accounts in the order of their creation, the newest first, those before an id if one is given. */
  async page(before: string | null, limit: number): Promise<ServiceAccount[]> {
    return onDatabase(() =>
      this.dataSource.manager.find(ServiceAccount, {
        where: before === null ? {} : { id: LessThan(before) },
        order: { id: 'DESC' },
        take: limit,
      }),
    );
  }

  /** Reads an account and keeps others from changing it until the transaction ends. */
  async share(tx: Transaction, id: string): Promise<ServiceAccount | null> {
    return tx.findOne(ServiceAccount, { where: { id }, lock: { mode: 'pessimistic_read' } });
  }

  /** Reads an account and locks its row until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<ServiceAccount | null> {
    return tx.findOne(ServiceAccount, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async update(tx: Transaction, id: string, changes: Partial<ServiceAccount>): Promise<void> {
    await tx.update(ServiceAccount, { id }, changes);
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.delete(ServiceAccount, { id });
  }
}
