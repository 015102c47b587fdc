import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Data about the installation that uses the database: one fingerprint per secret, never the secret. */
export class Foundation1795400000000 implements MigrationInterface {
  readonly name = 'Foundation1795400000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE installation (
        variable text PRIMARY KEY,
        fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE installation');
  }
}
