import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A call may stand for several that a limit refused; its details say for how many. The version before leaves the column
 * empty, which is what it means there.
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
