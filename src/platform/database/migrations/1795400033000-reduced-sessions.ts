import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets every instance read several times a second which sessions have lost their level. */
export class ReducedSessions1795400033000 implements MigrationInterface {
  readonly name = 'ReducedSessions1795400033000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX sessions_reduced_at ON sessions (reduced_at) WHERE reduced_at IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX sessions_reduced_at');
  }
}
