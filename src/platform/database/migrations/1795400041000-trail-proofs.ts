import type { MigrationInterface, QueryRunner } from 'typeorm';
import { changeBriefly } from '../brief-lock.js';

/**
 * The codes of requested erasures: the service's role can insert rows into `erasures`, and only those with a code are
 * carried out. Rows of the previous version have none; for them, the event that states the deletion is accepted as proof. And an
 * index of the few seals that change the sealing key, which every verification reads.
 */
export class TrailProofs1795400041000 implements MigrationInterface {
  readonly name = 'TrailProofs1795400041000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await changeBriefly(runner, 'erasures', 'ALTER TABLE erasures ADD COLUMN IF NOT EXISTS mac bytea');
    // Not CONCURRENTLY, which a partitioned table does not support: only the sealer waits, while the seals are read without their
    // members.
    await changeBriefly(
      runner,
      'audit_seals',
      `CREATE INDEX IF NOT EXISTS audit_seals_key_change ON audit_seals (number) WHERE key_change IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await changeBriefly(runner, 'audit_seals', 'DROP INDEX IF EXISTS audit_seals_key_change');
    await changeBriefly(runner, 'erasures', 'ALTER TABLE erasures DROP COLUMN IF EXISTS mac');
  }
}
