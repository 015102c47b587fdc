import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What administrators see of accounts, and the indexes by which they find them among a million. Each filter has an index
 * in the order of its pages, so that a page never sorts or skips the accounts before it.
 */
export class Administration1795400020000 implements MigrationInterface {
  readonly name = 'Administration1795400020000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE users ADD COLUMN invited_at timestamptz(3), ADD COLUMN last_login_at timestamptz(3)`);
    await runner.query(`
      UPDATE users SET last_login_at = newest.created_at
      FROM (SELECT user_id, max(created_at) AS created_at FROM sessions GROUP BY user_id) AS newest
      WHERE newest.user_id = users.id`);
    await runner.query(`
      CREATE INDEX users_standing_idx ON users ((CASE
        WHEN disabled_at IS NOT NULL THEN 'disabled'
        WHEN invited_at IS NOT NULL THEN 'invited'
        WHEN email_verified THEN 'active'
        ELSE 'unverified' END), id)`);
    // LIKE uses an index only in the order of code points, which the database's own order need not be.
    await runner.query('CREATE INDEX users_email_prefix_idx ON users (email COLLATE "C")');
    await runner.query(`
      CREATE INDEX users_name_prefix_idx ON users ((lower(display_name) COLLATE "C"), id)
      WHERE display_name IS NOT NULL`);
    for (const role of ['admin', 'auditor'])
      await runner.query(`CREATE INDEX users_${role}_idx ON users (id) WHERE '${role}' = ANY (roles)`);
    // Null for an address without an account, and in rows of the previous version until their next failure.
    await runner.query('ALTER TABLE login_failures ADD COLUMN user_id uuid');
    await runner.query(`
      CREATE INDEX login_failures_closed_idx ON login_failures (user_id)
      WHERE device_id = '' AND failures >= 100`);
    await runner.query(`
      CREATE INDEX login_failures_waiting_idx ON login_failures (blocked_until) WHERE device_id = ''`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX login_failures_waiting_idx, login_failures_closed_idx');
    await runner.query('ALTER TABLE login_failures DROP COLUMN user_id');
    await runner.query(`
      DROP INDEX users_standing_idx, users_email_prefix_idx, users_name_prefix_idx, users_admin_idx, users_auditor_idx`);
    await runner.query('ALTER TABLE users DROP COLUMN invited_at, DROP COLUMN last_login_at');
  }
}
