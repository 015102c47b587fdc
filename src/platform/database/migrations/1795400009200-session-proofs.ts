import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A session records how and when the user proved their identity, and on which client. Step-up, the list of a user's
 * sessions and the limit of one rotation in ten seconds depend on this. The defaults are correct for a session that an
 * instance of the previous version creates: a password, proven when the session began.
 */
export class SessionProofs1795400009200 implements MigrationInterface {
  readonly name = 'SessionProofs1795400009200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE sessions
        ADD COLUMN amr text[] NOT NULL DEFAULT '{pwd}',
        ADD COLUMN acr text NOT NULL DEFAULT 'aal1' CONSTRAINT sessions_acr_check CHECK (acr IN ('aal1', 'aal2')),
        ADD COLUMN auth_time timestamptz(3),
        ADD COLUMN user_agent text,
        ADD COLUMN network text,
        ADD COLUMN rotated_by bytea`);
    await runner.query(`
      CREATE TABLE known_devices (
        user_id uuid NOT NULL
          CONSTRAINT known_devices_user_id_fkey REFERENCES users ON DELETE CASCADE,
        device_id uuid NOT NULL,
        last_login_at timestamptz(3) NOT NULL,
        CONSTRAINT known_devices_pkey PRIMARY KEY (user_id, device_id)
      )`);
    await runner.query(`
      INSERT INTO known_devices (user_id, device_id, last_login_at)
      SELECT user_id, device_id, max(sessions.created_at) FROM sessions JOIN users ON users.id = user_id
      GROUP BY user_id, device_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE known_devices');
    await runner.query(`
      ALTER TABLE sessions
        DROP COLUMN amr, DROP COLUMN acr, DROP COLUMN auth_time,
        DROP COLUMN user_agent, DROP COLUMN network, DROP COLUMN rotated_by`);
  }
}
