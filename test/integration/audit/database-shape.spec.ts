import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlatformErrors } from '../../../src/platform/errors/platform.errors.js';
import { CALL, CREATED, REFUSED, startTrail, type Trail } from '../../support/audit/trail.js';
import { Tamperer } from '../../support/audit/tamperer.js';

const SWALLOW = `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`;
const ON = (table: string) =>
  `CREATE TRIGGER swallow BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION swallow()`;

/** The owner of the tables can change their definitions, so the service must not rely on them. */
describe('The definition of the tables', () => {
  let trail: Trail;
  let owner: Tamperer;

  beforeEach(async () => {
    trail = await startTrail();
    owner = await Tamperer.on(trail.database.superuserUrl);
    await trail.grow(3);
    await owner.run(SWALLOW);
  });
  afterEach(async () => {
    await owner.end();
    await trail.stop();
  });
  const firstFault = async () => (await trail.verification.verify()).firstFault;
  const refused = { row: PlatformErrors.dependency_unavailable };

  describe('with triggers that discard inserted rows', () => {
    it('refuses the change whose event was not written', async () => {
      await owner.run(ON('audit_events'));
      await expect(trail.audit.recordAlone(CREATED)).rejects.toMatchObject(refused);
      await expect(trail.transactions.run((tx) => trail.audit.record(tx, CREATED))).rejects.toMatchObject(
        refused,
      );
      await owner.run('DROP TRIGGER swallow ON audit_events');
      await expect(trail.audit.recordAlone(CREATED)).resolves.toBeUndefined();
    });

    it('keeps calls and refusals in the spool until they are written', async () => {
      await owner.run(ON('audit_events'));
      await owner.run(ON('audit_calls'));
      trail.audit.recordCall(CALL);
      await expect(trail.drained()).rejects.toThrow('did not write');
      trail.audit.recordRefusal(REFUSED);
      await expect(trail.drained()).rejects.toThrow('did not write');
      expect(trail.audit.spoolBytes).toBeGreaterThan(0);
      await owner.run('DROP TRIGGER swallow ON audit_events; DROP TRIGGER swallow ON audit_calls');
      await trail.sealed();
      await trail.sealed();
      expect(trail.audit.spoolBytes).toBe(0);
      expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 6 });
    });

    it('assumes no seal that was not written, and seals when it can', async () => {
      await owner.run(ON('audit_seals'));
      await trail.record(1);
      await expect(trail.sealed()).rejects.toThrow('did not write');
      await owner.run('DROP TRIGGER swallow ON audit_seals');
      await trail.sealed();
      expect(await firstFault()).toBeNull();
    });
  });

  it.each([
    ['a trigger', ON('audit_events'), 'audit_events', 'trigger swallow'],
    [
      'a trigger of a month',
      `DO $$ BEGIN EXECUTE replace($x$${ON('MONTH')}$x$, 'MONTH',
       (SELECT min(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'audit_calls'::regclass)); END $$`,
      'audit_calls_',
      'trigger swallow',
    ],
    [
      'a trigger switched off',
      'ALTER TABLE audit_events DISABLE TRIGGER audit_append_only',
      'audit_events',
      'disabled',
    ],
    [
      'a rule',
      'CREATE RULE nothing AS ON INSERT TO audit_seals DO INSTEAD NOTHING',
      'audit_seals',
      'rule nothing',
    ],
    ['row-level security', 'ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY', 'audit_events', 'row-level'],
    [
      'a policy that hides entries',
      `ALTER TABLE audit_calls ENABLE ROW LEVEL SECURITY;
       CREATE POLICY hide ON audit_calls USING (status <> 401)`,
      'audit_calls',
      'row-level',
    ],
    [
      'a primary key that is gone',
      'ALTER TABLE audit_calls DROP CONSTRAINT audit_calls_pkey',
      'audit_calls',
      'primary key',
    ],
  ])('is checked by verification: %s', async (_, sql, table, detail) => {
    expect(await firstFault()).toBeNull();
    await owner.run(sql);
    expect(await firstFault()).toMatchObject({
      kind: 'table_altered',
      id: expect.stringContaining(`table:${table}`),
      detail: expect.stringContaining(detail),
    });
  });

  it('is checked by verification: a relation of the same name earlier in the search path', async () => {
    await owner.run(
      `CREATE SCHEMA "$user_view"; CREATE VIEW "$user_view".audit_events AS SELECT * FROM public.audit_events;
       GRANT USAGE ON SCHEMA "$user_view" TO PUBLIC; GRANT SELECT ON "$user_view".audit_events TO PUBLIC`,
    );
    await trail.dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL search_path = "$user_view", public');
      const { CatalogueRepository } = await import('../../../src/audit/verification/catalogue.repository.js');
      const findings = await new CatalogueRepository(manager as never).findings();
      expect(findings.map(({ what }) => what)).toContain(
        'Another relation of this name is in the search path.',
      );
    });
  });

  it('finds a genuine entry that was inserted again after the primary key was dropped', async () => {
    const [id] = await owner.ids('audit_events');
    await owner.run('ALTER TABLE audit_events DROP CONSTRAINT audit_events_pkey');
    await owner.run(
      `INSERT INTO audit_events SELECT (jsonb_populate_record(copy, jsonb_build_object('position', audit_position()))).*
       FROM audit_events copy WHERE id = '${id}'`,
    );
    expect(await firstFault()).toMatchObject({ id, kind: 'inserted' });
    await trail.grow(2);
    expect(await firstFault()).toMatchObject({ id, kind: 'inserted' });
  });
});
