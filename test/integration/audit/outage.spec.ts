import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpoolDrain } from '../../../src/audit/spool/spool-drain.js';
import { CALL, CREATED, REFUSED, startTrail, type Trail, ORIGIN } from '../../support/audit/trail.js';
import { eventually } from '../../support/time/eventually.js';

describe('While PostgreSQL is unavailable', () => {
  let trail: Trail;
  let administrator: Client;

  /** Refuses connections to the trail's database and ends existing ones. Other databases are not affected. */
  async function takeAway(): Promise<void> {
    const { name } = trail.database;
    await administrator.query(`ALTER DATABASE ${name} CONNECTION LIMIT 0`);
    await administrator.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      name,
    ]);
  }
  const giveBack = () => administrator.query(`ALTER DATABASE ${trail.database.name} CONNECTION LIMIT -1`);

  async function recordedCalls(): Promise<string[]> {
    const rows = await trail.dataSource.query<{ id: string }[]>(
      'SELECT request_id AS id FROM audit_calls ORDER BY id',
    );
    return rows.map(({ id }) => id);
  }

  beforeEach(async () => {
    trail = await startTrail({ background: true });
    const url = new URL(trail.database.superuserUrl);
    url.pathname = '/postgres';
    administrator = new Client(url.href);
    await administrator.connect();
  });
  afterEach(async () => {
    await giveBack();
    await trail.stop();
    await administrator.end();
  });

  it('refuses changes whose events cannot be written, and says when to retry', async () => {
    await takeAway();
    const unavailable = {
      row: { code: 'dependency_unavailable', status: 503 },
      occurrence: { retryAfterSeconds: 1 },
    };
    await expect(trail.audit.recordAlone(REFUSED)).rejects.toMatchObject(unavailable);
    await expect(trail.transactions.run((tx) => trail.audit.record(tx, CREATED))).rejects.toMatchObject(
      unavailable,
    );
  });

  it('keeps calls, and sends all of them, once and in order, when it is available again', async () => {
    const ids = Array.from({ length: 3000 }, (_, n) => `call-${String(n).padStart(5, '0')}`);
    const call = (requestId: string) =>
      trail.audit.recordCall({ ...CALL, origin: { ...CALL.origin, requestId } });

    ids.slice(0, 1000).forEach(call);
    await takeAway();
    ids.slice(1000, 2000).forEach(call);
    await eventually(() => expect(trail.audit.lagSeconds).toBeGreaterThan(0.5), { timeoutMs: 3000 });
    ids.slice(2000).forEach(call);
    expect(trail.audit.spoolBytes).toBeGreaterThan(0);
    expect(trail.audit.hasRoomFor(ORIGIN.network)).toBe(true);

    await giveBack();
    await eventually(async () => expect(await recordedCalls()).toEqual(ids), { timeoutMs: 5000 });
    await eventually(() => expect(trail.audit.spoolBytes).toBe(0));
    await eventually(async () =>
      expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 3000 }),
    );
  });

  it('sends also what arrived during the outage if the process ends right after it', async () => {
    await takeAway();
    trail.audit.recordCall(CALL);
    await eventually(() => expect(trail.audit.lagSeconds).toBeGreaterThan(0.2), { timeoutMs: 3000 });
    trail.audit.recordCall(CALL);
    await giveBack();
    await trail.module.close();
    const left = readdirSync(join(trail.dataDir, 'audit-spool')).filter((file) => file.endsWith('.ndjson'));
    expect(left).toEqual([]);
  });

  it('notices records that are removed from the spool', async () => {
    await takeAway();
    for (let n = 0; n < 5; n += 1) trail.audit.recordCall(CALL);
    await eventually(() => expect(trail.audit.lagSeconds).toBeGreaterThan(0.2), { timeoutMs: 3000 });
    const folder = join(trail.dataDir, 'audit-spool');
    const [file] = readdirSync(folder).filter((name) => name.endsWith('.ndjson'));
    const lines = readFileSync(join(folder, file!), 'utf8').split('\n');
    writeFileSync(join(folder, file!), lines.toSpliced(1, 2).join('\n'));
    await giveBack();
    await eventually(async () => expect(await recordedCalls()).toHaveLength(3), { timeoutMs: 5000 });
    await eventually(() => expect(trail.audit.lostRecords).toBe(2));
  });

  it('does not create many files', async () => {
    await takeAway();
    const segments = () =>
      readdirSync(join(trail.dataDir, 'audit-spool')).filter((file) => file.endsWith('.ndjson'));
    for (let round = 0; round < 20; round++) {
      trail.audit.recordCall(CALL);
      await trail.module
        .get(SpoolDrain)
        .run()
        .catch(() => undefined);
    }
    expect(segments().length).toBeLessThanOrEqual(2);
  });
});
