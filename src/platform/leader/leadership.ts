import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import { RepeatingTask } from '../clock/repeating-task.js';
import { Environment } from '../config/environment.js';
import { DeadlineClient } from '../database/deadline-client.js';
import { ownConnection } from '../database/own-connection.js';

/** Any constant that no other user of advisory locks in the same database picks: the bytes of "detector". */
const LOCK = '7234316355249663858';

const HEARTBEAT_MS = 1_000;
const ANSWER_MS = 1_000;

/**
 * A server does not notice by itself that a peer has vanished from the network, and would keep its lock for hours;
 * with these it takes some ten seconds. A process that merely dies closes its socket, and the lock is free at once.
 */
const NOTICE_LOST_PEER = `SELECT set_config('tcp_keepalives_idle', '4', false),
  set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)`;

/**
 * Of all instances on one database at most one leads: the one whose connection holds the advisory lock. The
 * connection is its own, so that neither an exhausted pool nor a pooler's reuse can take it away. What a leader writes
 * must still be safe against a second one that it does not know of yet.
 */
@Injectable()
export class Leadership implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Leadership.name);
  private readonly task = new RepeatingTask(Leadership.name, () => this.heartbeat(), {
    pauseMs: HEARTBEAT_MS,
  });
  private client: DeadlineClient | null = null;
  private holdsLock = false;
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
      if (this.holdsLock) await this.client.query('SELECT 1');
      else await this.stand(this.client);
      this.heartbeatsSubject.next(true);
    } catch (error) {
      this.hangUp();
      this.heartbeatsSubject.next(false);
      throw error;
    }
  }

  private async stand(client: DeadlineClient): Promise<void> {
    const { rows } = await client.query<{ won: boolean }>('SELECT pg_try_advisory_lock($1) AS won', [LOCK]);
    this.holdsLock = rows[0]!.won && this.client === client;
    if (this.holdsLock) this.logger.log('This instance now leads');
  }

  private async connect(): Promise<DeadlineClient> {
    const client = new DeadlineClient(ownConnection(this.environment, 'leadership', ANSWER_MS));
    const lost = () => this.client === client && this.hangUp();
    client.on('error', lost);
    client.on('end', lost);
    await client.connect();
    await client.query(NOTICE_LOST_PEER);
    return client;
  }

  /** Without waiting for the good-bye: a server that is silent would never say it. */
  private hangUp(): void {
    void this.client?.end().catch(() => undefined);
    this.client = null;
    this.holdsLock = false;
  }
}
