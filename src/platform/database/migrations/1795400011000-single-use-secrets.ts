import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One table for the single-use secrets of all purposes. The previous version does not read it. */
export class SingleUseSecrets1795400011000 implements MigrationInterface {
  readonly name = 'SingleUseSecrets1795400011000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE single_use_secrets (
        id uuid CONSTRAINT single_use_secrets_pkey PRIMARY KEY,
        purpose text NOT NULL,
        subject uuid,
        digest bytea NOT NULL,
        code_digest bytea,
        code_expires_at timestamptz(3),
        email_digest text,
        fingerprint text,
        context text,
        sealed_payload bytea NOT NULL,
        replaceable boolean NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        used_at timestamptz(3),
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE UNIQUE INDEX single_use_secrets_digest ON single_use_secrets (digest)');
    await runner.query(
      `CREATE UNIQUE INDEX single_use_secrets_replaceable ON single_use_secrets (subject, purpose)
       WHERE replaceable AND used_at IS NULL`,
    );
    await runner.query('CREATE INDEX single_use_secrets_subject ON single_use_secrets (subject, purpose)');
    await runner.query('CREATE INDEX single_use_secrets_expires_at ON single_use_secrets (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE single_use_secrets');
  }
}
