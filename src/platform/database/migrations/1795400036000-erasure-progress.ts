import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How far an erasure has come: the entries of a person are too many for one statement, and whichever instance is next continues
 * where the last one was. Instances of the previous version ignore the column and pass over all entries.
 */
export class ErasureProgress1795400036000 implements MigrationInterface {
  readonly name = 'ErasureProgress1795400036000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE erasures ADD COLUMN progress jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE erasures DROP COLUMN progress');
  }
}
