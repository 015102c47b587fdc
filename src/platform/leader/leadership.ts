import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { QueryResult } from 'pg';
import { type Observable, Subject } from 'rxjs';
import { RepeatingTask } from '../clock/repeating-task.js';
import { Environment } from '../config/environment.js';
import { ADVISORY_LOCKS } from '../database/advisory-locks.js';
import { DeadlineClient } from '../database/deadline-client.js';
import { ownConnection } from '../database/own-connection.js';

const HEARTBEAT_MS = 1_000;
const ANSWER_MS = 1_000;

/** How often the transaction is renewed, milliseconds; one that is open for hours would trigger database monitoring. */
const RENEW_MS = 60_000;

/**
 * Takes a lock of a transaction, which a pooler cannot pass to another client as it would a lock of a session. The
 * transaction has no snapshot and no id, so it delays neither vacuum nor seals. A server does not notice when a peer has
 * vanished from the network and would keep the lock for hours; the timeout makes it end the idle transaction.
 */
const ACQUIRE_LEADERSHIP = `START TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SET LOCAL idle_in_transaction_session_timeout = '10s';
  SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCKS.leadership}) AS won`;

/**
 * Elects at most one leader among the instances on one database: the one whose transaction holds the advisory lock. It
 * uses its own connection, so an exhausted pool cannot cost it the lock. Writes of a leader must still be safe against a
 * second leader that it does not know of yet.
 */
@Injectable()
export class Leadership implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Leadership.name);
  private readonly task = new RepeatingTask(Leadership.name, () => this.heartbeat(), {
    pauseMs: HEARTBEAT_MS,
  });
  private client: DeadlineClient | null = null;
  private holdsLock = false;
  private acquiredMs = 0;
  private readonly heartbeatsSubject = new Subject<boolean>();

  constructor(private readonly environment: Environment) {}

  get isLeader(): boolean {
    return this.holdsLock;
  }

  /** Emits for each heartbeat whether PostgreSQL responded. */
  get heartbeats(): Observable<boolean> {
    return this.heartbeatsSubject;
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
    this.hangUp();
  }

  /** Connects if there is no connection. Requests the lock or, once it is held, checks the connection. */
  async heartbeat(): Promise<void> {
    try {
      this.client ??= await this.connect();
      const isFresh = this.holdsLock && performance.now() - this.acquiredMs < RENEW_MS;
      await (isFresh ? this.client.query('SELECT 1') : this.acquire(this.client));
      this.heartbeatsSubject.next(true);
    } catch (error) {
      this.hangUp();
      this.heartbeatsSubject.next(false);
      throw error;
    }
  }

  private async acquire(client: DeadlineClient): Promise<void> {
    const wasLeading = this.holdsLock;
    // Only a leader has a transaction to end; PostgreSQL would log a warning for every other instance, each second.
    const statements = wasLeading ? `COMMIT; ${ACQUIRE_LEADERSHIP}` : ACQUIRE_LEADERSHIP;
    const results = (await client.query(statements)) as unknown as QueryResult<{ won: boolean }>[];
    const won = results.at(-1)!.rows[0]!.won;
    if (!won) await client.query('ROLLBACK');
    this.acquiredMs = performance.now();
    this.holdsLock = won && this.client === client;
    if (this.holdsLock && !wasLeading) this.logger.log('This instance is now the leader');
  }

  private async connect(): Promise<DeadlineClient> {
    const client = new DeadlineClient(ownConnection(this.environment, 'leadership', ANSWER_MS));
    const lost = () => this.client === client && this.hangUp();
    client.on('error', lost);
    client.on('end', lost);
    await client.connect();
    return client;
  }

  /** Drops the connection without waiting for it to close: an unresponsive server would never confirm. */
  private hangUp(): void {
    void this.client?.end().catch(() => undefined);
    this.client = null;
    this.holdsLock = false;
  }
}
