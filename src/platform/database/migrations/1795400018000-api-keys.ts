import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * API keys of people and of service accounts. `api_key_changes` names owners whose keys the caches of all instances must
 * read again; rows are ordered by transaction, so that a reader misses none.
 */
export class ApiKeys1795400018000 implements MigrationInterface {
  readonly name = 'ApiKeys1795400018000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE service_accounts (
        id uuid NOT NULL,
        name text NOT NULL,
        scopes text[] NOT NULL,
        disabled_at timestamptz(3),
        created_at timestamptz(3) NOT NULL,
        CONSTRAINT service_accounts_pkey PRIMARY KEY (id)
      )`);
    await runner.query(`
      CREATE TABLE api_keys (
        id uuid NOT NULL,
        user_id uuid,
        service_account_id uuid,
        name text NOT NULL,
        scopes text[] NOT NULL,
        hint text NOT NULL,
        digest bytea NOT NULL,
        secret_id text NOT NULL,
        lifetime_days integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        revoked_at timestamptz(3),
        successor_id uuid,
        last_used_at timestamptz(3),
        noticed_days integer,
        CONSTRAINT api_keys_pkey PRIMARY KEY (id),
        CONSTRAINT api_keys_digest_key UNIQUE (digest),
        CONSTRAINT api_keys_owner_check CHECK (num_nonnulls(user_id, service_account_id) = 1),
        CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT api_keys_service_account_id_fkey FOREIGN KEY (service_account_id) REFERENCES service_accounts (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX api_keys_user_id ON api_keys (user_id) WHERE user_id IS NOT NULL');
    await runner.query(
      'CREATE INDEX api_keys_service_account_id ON api_keys (service_account_id) WHERE service_account_id IS NOT NULL',
    );
    await runner.query('CREATE INDEX api_keys_expires_at ON api_keys (expires_at)');
    await runner.query(`
      CREATE TABLE api_key_changes (
        id uuid NOT NULL,
        owner_id uuid NOT NULL,
        position bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
        CONSTRAINT api_key_changes_pkey PRIMARY KEY (id)
      )`);
    await runner.query('CREATE INDEX api_key_changes_position ON api_key_changes (position)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE api_key_changes');
    await runner.query('DROP TABLE api_keys');
    await runner.query('DROP TABLE service_accounts');
  }
}
