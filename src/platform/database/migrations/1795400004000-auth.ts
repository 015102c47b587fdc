import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions and signing keys. A session is one row however often it is refreshed, and contains no token. */
export class Auth1795400004000 implements MigrationInterface {
  readonly name = 'Auth1795400004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sessions (
        id uuid CONSTRAINT sessions_pkey PRIMARY KEY,
        user_id uuid NOT NULL,
        generation integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        rotated_at timestamptz(3) NOT NULL,
        idle_expires_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        revoked_at timestamptz(3),
        revoke_reason text,
        device_id uuid NOT NULL,
        client bytea NOT NULL
      )`);
    await runner.query('CREATE INDEX sessions_user_id ON sessions (user_id)');
    await runner.query(
      'CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL',
    );
    await runner.query('CREATE INDEX sessions_expires_at ON sessions (expires_at)');
    await runner.query(`
      CREATE TABLE signing_keys (
        kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
        algorithm text NOT NULL,
        public_jwk jsonb NOT NULL,
        sealed_private_key bytea,
        created_at timestamptz(3) NOT NULL,
        signs_from timestamptz(3) NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signing_keys');
    await runner.query('DROP TABLE sessions');
  }
}
