import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { DatabaseSettings } from '../../../src/platform/database/data-source-options.js';
import { templateOf, urlOf } from './test-cluster.js';

/** A migrated database that belongs to one spec. */
export interface FreshDatabase {
  readonly name: string;
  /** URL for the role of the service, which must not modify audit entries. */
  readonly url: string;
  /** URL for the owner of the tables, who runs the migrations. */
  readonly ownerUrl: string;
  readonly superuserUrl: string;
  /** The same URLs as environment variables. */
  readonly settings: DatabaseSettings;
  /** Closes its connections and drops it; can be called repeatedly. */
  drop(): Promise<void>;
}

/**
 * Clones the template of this run, which takes about 20 ms; `migrated: false` creates an empty database instead, and `copyOf`
 * copies one to which nobody is connected.
 */
export async function freshDatabase({
  migrated = true,
  copyOf,
}: { readonly migrated?: boolean; readonly copyOf?: FreshDatabase } = {}): Promise<FreshDatabase> {
  const cluster = inject('postgres');
  const name = `${cluster.run}_${randomBytes(6).toString('hex')}`;
  const template = copyOf?.name ?? (migrated ? templateOf(cluster) : 'template1');
  await asSuperuser(
    cluster.superuserUrl,
    `CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${cluster.ownerRole} ${cluster.cloneOptions}`,
  );
  const url = urlOf(cluster, name, cluster.serviceRole);
  const ownerUrl = urlOf(cluster, name, cluster.ownerRole);
  return {
    name,
    url,
    ownerUrl,
    superuserUrl: urlOf(cluster, name),
    settings: {
      DATABASE_URL: url,
      DATABASE_MIGRATION_URL: ownerUrl,
      DATABASE_POOL_SIZE: 5,
      DATABASE_SSL: 'off',
    },
    drop: () => asSuperuser(cluster.superuserUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function asSuperuser(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
