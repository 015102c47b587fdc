import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One entry may represent several calls that a limit refused; its details give the number. The previous version leaves
 * the column empty, which means a single call.
 */
export class GroupedCalls1795400015000 implements MigrationInterface {
  readonly name = 'GroupedCalls1795400015000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_calls ADD COLUMN details jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_calls DROP COLUMN details');
  }
}
