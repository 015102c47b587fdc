import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { QueryResult } from 'pg';
import { type Observable, Subject } from 'rxjs';
import { RepeatingTask } from '../clock/repeating-task.js';
import { Environment } from '../config/environment.js';
import { DeadlineClient } from '../database/deadline-client.js';
import { ownConnection } from '../database/own-connection.js';

/** Any constant that no other user of advisory locks in the same database picks: the bytes of "detector". */
const LOCK = '7234316355249663858';

const HEARTBEAT_MS = 1_000;
const ANSWER_MS = 1_000;

/** A transaction that is open for hours alarms those who watch for them, so it is begun anew this often; milliseconds. */
const RENEW_MS = 60_000;

/**
 * A lock of a transaction, which a pooler cannot hand on to another client as it would a lock of a session. The
 * transaction has no snapshot and no id, so it holds up neither vacuum nor seals. A server does not notice by itself that
 * a peer has vanished from the network, and would keep the lock for hours: it ends the silent transaction.
 */
const STAND = `COMMIT; START TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SET LOCAL idle_in_transaction_session_timeout = '10s';
  SELECT pg_try_advisory_xact_lock(${LOCK}) AS won`;

/**
 * Of all instances on one database at most one leads: the one whose transaction holds the advisory lock. The
 * connection is its own, so that an exhausted pool cannot take it away. What a leader writes must still be safe
 * against a second one that it does not know of yet.
 */
@Injectable()
export class Leadership implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Leadership.name);
  private readonly task = new RepeatingTask(Leadership.name, () => this.heartbeat(), {
    pauseMs: HEARTBEAT_MS,
  });
  private client: DeadlineClient | null = null;
  private holdsLock = false;
  private stoodMs = 0;
  private readonly heartbeatsSubject = new Subject<boolean>();

  constructor(private readonly environment: Environment) {}

  get isLeader(): boolean {
    return this.holdsLock;
  }

  /** Whether PostgreSQL answered, once for each heartbeat. */
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

  /** Connects where there is no connection, and asks for the lock or, once it is held, for a sign of life. */
  async heartbeat(): Promise<void> {
    try {
      this.client ??= await this.connect();
      const isFresh = this.holdsLock && performance.now() - this.stoodMs < RENEW_MS;
      await (isFresh ? this.client.query('SELECT 1') : this.stand(this.client));
      this.heartbeatsSubject.next(true);
    } catch (error) {
      this.hangUp();
      this.heartbeatsSubject.next(false);
      throw error;
    }
  }

  private async stand(client: DeadlineClient): Promise<void> {
    const wasLeading = this.holdsLock;
    const results = (await client.query(STAND)) as unknown as QueryResult<{ won: boolean }>[];
    const won = results.at(-1)!.rows[0]!.won;
    if (!won) await client.query('ROLLBACK');
    this.stoodMs = performance.now();
    this.holdsLock = won && this.client === client;
    if (this.holdsLock && !wasLeading) this.logger.log('This instance now leads');
  }

  private async connect(): Promise<DeadlineClient> {
    const client = new DeadlineClient(ownConnection(this.environment, 'leadership', ANSWER_MS));
    const lost = () => this.client === client && this.hangUp();
    client.on('error', lost);
    client.on('end', lost);
    await client.connect();
    return client;
  }

  /** Without waiting for the good-bye: a server that is silent would never say it. */
  private hangUp(): void {
    void this.client?.end().catch(() => undefined);
    this.client = null;
    this.holdsLock = false;
  }
}
