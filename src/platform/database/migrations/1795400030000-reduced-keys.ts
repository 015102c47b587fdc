import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When tokens of a key were last voided without its end: those that were issued up to that second are void. */
export class ReducedKeys1795400030000 implements MigrationInterface {
  readonly name = 'ReducedKeys1795400030000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE api_keys ADD COLUMN reduced_at timestamptz(3)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE api_keys DROP COLUMN reduced_at');
  }
}
