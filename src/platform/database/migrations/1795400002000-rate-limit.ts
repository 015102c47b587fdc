import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Data of limits that must survive the loss of Redis: failed logins per account, and blocked addresses. */
export class RateLimit1795400002000 implements MigrationInterface {
  readonly name = 'RateLimit1795400002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE login_failures (
        account_digest text NOT NULL,
        device_id text NOT NULL,
        failures integer NOT NULL,
        blocked_until timestamptz,
        updated_at timestamptz NOT NULL,
        CONSTRAINT login_failures_pkey PRIMARY KEY (account_digest, device_id)
      )`);
    // Only rows that may be purged, so that the purge never reads past rows that must be kept.
    await runner.query(
      'CREATE INDEX login_failures_forgettable_idx ON login_failures (updated_at) WHERE failures < 10',
    );
    await runner.query(`
      CREATE TABLE address_blocks (
        network text NOT NULL,
        alert_id uuid NOT NULL,
        reason text NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT address_blocks_pkey PRIMARY KEY (network, alert_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE address_blocks');
    await runner.query('DROP TABLE login_failures');
  }
}
