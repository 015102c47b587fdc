import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts. An address has only one account, even after concurrent requests, and a constraint lists all roles. */
export class Users1795400003000 implements MigrationInterface {
  readonly name = 'Users1795400003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid CONSTRAINT users_pkey PRIMARY KEY,
        email text NOT NULL CONSTRAINT users_email_key UNIQUE,
        display_name text,
        roles text[] NOT NULL CONSTRAINT users_roles_check CHECK (roles <@ ARRAY['user', 'auditor', 'admin']),
        email_verified boolean NOT NULL DEFAULT false,
        password_hash text NOT NULL,
        disabled_at timestamptz(3),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE users');
  }
}
