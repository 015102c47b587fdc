import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiCall, AuditEvent } from '../../../src/audit/audit-entry.js';
import { SpoolWriter } from '../../../src/audit/spool/spool-writer.js';
import { CALL, ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';

const FLOOD = 30_000;
/** A caller whose header fields have the maximum length. */
const FLOODER = {
  ...ORIGIN,
  ip: '2001:db8::1',
  network: '2001:db8::/64',
  userAgent: 'x'.repeat(8192),
  endpoint: 'GET /users/me',
};
const REFUSAL: AuditEvent<'excess_rate_limit_exceeded'> = {
  type: 'excess_rate_limit_exceeded',
  outcome: 'failure',
  reason: 'rate_limited',
  origin: FLOODER,
  details: { policies: ['default'], retryAfterSeconds: 1 },
};
const REFUSED_CALL: ApiCall = { ...CALL, origin: FLOODER, status: 429, reason: 'rate_limited' };

const OWNER = '019a0000-0000-7000-8000-000000000001';
const LIMITED = { caller: 'address 192.0.2.1', findNamed: null };

describe('A caller that is refused continuously', () => {
  let trail: Trail;
  const countOf = async (table: string, where = 'true') => {
    const [row] = await trail.dataSource.query<[{ count: number }]>(
      `SELECT count(*)::int AS count FROM ${table} WHERE ${where}`,
    );
    return row.count;
  };

  beforeEach(async () => {
    trail = await startTrail({ settings: { AUDIT_SPOOL_MAX_MB: 1 } });
  });
  afterEach(() => trail.stop());

  it('leaves twenty entries of each type, and one for all others with their count', async () => {
    for (let n = 0; n < FLOOD; n++) {
      await trail.audit.recordLimited({ ...LIMITED, event: REFUSAL });
      trail.audit.recordCall(REFUSED_CALL);
    }
    trail.audit.recordCall(CALL);
    expect(trail.audit.hasRoomFor(FLOODER.network)).toBe(true);
    await trail.drained();
    trail.module.get(SpoolWriter).flush();
    await trail.sealed();
    expect(await countOf('audit_events')).toBe(21);
    expect(await countOf('audit_calls')).toBe(22);
    const grouped = await trail.dataSource.query<{ details: Record<string, unknown> }[]>(
      `SELECT details FROM audit_events WHERE details ? 'count'
       UNION ALL SELECT details FROM audit_calls WHERE details IS NOT NULL`,
    );
    expect(grouped.map(({ details }) => details)).toEqual([
      {
        policies: ['default'],
        retryAfterSeconds: 1,
        count: FLOOD - 20,
        firstAt: expect.any(String),
        lastAt: expect.any(String),
        routes: ['GET /users/me'],
      },
      {
        count: FLOOD - 20,
        firstAt: expect.any(String),
        lastAt: expect.any(String),
        routes: ['POST /auth/login'],
      },
    ]);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 43 });
  });

  it('names the owner of the account in each entry, but looks for them only for twenty', async () => {
    let lookUps = 0;
    const findNamed = async () => {
      lookUps += 1;
      return OWNER;
    };
    const event = { ...REFUSAL, details: { ...REFUSAL.details, account: 'a digest' } };
    for (let n = 0; n < 50; n++) await trail.audit.recordLimited({ ...LIMITED, event, findNamed });
    trail.module.get(SpoolWriter).flush();
    await trail.drained();
    expect(lookUps).toBe(20);
    expect(await countOf('audit_events')).toBe(21);
    const owned = `user_id = '${OWNER}' AND details->>'account' = 'a digest'`;
    expect(await countOf('audit_events', owned)).toBe(21);
  });

  it('names the owner of the account among strangers, also if somebody named it without a look-up', async () => {
    const event = { ...REFUSAL, details: { ...REFUSAL.details, account: 'a digest' } };
    const strangers = { ...LIMITED, event, findNamed: async () => OWNER };
    for (let n = 0; n < 25; n++) await trail.audit.recordLimited(strangers);
    await trail.audit.recordLimited({ ...LIMITED, caller: 'user of another', event });
    trail.module.get(SpoolWriter).flush();
    await trail.drained();
    expect(await countOf('audit_events', `details ? 'count' AND user_id = '${OWNER}'`)).toBe(1);
  });

  it('names the caller and no account if the others that are recorded together are also about the caller', async () => {
    const own = { ...REFUSAL, userId: OWNER };
    const login = { ...REFUSAL, details: { ...REFUSAL.details, account: 'a digest', logins: 1 } };
    const caller = `user ${OWNER}`;
    const findNamed = async () => null;
    for (let n = 0; n < 15; n++) {
      await trail.audit.recordLimited({ caller, findNamed: null, event: own });
      await trail.audit.recordLimited({ caller, findNamed, event: login });
    }
    trail.module.get(SpoolWriter).flush();
    await trail.drained();
    const grouped = `details @> '{ "count": 10, "logins": 5 }' AND NOT details ? 'account'`;
    expect(await countOf('audit_events', `${grouped} AND user_id = '${OWNER}'`)).toBe(1);
  });

  it('says how many logins there are among the others that are recorded together', async () => {
    const login = { ...REFUSAL, details: { ...REFUSAL.details, logins: 1 } };
    for (let n = 0; n < 35; n++) {
      await trail.audit.recordLimited({ ...LIMITED, event: REFUSAL });
      await trail.audit.recordLimited({ ...LIMITED, event: login });
    }
    trail.module.get(SpoolWriter).flush();
    await trail.drained();
    expect(await countOf('audit_events', 'details @> \'{ "count": 50, "logins": 25 }\'')).toBe(1);
  });

  it('is recorded without an owner whom PostgreSQL cannot name, and without the account', async () => {
    const findNamed = () => Promise.reject(new Error('unavailable'));
    const event = { ...REFUSAL, details: { ...REFUSAL.details, account: 'a digest' } };
    await trail.audit.recordLimited({ ...LIMITED, event, findNamed });
    await trail.drained();
    expect(await countOf('audit_events', `user_id IS NULL AND NOT details ? 'account'`)).toBe(1);
  });

  it('leaves twenty entries of preflights and refused calls, and one for all others that shows a refusal', async () => {
    const preflight: ApiCall = { ...REFUSED_CALL, method: 'OPTIONS', route: null, status: 204 };
    for (let n = 0; n < 50; n++) {
      trail.audit.recordCall(REFUSED_CALL);
      trail.audit.recordCall(preflight);
    }
    trail.module.get(SpoolWriter).flush();
    await trail.drained();
    const grouped = await trail.dataSource.query<object[]>(
      'SELECT status, method, route, details FROM audit_calls WHERE details IS NOT NULL',
    );
    const { status, method, route } = REFUSED_CALL;
    const details = expect.objectContaining({
      count: 80,
      routes: ['POST /auth/login', 'OPTIONS -'],
    }) as object;
    expect(grouped).toEqual([{ status, method, route, details }]);
    expect(await countOf('audit_calls')).toBe(21);
  });

  it('gets no more than a tenth of the spool, whatever the responses, and others get theirs', async () => {
    const answered: ApiCall = { ...REFUSED_CALL, status: 401, reason: 'unauthenticated' };
    for (let n = 0; n < FLOOD; n++) {
      if (trail.audit.hasRoomFor(FLOODER.network)) trail.audit.recordCall(answered);
      else trail.audit.recordCall({ ...answered, status: 503 });
    }
    expect(trail.audit.spoolBytes).toBeLessThan(1024 * 1024 * 0.15);
    expect(trail.audit.hasRoomFor(FLOODER.network)).toBe(false);
    expect(trail.audit.hasRoomFor(ORIGIN.network)).toBe(true);
    await new Promise<void>((resolve) => {
      trail.audit.recordCall(CALL, resolve);
    });
    expect(trail.audit.lostRecords).toBe(0);
    await trail.drained();
    expect(await countOf('audit_calls', `address = '${ORIGIN.ip}'`)).toBe(1);
    // What it wrote has left the spool, and so it has its share again.
    expect(trail.audit.hasRoomFor(FLOODER.network)).toBe(true);
  });
});

describe('Refusals of more callers than are counted individually', () => {
  const TRACKED = 10_000;
  const USER = '019a0000-0000-7000-8000-00000000000b';
  const KEY = '019a0000-0000-7000-8000-00000000000c';
  let trail: Trail;

  beforeEach(async () => {
    trail = await startTrail();
  });
  afterEach(() => trail.stop());

  it('are recorded together as those of nobody', async () => {
    for (let n = 0; n < TRACKED + 20 + 150; n++) {
      const ip = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
      const origin = { ...FLOODER, ip, network: ip, userAgent: 'a browser', usedKey: { keyId: KEY } };
      const identity = { userId: USER, sessionId: USER, origin };
      const details = { ...REFUSAL.details, account: 'a digest' };
      await trail.audit.recordLimited({
        caller: `address ${ip}`,
        findNamed: null,
        event: { ...REFUSAL, ...identity, details },
      });
      trail.audit.recordCall({ ...REFUSED_CALL, ...identity, userId: idOfUser(n), subjectId: USER });
    }
    trail.module.get(SpoolWriter).flush();
    await trail.drained();
    const grouped = await trail.dataSource.query<{ details: object }[]>(
      `SELECT user_id, session_id, address, user_agent, details FROM audit_events WHERE details ? 'count'
       UNION ALL
       SELECT user_id, session_id, address, user_agent, details FROM audit_calls WHERE details ? 'count'`,
    );
    const counts = { count: 150, firstAt: expect.any(String), lastAt: expect.any(String) } as object;
    const nobody = { user_id: null, session_id: null, address: null, user_agent: null };
    expect(grouped).toEqual([
      { ...nobody, details: { ...REFUSAL.details, ...counts, routes: ['GET /users/me'] } },
      { ...nobody, details: { ...counts, routes: ['POST /auth/login'] } },
    ]);
  });
});

const idOfUser = (n: number) => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
