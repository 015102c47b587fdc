import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The position and the counts of detection carry a code (MAC) of the service. The previous version does not write codes
 * and can continue to run beside this one. The service's role cannot turn a row with a code into a row of the previous
 * version.
 */
export class DetectionCodes1795400012000 implements MigrationInterface {
  readonly name = 'DetectionCodes1795400012000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE monitoring_detection ADD COLUMN mac bytea');
    await runner.query('ALTER TABLE monitoring_detection_slot ADD COLUMN mac bytea');
    await runner.query(`
      CREATE FUNCTION monitoring_detection_keep_code() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the position of detection keeps its code' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`
      CREATE TRIGGER monitoring_detection_keep_code BEFORE UPDATE ON monitoring_detection FOR EACH ROW
      WHEN (OLD.mac IS NOT NULL AND NEW.mac IS NULL) EXECUTE FUNCTION monitoring_detection_keep_code()`);
    await runner.query(`
      CREATE TRIGGER monitoring_detection_keep_row BEFORE DELETE ON monitoring_detection FOR EACH ROW
      EXECUTE FUNCTION monitoring_detection_keep_code()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER monitoring_detection_keep_row ON monitoring_detection');
    await runner.query('DROP TRIGGER monitoring_detection_keep_code ON monitoring_detection');
    await runner.query('DROP FUNCTION monitoring_detection_keep_code()');
    await runner.query('ALTER TABLE monitoring_detection_slot DROP COLUMN mac');
    await runner.query('ALTER TABLE monitoring_detection DROP COLUMN mac');
  }
}
