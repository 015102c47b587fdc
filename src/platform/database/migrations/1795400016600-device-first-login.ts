import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When an account first signed in on a device, so that an owner who takes the account back loses only the devices that
 * were added since. The default is for instances of the previous version, which do not know the column.
 */
export class DeviceFirstLogin1795400016600 implements MigrationInterface {
  readonly name = 'DeviceFirstLogin1795400016600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE known_devices ADD COLUMN first_login_at timestamptz(3) NOT NULL DEFAULT now()',
    );
    await runner.query('UPDATE known_devices SET first_login_at = last_login_at');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE known_devices DROP COLUMN first_login_at');
  }
}
