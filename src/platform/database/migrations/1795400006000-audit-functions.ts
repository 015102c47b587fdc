import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What runs as the owner of the trail is for those who were given it, and not, as PostgreSQL has it, for every role. */
export class AuditFunctions1795400006000 implements MigrationInterface {
  readonly name = 'AuditFunctions1795400006000';

  async up(runner: QueryRunner): Promise<void> {
    for (const name of FUNCTIONS) await runner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of FUNCTIONS) await runner.query(`GRANT EXECUTE ON FUNCTION ${name} TO PUBLIC`);
  }
}

const FUNCTIONS = [
  'audit_position()',
  'audit_horizon()',
  'audit_make_month(date)',
  'audit_drop_month(text, date)',
  'audit_rebase_positions()',
];
