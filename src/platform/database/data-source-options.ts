import { Logger } from '@nestjs/common';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import type { Environment } from '../config/environment.js';
import { DeadlineClient } from './deadline-client.js';
import { SessionClient } from './session-client.js';
import { NO_TIMEOUTS, type SessionSettings, STATEMENT_MEANING } from './session-settings.js';

/** The part of {@link Environment} that describes the connection to the database. */
export type DatabaseSettings = Pick<
  Environment,
  'DATABASE_URL' | 'DATABASE_MIGRATION_URL' | 'DATABASE_POOL_SIZE' | 'DATABASE_SSL'
>;

/** The role that connects: the service, or the owner of the tables, which migrates them. */
export type DatabaseRole = 'service' | 'migrations';

/** The longest time a request waits for a connection, whether the pool is exhausted or the server does not respond. */
const ACQUIRE_MS = 900;
/** The server cancels a statement after this time, including lock waits. Together with the above it stays under 2 s. */
const STATEMENT_MS = 900;
/** The client gives up on a silent server after this time: {@link STATEMENT_MS} plus the round trip. */
const READ_MS = 1000;
/** The server ends a transaction whose process has gone silent, so that its row locks are released soon. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/**
 * The longest time from a statement of a transaction until its commit is visible: one silence, and a few statements before and
 * after it.
 */
export const LONGEST_TRANSACTION_SECONDS = IDLE_IN_TRANSACTION_MS / 1000 + 10;

/** Settings of the service role's sessions, in the pool and outside it. */
export const SERVICE_SESSION: SessionSettings = {
  ...STATEMENT_MEANING,
  ...NO_TIMEOUTS,
  statement_timeout: String(STATEMENT_MS),
  idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
};

/** A migration may take long, so the server sets no deadline for it or for sessions that wait for it. */
const MIGRATION_SESSION: SessionSettings = { ...STATEMENT_MEANING, ...NO_TIMEOUTS };

/** One connection holds the lock; the second runs the change that the lock guards. */
const MIGRATION_POOL_SIZE = 2;
const MIGRATION_CONNECT_MS = 5000;

/**
 * Returns TypeORM's options for a role, without entities and migrations. The application and the command line both use
 * them to reach PostgreSQL. Throws if no address is known, that is, before the embedded server has started.
 */
export function dataSourceOptions(settings: DatabaseSettings, role: DatabaseRole): PostgresDataSourceOptions {
  const url = role === 'migrations' ? ownerUrl(settings) : settings.DATABASE_URL;
  if (url === undefined)
    throw new Error('DATABASE_URL is unset and no embedded PostgreSQL has been started.');
  return {
    type: 'postgres',
    url,
    ssl: settings.DATABASE_SSL !== 'off' && { rejectUnauthorized: settings.DATABASE_SSL === 'verify-full' },
    applicationName: role === 'service' ? 'portcullis' : 'portcullis migrations',
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    // The pool replaces a broken idle connection. Without a listener, the error event would end the process.
    poolErrorHandler: role === 'service' ? warnOfBrokenConnection : ignoreBrokenConnection,
    ...(role === 'service' ? servicePool(settings.DATABASE_POOL_SIZE) : migrationPool()),
  };
}

function warnOfBrokenConnection(error: Error): void {
  new Logger('Database').warn(`An idle connection broke: ${error.message}`);
}

/**
 * The pool for migrations lives for one change. node-postgres resolves `end()` before the sockets are closed, so a
 * server that is stopped next may still end an idle connection, and the start must report its own fault alone.
 */
function ignoreBrokenConnection(): void {}

/**
 * Returns the URL of the tables' owner: `DATABASE_MIGRATION_URL`, or the service's own URL if there is only one role.
 */
function ownerUrl(settings: DatabaseSettings): string | undefined {
  return settings.DATABASE_MIGRATION_URL ?? settings.DATABASE_URL;
}

function servicePool(poolSize: number): Partial<PostgresDataSourceOptions> {
  return {
    poolSize,
    connectTimeoutMS: ACQUIRE_MS,
    extra: {
      Client: DeadlineClient,
      session: SERVICE_SESSION,
      query_timeout: READ_MS,
      min: Math.min(2, poolSize),
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
  };
}

function migrationPool(): Partial<PostgresDataSourceOptions> {
  return {
    poolSize: MIGRATION_POOL_SIZE,
    connectTimeoutMS: MIGRATION_CONNECT_MS,
    // By default, all pending ones form one transaction, which holds the locks of the first until the last is done.
    migrationsTransactionMode: 'each',
    extra: { Client: SessionClient, session: MIGRATION_SESSION },
  };
}
