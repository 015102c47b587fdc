import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DetectionRepository } from '../../../src/monitoring/detection/detection.repository.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';

/** More transactions than the trail has entries, and than a start takes. */
const AHEAD = 10_000;

describe('After a restore into a cluster whose transaction ids are lower', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const query = <T extends object>(statement: string, parameters: unknown[] = []) =>
    asSuperuser<T & Record<string, unknown>>(app.database, statement, parameters);

  /** The least position that a new entry can have. */
  async function nextPosition(): Promise<number> {
    const [row] = await query<{ next: number }>(
      `SELECT (base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint)::float8 AS next FROM audit_position_base`,
    );
    return row!.next;
  }

  const placeDetection = (position: number) => {
    const transactions = app.app.get(TransactionRunner, { strict: false });
    const detection = app.app.get(DetectionRepository, { strict: false });
    return transactions.run((tx) =>
      detection.placeCursor(tx, { position: `${position}:`, entryId: null, entryTime: null }),
    );
  };
  const placeSweep = (position: number) => query('UPDATE erasure_sweep SET position = $1', [position]);

  const restoreAndStart = async () => {
    await query('UPDATE audit_position_base SET base = -1000000000');
    const next = await startBeside(app);
    await next.close();
  };

  it.each([
    ['detection', placeDetection],
    ['the search for late entries of erased people', placeSweep],
  ])('new entries follow the position of %s', async (_, place) => {
    const position = (await nextPosition()) + AHEAD;
    await place(position);
    await restoreAndStart();
    expect(await nextPosition()).toBeGreaterThanOrEqual(position);
  });

  it('forged positions move nothing', async () => {
    await placeSweep(2 ** 50);
    await query('UPDATE monitoring_detection SET position = $1', [`${2 ** 50}:`]);
    await restoreAndStart();
    expect(await nextPosition()).toBeLessThan(2 ** 32);
  });
});
