import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EntriesRepository } from '../../../src/audit/entry/entries.repository.js';
import { ErasuresRepository } from '../../../src/audit/erasure/erasures.repository.js';
import { SealProgress } from '../../../src/audit/seals/seal-progress.js';
import { SealsRepository } from '../../../src/audit/seals/seals.repository.js';
import { SessionEndsRepository } from '../../../src/audit/reading/session-ends.repository.js';
import { AccountAdministration } from '../../../src/admin/account-administration.js';
import { AlertUpkeep } from '../../../src/monitoring/alerts/alert-upkeep.js';
import { TrailProgress } from '../../../src/monitoring/conditions/trail-progress.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { RevocationListRepository } from '../../../src/sessions/revocation-list/revocation-list.repository.js';
import { newAddress, PASSWORD, type Tokens } from '../../support/app/accounts.js';
import { createPerson } from '../../support/app/people.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { eventually } from '../../support/time/eventually.js';

const ROWS = 30_000;

const NOBODY = {
  kind: 'session' as const,
  acr: 'aal1' as const,
  sessionId: '0197a1b2-0000-7000-8000-000000000001',
  roles: [],
  tokenId: '',
  issuedAt: 0,
  expiresAt: 0,
};

/** Enough rows for the planner to prefer a suitable index. */
const SEED = [
  `INSERT INTO users (id, email, display_name, roles, email_verified, password_hash, created_at, updated_at)
   SELECT gen_random_uuid(), format('seed-%s@example.com', n), 'Person ' || n, '{user}', false, 'none', now(), now()
   FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, expires_at, device_id, client)
   SELECT gen_random_uuid(), id, 0, now(), now(), now() + interval '7 days', now() + interval '30 days',
          gen_random_uuid(), '\\x00' FROM users`,
  `INSERT INTO login_failures (account_digest, device_id, failures, updated_at)
   SELECT md5(n::text), '', 3, now() FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO audit_calls (time, id, position, outcome, user_id, address, request_id, method, status, duration_ms, digest, mac)
   SELECT now() - n * interval '1 second', gen_random_uuid(), 0, CASE WHEN n % 50 = 0 THEN 'failure' ELSE 'success' END,
          users.id, '203.0.113.' || n % 250, md5(n::text), 'GET', 200, 1, '\\x00', '\\x00'
   FROM (SELECT row_number() OVER () AS n, id FROM users) AS users`,
  `INSERT INTO audit_events (time, id, position, type, outcome, user_id, address, request_id, details, digest, mac)
   SELECT now() - n * interval '1 second', gen_random_uuid(), 0, 'authn_login_success',
          CASE WHEN n % 50 = 0 THEN 'failure' ELSE 'success' END, users.id, '203.0.113.' || n % 250, md5(n::text), '{}', '\\x00', '\\x00'
   FROM (SELECT row_number() OVER () AS n, id FROM users) AS users`,
  // Before the genuine seals, which are the ones that are searched from the end.
  `INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous, hash,
                            signature, mac, format, root)
   SELECT 1, now() - n * interval '1 second', 0, 0, 5, 5, '', '[]', '\\x00', '\\x00', '\\x00', '\\x00', 2, '\\x00'
   FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO monitoring_alert (id, rule, severity, subject, state, count, first_seen_at, last_seen_at, evidence)
   SELECT gen_random_uuid(), 'brute_force', 'warning', 'address:' || n, CASE WHEN n % 1000 = 0 THEN 'open' ELSE 'resolved' END,
          1, now(), now() - n * interval '1 second', '{}' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO erasures (user_id, deleted_at, due_at, erased_at)
   SELECT id, now(), now(), now() FROM users`,
  `INSERT INTO revocations (id, number, session_id, subject, reason, revoked_at, expires_at)
   SELECT gen_random_uuid(), row_number() OVER (), id, user_id, 'logout', now(), now() + interval '1 day' FROM sessions`,
  'UPDATE revocation_numbers SET last = (SELECT max(number) FROM revocations)',
  'ANALYZE',
];

describe('Everyday queries', { timeout: 60_000 }, () => {
  let app: TestApp;
  let person: Tokens;
  let auditor: string;
  let admin: string;
  beforeAll(async () => {
    // Without Redis, every request uses PostgreSQL. Background verification of the seeded rows, which have no valid
    // codes, is off.
    app = await startApp({ variables: { AUDIT_VERIFY_INTERVAL_SECONDS: '86400' } });
    person = await createPerson(app);
    auditor = (await createPerson(app, { roles: ['auditor'] })).accessToken;
    admin = (await createPerson(app, { roles: ['admin'] })).accessToken;
    for (const statement of SEED) await asSuperuser(app.database, statement);
  });
  afterAll(() => app.close());

  const get = (url: string, token: string) => async () => {
    expect((await app.call({ url, token })).statusCode, url).toBe(200);
  };
  const post = (url: string, body: () => object, status: number) => async () => {
    expect((await app.call({ url, body: body() })).statusCode, url).toBe(status);
  };

  const seals = () => app.app.get(SealsRepository, { strict: false });

  /** Each refresh is the first of its session. */
  const firstRefresh = () => async () => {
    await asSuperuser(app.database, 'UPDATE sessions SET generation = 0 WHERE id = $1', [person.session.id]);
    await post('/auth/refresh', () => ({ refreshToken: person.refreshToken }), 200)();
  };

  const demotion = async () => {
    const administration = app.app.get(AccountAdministration, { strict: false });
    const [chief] = await asSuperuser<{ id: string }>(
      app.database,
      `SELECT id FROM users WHERE 'admin' = ANY (roles)`,
    );
    await expect(administration.setRoles(chief!.id, [], internalOrigin('operator'))).rejects.toMatchObject({
      row: { code: 'last_administrator' },
    });
  };

  /**
   * Returns how often each large table was read sequentially and by index, and how many rows were read by index,
   * since the statistics began. An empty table is, and should be, read sequentially.
   */
  const scans = async () => {
    const rows = await asSuperuser<{ name: string; whole: string; index: string; fetched: string }>(
      app.database,
      `SELECT relname AS name, seq_scan AS whole, coalesce(idx_scan, 0) AS index,
              coalesce(idx_tup_fetch, 0) AS fetched FROM pg_stat_user_tables
       WHERE n_live_tup > ${ROWS / 10}`,
    );
    return new Map(
      rows.map(({ name, whole, index, fetched }) => [
        name,
        { whole: Number(whole), index: Number(index), fetched: Number(fetched) },
      ]),
    );
  };

  it.each([
    ['registration', () => post('/auth/register', () => ({ email: newAddress(), password: PASSWORD }), 201)],
    ['login', () => post('/auth/login', () => ({ email: person.user.email, password: PASSWORD }), 200)],
    ['a failed login', () => post('/auth/login', () => ({ email: newAddress(), password: 'x' }), 401)],
    ['the own account', () => get('/users/me', person.accessToken)],
    ['a refresh', firstRefresh],
    ['a repeated refresh', () => post('/auth/refresh', () => ({ refreshToken: person.refreshToken }), 200)],
    ['the own activity', () => get('/users/me/activity', person.accessToken)],
    ['the trail', () => get('/audit/events?limit=20', auditor)],
    ['the trail of a user', () => get(`/audit/events?userId=${person.user.id}`, auditor)],
    ['the trail of an address', () => get('/audit/events?address=203.0.113.7', auditor)],
    ['the failures in the trail', () => get('/audit/events?outcome=failure', auditor)],
    ['the trail of a request', () => get('/audit/events?requestId=0123456789abcdef', auditor)],
    ['logins in the trail', () => get('/audit/events?type=authn_login_success', auditor)],
    ['accounts', () => get('/admin/users', admin)],
    ['a common search for accounts', () => get('/admin/users?search=seed', admin)],
    ['a rare search for accounts', () => get('/admin/users?search=seed-29999', admin)],
    ['a search for accounts without a match', () => get('/admin/users?search=nobody', admin)],
    ['a search for accounts by name', () => get('/admin/users?search=person%2029', admin)],
    ['administrators', () => get('/admin/users?role=admin', admin)],
    ['auditors', () => get('/admin/users?role=auditor', admin)],
    ['active accounts', () => get('/admin/users?status=active', admin)],
    ['invited accounts', () => get('/admin/users?status=invited', admin)],
    ['unverified accounts', () => get('/admin/users?status=unverified', admin)],
    ['locked accounts', () => get('/admin/users?status=locked', admin)],
    ['disabled accounts', () => get('/admin/users?status=disabled', admin)],
    ['disabled accounts in a search', () => get('/admin/users?status=disabled&search=seed', admin)],
    ['whether another administrator remains', () => demotion],
    ['how far the trail is sealed', () => () => app.app.get(SealProgress, { strict: false }).read()],
    [
      'whether an erasure is due',
      () => () => app.app.get(ErasuresRepository, { strict: false }).hasWork(new Date()),
    ],
    [
      'whether entries wait for their seal',
      () => () => app.app.get(EntriesRepository, { strict: false }).existFrom(2 ** 52),
    ],
    [
      'entries outside of all ranges',
      () => () => app.app.get(EntriesRepository, { strict: false }).outOfRange('audit_events', 1),
    ],
    ['seals that record dropped months', () => () => seals().withDroppedPartitions()],
    ['seals outside of all ranges', () => () => seals().outOfRange(100)],
    ['the seal before a time', () => () => seals().before(new Date(), { limit: 1, skip: 0 })],
    ['the seal of a position', () => () => seals().endingAfter(0, { limit: 1, skip: 0 })],
    [
      'what ended a session',
      () => () =>
        app.app
          .get(SessionEndsRepository, { strict: false })
          .hasEnded({ ...NOBODY, userId: person.user.id }, { ms: Date.now(), position: '1:' }),
    ],
    ['alerts', () => get('/alerts?limit=20', auditor)],
    ['open alerts', () => get('/alerts?state=open&limit=200', auditor)],
    ['acknowledged alerts', () => get('/alerts?state=acknowledged&limit=200', auditor)],
    ['how far sealing and detection are', () => () => app.app.get(TrailProgress, { strict: false }).read()],
    ['alerts whose cause is over', () => () => app.app.get(AlertUpkeep, { strict: false }).resolveQuiet()],
  ])('do not read a large table from end to end: %s', async (_what, make) => {
    const ask = make();
    await ask();
    // A backend reports its statistics at most once a second.
    await eventually(async () => {
      const before = await scans();
      for (let turn = 0; turn < 5; turn += 1) await ask();
      await eventually(
        async () => {
          const after = await scans();
          const indexed = [...after].some(([name, { index }]) => index > (before.get(name)?.index ?? 0));
          expect(indexed).toBe(true);
        },
        { timeoutMs: 3000 },
      );
      // Reading an index from end to end is no better.
      const read = [...(await scans())].filter(([name, { whole, fetched }]) => {
        const { whole: wholeBefore = 0, fetched: fetchedBefore = 0 } = before.get(name) ?? {};
        return whole > wholeBefore || fetched - fetchedBefore > ROWS;
      });
      expect(read.map(([name]) => name)).toEqual([]);
    });
  });

  it('finds by an index whether a reader of revocations has lately ended', async () => {
    const dataSource = app.app.get(DataSource);
    const query = vi.spyOn(dataSource, 'query');
    await app.app.get(RevocationListRepository, { strict: false }).recentReasons(NOBODY.sessionId, 5);
    const asked = query.mock.calls.find(([text]) => text.includes('revocations'))!;
    query.mockRestore();
    const plan = await dataSource.query<object[]>(`EXPLAIN ${asked[0]}`, asked[1]);
    expect(JSON.stringify(plan)).toContain('Index Scan');
    expect(JSON.stringify(plan)).not.toContain('Seq Scan');
  });

  it('finds by an index the seals that change the key, which every verification reads', async () => {
    await app.app.get(DataSource).transaction(async (manager) => {
      // A month without seals may be read from end to end otherwise.
      await manager.query('SET LOCAL enable_seqscan = off');
      const query = vi.spyOn(manager, 'query');
      await seals().withKeyChange(manager);
      const [text] = query.mock.calls[0]!;
      const plan = await manager.query<object[]>(`EXPLAIN ${text}`);
      expect(JSON.stringify(plan)).toMatch(/Index Scan using audit_seals_[0-9_]+_number_idx/);
      expect(JSON.stringify(plan)).not.toContain('Seq Scan');
      expect(JSON.stringify(plan)).not.toContain('Filter');
    });
  });
});
