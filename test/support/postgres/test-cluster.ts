import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from '../../../src/platform/database/migrate.js';

/** The server on which specs clone their databases; serialisable, because workers are separate processes. */
export interface TestCluster {
  readonly superuserUrl: string;
  /** Common prefix of every database and role of this run. */
  readonly run: string;
  readonly ownerRole: string;
  readonly serviceRole: string;
  readonly password: string;
  /** Further options of the CREATE DATABASE that clones the template. */
  readonly cloneOptions: string;
}

export interface OpenTestCluster {
  readonly cluster: TestCluster;
  readonly close: () => Promise<void>;
}

const PREFIX = 'portcullis_test_';
/** Namespace of the advisory locks that show that a run is active. */
const RUN_LOCK = 1_347_571_540;

/**
 * Makes the verifiers of passwords that the session sets take one iteration, because a run logs in to PostgreSQL thousands
 * of times. PostgreSQL 15 does not have the setting.
 */
const CHEAP_PASSWORDS = `SELECT set_config(name, '1', false) FROM pg_settings WHERE name = 'scram_iterations'`;

/** Returns the URL of a database of the cluster for a role. */
export function urlOf(cluster: TestCluster, database: string, role?: string): string {
  const url = new URL(cluster.superuserUrl);
  url.pathname = `/${database}`;
  if (role !== undefined) {
    url.username = role;
    url.password = cluster.password;
  }
  return url.href;
}

/** The migrated database that specs clone. */
export function templateOf(cluster: TestCluster): string {
  return `${cluster.run}_template`;
}

/**
 * Prepares a server for one test run: it creates roles and a template database that belong to the run, so that the
 * template is never out of date and runs do not interfere with each other. The template is migrated like a production
 * database. `close` removes everything; the next run removes what a killed run has left behind.
 */
export async function openTestCluster(
  superuserUrl: string,
  { cloneOptions = '' } = {},
): Promise<OpenTestCluster> {
  const admin = new Client(superuserUrl);
  await admin.connect();
  await removeDeadRuns(admin);
  const run = PREFIX + randomBytes(4).toString('hex');
  await admin.query('SELECT pg_advisory_lock($1, hashtext($2))', [RUN_LOCK, run]);
  const cluster: TestCluster = {
    superuserUrl,
    run,
    ownerRole: `${run}_owner`,
    serviceRole: `${run}_service`,
    password: randomBytes(16).toString('hex'),
    cloneOptions,
  };
  await admin.query(CHEAP_PASSWORDS);
  for (const role of [cluster.ownerRole, cluster.serviceRole]) {
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${cluster.password}'`);
  }
  const template = templateOf(cluster);
  await admin.query(`CREATE DATABASE ${template} OWNER ${cluster.ownerRole}`);
  await migrate({
    DATABASE_URL: urlOf(cluster, template, cluster.serviceRole),
    DATABASE_MIGRATION_URL: urlOf(cluster, template, cluster.ownerRole),
    DATABASE_POOL_SIZE: 2,
    DATABASE_SSL: 'off',
  });
  return {
    cluster,
    close: async () => {
      await removeRun(admin, run);
      await admin.end();
    },
  };
}

async function removeDeadRuns(admin: Client): Promise<void> {
  const { rows } = await admin.query<{ run: string }>(
    `SELECT DISTINCT substring(name FROM '^${PREFIX}[0-9a-f]{8}') AS run
     FROM (SELECT datname AS name FROM pg_database UNION SELECT rolname FROM pg_roles) AS names
     WHERE name ~ '^${PREFIX}[0-9a-f]{8}_'`,
  );
  for (const { run } of rows) {
    const lock = await admin.query<{ dead: boolean }>(
      'SELECT pg_try_advisory_lock($1, hashtext($2)) AS dead',
      [RUN_LOCK, run],
    );
    if (lock.rows[0]?.dead) await removeRun(admin, run);
  }
}

async function removeRun(admin: Client, run: string): Promise<void> {
  const databases = await admin.query<{ name: string }>(
    'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
    [`${run}_`],
  );
  for (const { name } of databases.rows) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.query(`DROP ROLE IF EXISTS ${run}_owner, ${run}_service`);
  await admin.query('SELECT pg_advisory_unlock($1, hashtext($2))', [RUN_LOCK, run]);
}
