import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The codes of requested erasures: the service's role can insert rows into `erasures`, and only those with a code are
 * carried out. Rows of the previous version have none; for them, the event that states the deletion is accepted as proof. And an
 * index of the few seals that change the sealing key, which every verification reads.
 */
export class TrailProofs1795400041000 implements MigrationInterface {
  readonly name = 'TrailProofs1795400041000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE erasures ADD COLUMN mac bytea');
    await runner.query(
      'CREATE INDEX audit_seals_key_change ON audit_seals (number) WHERE key_change IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_seals_key_change');
    await runner.query('ALTER TABLE erasures DROP COLUMN mac');
  }
}
