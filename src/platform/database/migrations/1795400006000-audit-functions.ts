import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only roles with a grant can run the functions of the trail's owner; PostgreSQL's default is every role. */
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
