import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTrail, type Trail } from '../../support/audit/trail.js';

const REFUSED = '42501';

describe('The audit tables', () => {
  let trail: Trail;
  let partitions: string[];
  const clients: Record<'service' | 'owner', Client> = {} as never;

  beforeAll(async () => {
    trail = await startTrail();
    await trail.grow(2);
    clients.service = new Client(trail.database.url);
    clients.owner = new Client(trail.database.ownerUrl);
    await Promise.all(Object.values(clients).map((client) => client.connect()));
    const { rows } = await clients.owner.query<{ name: string }>(
      `SELECT relid::regclass::text AS name FROM pg_partition_tree('audit_events') WHERE isleaf`,
    );
    partitions = rows.map(({ name }) => name);
  });
  afterAll(async () => {
    await Promise.all(Object.values(clients).map((client) => client.end()));
    await trail.stop();
  });

  const outcome = async (role: 'service' | 'owner', sql: string) =>
    clients[role].query(sql).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );

  describe.each(['service', 'owner'] as const)('for the role of the %s', (role) => {
    it.each(['audit_events', 'audit_calls', 'audit_seals'])(
      '%s allows no UPDATE, TRUNCATE or DELETE',
      async (table) => {
        expect(await outcome(role, `UPDATE ${table} SET time = time`)).toBe(REFUSED);
        expect(await outcome(role, `DELETE FROM ${table}`)).toBe(REFUSED);
        expect(await outcome(role, `TRUNCATE ${table}`)).toBe(REFUSED);
      },
    );

    it('partitions cannot be changed directly either', async () => {
      expect(partitions.length).toBeGreaterThanOrEqual(4);
      for (const partition of partitions) {
        expect(await outcome(role, `UPDATE ${partition} SET time = time`)).toBe(REFUSED);
        expect(await outcome(role, `DELETE FROM ${partition}`)).toBe(REFUSED);
        expect(await outcome(role, `TRUNCATE ${partition}`)).toBe(REFUSED);
      }
    });

    it('a recent month cannot be dropped', async () => {
      expect(await outcome(role, `SELECT audit_drop_month('audit_events', current_date)`)).toBe(REFUSED);
    });
  });

  it('the service can neither drop, alter nor disable them', async () => {
    expect(await outcome('service', 'DROP TABLE audit_events')).toBe(REFUSED);
    expect(await outcome('service', 'ALTER TABLE audit_events DISABLE TRIGGER ALL')).toBe(REFUSED);
    expect(await outcome('service', 'ALTER TABLE audit_events DETACH PARTITION ' + partitions[0])).toBe(
      REFUSED,
    );
    expect(await outcome('service', 'UPDATE audit_position_base SET base = 0')).toBe(REFUSED);
    expect(await outcome('service', 'DROP FUNCTION audit_refuse_change CASCADE')).toBe(REFUSED);
  });

  it('no other table can be dropped through the function that drops months', async () => {
    expect(await outcome('service', `SELECT audit_drop_month('users', '2020-01-01')`)).toBe('22023');
    expect(
      await outcome(
        'service',
        `SELECT audit_drop_month('audit_events"; DROP TABLE users; --', '2020-01-01')`,
      ),
    ).toBe('22023');
  });

  it('a temporary table of the caller does not shadow the tables that the functions of the owner use', async () => {
    // Other databases of the server also advance the horizon in the meantime; the base of the temporary table would
    // add a billion.
    const horizon = async () => {
      const { rows } = await clients.service.query<{ at: string }>('SELECT audit_horizon() AS at');
      return Number(rows[0]!.at);
    };
    const before = await horizon();
    await clients.service.query('CREATE TEMP TABLE audit_position_base (singleton boolean, base bigint)');
    await clients.service.query('INSERT INTO pg_temp.audit_position_base VALUES (true, 999999999)');
    expect(Math.abs((await horizon()) - before)).toBeLessThan(1_000_000);
  });
});
