import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { onDatabase } from '../database/database-problem.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';

/**
 * The others wait for an announcement. The server ends that of an instance that has gone silent after this time, so that they
 * stay usable; it could not do so within a statement, which has its own limit.
 */
const END_SILENT = "SET LOCAL idle_in_transaction_session_timeout = '5s'";

/** How long the connection outside the pool is kept after an announcement, milliseconds. */
const KEPT_MS = 1000;

/**
 * The transactions in which secrets are announced. An announcement that others wait for has a connection outside the pool: each
 * of them may hold one of the pool, and with as many of them as the pool has connections, none would ever become free.
 */
@Injectable()
export class AnnouncementTransactions implements OnApplicationShutdown {
  private opened: Promise<DataSource> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    const opened = await this.opened?.catch(() => null);
    await opened?.destroy();
  }

  /** Runs work in a transaction of the pool. Throws `dependency_unavailable` if PostgreSQL is. */
  async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transactions.run((tx) => endingIfSilent(tx, work));
  }

  /** Runs work in a transaction outside the pool. Throws `dependency_unavailable` if PostgreSQL is. */
  async runApart<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const apart = await onDatabase(() => this.open());
    return new TransactionRunner(apart).run((tx) => endingIfSilent(tx, work));
  }

  private async open(): Promise<DataSource> {
    const { extra, ...options } = this.dataSource.options as PostgresDataSourceOptions;
    this.opened ??= new DataSource({
      ...options,
      entities: [],
      migrations: [],
      poolSize: 1,
      extra: { ...(extra as object), min: 0, idleTimeoutMillis: KEPT_MS },
    }).initialize();
    this.opened.catch(() => (this.opened = null));
    return this.opened;
  }
}

async function endingIfSilent<T>(tx: Transaction, work: (tx: Transaction) => Promise<T>): Promise<T> {
  await tx.query(END_SILENT);
  return work(tx);
}
