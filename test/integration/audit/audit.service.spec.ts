import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src/audit/audit-entry.js';
import { CALL, CREATED, ORIGIN, REFUSED, startTrail, type Trail } from '../../support/audit/trail.js';
import { eventually } from '../../support/time/eventually.js';

describe('AuditService', () => {
  let trail: Trail;
  let announced: AuditEntry[];

  beforeEach(async () => {
    trail = await startTrail({ background: true });
    announced = [];
    trail.audit.committed.subscribe((entry) => announced.push(entry));
  });
  afterEach(() => trail.stop());

  it('keeps a failure recorded alone and drops a success whose change was rolled back', async () => {
    const change = trail.transactions.run(async (tx) => {
      await trail.audit.record(tx, CREATED);
      await trail.audit.recordAlone(REFUSED);
      throw new Error('rolled back');
    });
    await expect(change).rejects.toThrow('rolled back');
    expect(await trail.types()).toEqual(['authz_fail']);
    expect(announced.map(({ type }) => type)).toEqual(['authz_fail']);
  });

  it('emits a success only after its change was committed', async () => {
    await trail.transactions.run(async (tx) => {
      await trail.audit.record(tx, CREATED);
      expect(announced).toEqual([]);
    });
    expect(announced).toMatchObject([
      { type: 'user_created', outcome: 'success', details: { roles: ['user'] } },
    ]);
  });

  it('writes refusals and calls to PostgreSQL promptly, and then emits the refusals', async () => {
    trail.audit.recordRefusal(REFUSED);
    trail.audit.recordCall({ ...CALL, status: 403 });
    expect(announced).toEqual([]);
    await eventually(async () => expect(await trail.types()).toEqual(['authz_fail', 'api_call']));
    expect(announced).toMatchObject([{ type: 'authz_fail', kind: 'event', requestId: ORIGIN.requestId }]);
  });

  it('emits each call immediately', () => {
    const told: number[] = [];
    trail.audit.calls.subscribe(({ status }) => told.push(status));
    trail.audit.recordCall({ ...CALL, status: 200 });
    expect(told).toEqual([200]);
  });

  it('counts a status from 400 on as a failure', async () => {
    for (const status of [200, 304, 399, 400, 500]) trail.audit.recordCall({ ...CALL, status });
    await eventually(async () => {
      const rows = await trail.dataSource.query('SELECT status, outcome FROM audit_calls ORDER BY status');
      expect(rows).toEqual([
        { status: 200, outcome: 'success' },
        { status: 304, outcome: 'success' },
        { status: 399, outcome: 'success' },
        { status: 400, outcome: 'failure' },
        { status: 500, outcome: 'failure' },
      ]);
    });
  });

  it('refuses the change when the event cannot be written', async () => {
    const change = trail.transactions.run(async (tx) => {
      await tx.query('SET LOCAL search_path = nowhere');
      await trail.audit.record(tx, CREATED);
    });
    await expect(change).rejects.toMatchObject({ row: { code: 'dependency_unavailable', status: 503 } });
  });

  it('records no calls if that is switched off, but still emits them', async () => {
    const quiet = await startTrail({ settings: { AUDIT_CALLS_ENABLED: false } });
    const told: number[] = [];
    quiet.audit.calls.subscribe(({ status }) => told.push(status));
    quiet.audit.recordCall({ ...CALL, status: 200 });
    await quiet.sealed();
    expect([told, await quiet.types()]).toEqual([[200], []]);
    await quiet.stop();
  });

  it('gives each account one digest, which does not contain its address', () => {
    const digest = trail.audit.emailDigest('ada@example.com');
    expect(digest).toMatch(/^[0-9a-f]{32}$/);
    expect(trail.audit.emailDigest('ada@example.com')).toBe(digest);
    expect(trail.audit.emailDigest('bob@example.com')).not.toBe(digest);
  });

  it('leaves nothing in the spool when it stops', async () => {
    const brief = await startTrail({ background: true });
    brief.audit.recordCall({ ...CALL, status: 200 });
    await brief.module.close();
    expect(brief.audit.spoolBytes).toBe(0);
    await brief.stop();
  });
});
