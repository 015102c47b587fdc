import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Every reader that opens a stream of revocations asks whether its own session or key is among them. A row has one of the two, so
 * that one index serves both. Instances of the previous version ask in another form, and read all rows as before.
 */
export class RevocationsByOwner1795400038000 implements MigrationInterface {
  readonly name = 'RevocationsByOwner1795400038000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX revocations_owner ON revocations ((coalesce(session_id, key_id)))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX revocations_owner');
  }
}
