import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A message that was not sent no longer counts as delivered, and finished messages are found by age. */
export class Deliveries1795400008000 implements MigrationInterface {
  readonly name = 'Deliveries1795400008000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE monitoring_delivery DROP CONSTRAINT monitoring_delivery_state_check,
        ADD CONSTRAINT monitoring_delivery_state_check
          CHECK (state IN ('pending', 'delivered', 'suppressed', 'dead'))`);
    await runner.query(`
      CREATE INDEX monitoring_delivery_over_idx ON monitoring_delivery (created_at)
      WHERE state IN ('delivered', 'suppressed')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX monitoring_delivery_over_idx');
    await runner.query(`UPDATE monitoring_delivery SET state = 'delivered' WHERE state = 'suppressed'`);
    await runner.query(`
      ALTER TABLE monitoring_delivery DROP CONSTRAINT monitoring_delivery_state_check,
        ADD CONSTRAINT monitoring_delivery_state_check CHECK (state IN ('pending', 'delivered', 'dead'))`);
  }
}
