import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EntryFactory } from '../../../src/audit/entry/entry-factory.js';
import { timeOfEntry } from '../../../src/audit/entry/entry-id.js';
import { EntrySigner } from '../../../src/audit/entry/entry-signer.js';
import { AuditSpool } from '../../../src/audit/spool/audit-spool.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import { CALL, REFUSED, startTrail, type Trail } from '../../support/audit/trail.js';

const HOUR_MS = 3_600_000;

describe('A record that PostgreSQL refuses', () => {
  let trail: Trail;
  let clock: ManualClock;
  let attacker: Tamperer;

  const spooled = (line: string) => trail.module.get(AuditSpool).append(line);
  const folder = () => readdirSync(join(trail.dataDir, 'audit-spool'));
  const forbid = (table: string, what: string) =>
    attacker.run(`ALTER TABLE ${table} ADD CONSTRAINT forbidden CHECK (${what}) NOT VALID`);
  const allow = (table: string) => attacker.run(`ALTER TABLE ${table} DROP CONSTRAINT forbidden`);

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    trail = await startTrail({ clock });
    attacker = await Tamperer.on(trail.database.superuserUrl);
  });
  afterEach(async () => {
    await attacker.end();
    await trail.stop();
  });

  it('gets a partition if it is missing', async () => {
    const announced: string[] = [];
    trail.audit.committed.subscribe(({ type }) => announced.push(type));
    const entry = trail.module.get(EntryFactory).event(REFUSED);
    const id = entry.id.replace(/^.{13}/, '01970000-0000');
    const ofThatMonth = { ...entry, id, time: timeOfEntry(id).toISOString() };
    spooled(trail.module.get(EntrySigner).json(ofThatMonth));
    trail.audit.recordCall(CALL);
    await trail.sealed();
    expect(await trail.types()).toEqual(['authz_fail', 'api_call']);
    expect(announced).toEqual(['authz_fail']);
  });

  it.each([
    '{"kind":"call","time":"2026-01-01T00:00:00.000Z","status":"nonsense"}',
    '{"time":"never"}',
    'torn',
  ])('is quarantined and counted, and does not block the others: %s', async (line) => {
    trail.audit.recordCall(CALL);
    spooled(line);
    trail.audit.recordCall(CALL);
    await trail.sealed();
    expect(await trail.types()).toEqual(['api_call', 'api_call']);
    expect(await trail.quarantine()).toEqual([line]);
    expect(trail.audit.spoolBytes).toBe(line.length + 1);
  });

  it('is quarantined if a text in it is too long for an index, and does not block the others', async () => {
    const entry = trail.module.get(EntryFactory).event(REFUSED);
    spooled(trail.module.get(EntrySigner).json({ ...entry, requestId: randomBytes(4000).toString('hex') }));
    trail.audit.recordCall(CALL);
    await trail.sealed();
    expect(await trail.types()).toEqual(['api_call']);
    expect(await trail.quarantine()).toHaveLength(1);
  });

  it('is quarantined once, however often its segment is sent', async () => {
    await forbid('audit_calls', 'status <> 500');
    for (const status of [500, 200, 500]) trail.audit.recordCall({ ...CALL, status });
    await trail.sealed();
    clock.advance(HOUR_MS);
    await trail.sealed();
    clock.advance(HOUR_MS);
    await trail.sealed();
    expect(await trail.quarantine()).toHaveLength(2);
  });

  it.each(['events', 'calls'])(
    'waits with all others if no %s is accepted, whatever its contents',
    async (kind) => {
      await forbid(`audit_${kind}`, 'false');
      for (let n = 0; n < 3; n++) {
        trail.audit.recordCall(CALL);
        trail.audit.recordRefusal(REFUSED);
      }
      await expect(trail.sealed()).rejects.toThrow('refuses all');
      expect(folder()).not.toContain('rejected.ndjson');
      expect(trail.audit.spoolBytes).toBeGreaterThan(0);
      await allow(`audit_${kind}`);
      await trail.sealed();
      expect(await trail.types()).toHaveLength(6);
      expect(trail.audit.spoolBytes).toBe(0);
    },
  );

  it('is retried every hour, and is in the trail once the reason has been removed', async () => {
    await forbid('audit_calls', 'status <> 500');
    trail.audit.recordCall({ ...CALL, status: 500 });
    await trail.sealed();
    expect(await trail.quarantine()).toEqual([expect.stringMatching(/"madeWith":"[0-9a-f]{16}"/)]);
    await allow('audit_calls');
    clock.advance(HOUR_MS - 60_000);
    await trail.sealed();
    expect(await trail.types()).toEqual([]);
    clock.advance(60_000);
    await trail.sealed();
    expect(await trail.types()).toEqual(['api_call']);
    expect(folder()).not.toContain('rejected.ndjson');
    expect(trail.audit.spoolBytes).toBe(0);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 1 });
  });

  it('is retried at the next start', async () => {
    await forbid('audit_calls', 'status <> 500');
    trail.audit.recordCall({ ...CALL, status: 500 });
    await trail.sealed();
    await allow('audit_calls');
    const next = await startTrail({ database: trail.database, settings: { DATA_DIR: trail.dataDir } });
    await next.sealed();
    expect(await trail.types()).toEqual(['api_call']);
    await next.stop();
  });
});
