import { Redis } from 'ioredis';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { SpoolWriter } from '../../src/audit/spool/spool-writer.js';
import { ErasureTask } from '../../src/audit/erasure/erasure-task.js';
import { Tamperer } from '../support/audit/tamperer.js';
import { insist } from '../support/app/insist.js';
import { createKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { newAddress, PASSWORD, register, type Tokens } from '../support/app/accounts.js';
import { createPerson, openSession } from '../support/app/people.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis/redis-server.js';
import { type MailServer, startMailServer } from '../support/servers/mail-server.js';
import { eventually } from '../support/time/eventually.js';
import { ManualClock } from '../support/time/manual-clock.js';

/** More than one page of each reader: 200 of a person, 2,000 of all. */
const ENTRIES = 3150;
const PEOPLE = 15;
const ERASED = 10;
const HOUR_MS = 3_600_000;
const WITHIN_20_S = { timeoutMs: 20_000, intervalMs: 250 };

interface Person extends Tokens {
  readonly address: string;
  readonly browser: string;
}

interface Verified {
  readonly intact: boolean;
  readonly entries: number;
  readonly erased: number;
  readonly firstFault: { readonly id: string; readonly kind: string } | null;
  readonly checkpoint: { readonly publicKey: string };
}

/** Somebody who tries to register with the address of the first person. */
const STRANGER = { address: '2001:db8:ffff::9', browser: 'Mozilla/5.0 (browser of a stranger)' };

const ORIGIN = { requestId: 'request-1', ip: null, network: 'internal', userAgent: null };

describeWithRedis('Deleting people', () => {
  let redis: RedisServer;
  let service: TestApp;
  let attacker: Tamperer;
  let auditor: Tokens;
  /** Ten are deleted, the eleventh is erased by hand. */
  const people: Person[] = [];
  const strangers = Array.from({ length: PEOPLE - ERASED - 1 }, () => randomUUID() as string);

  const originOf = (n: number) => ({
    address: `2001:db8:${n.toString(16)}::7`,
    browser: `Mozilla/5.0 (own browser ${n} of somebody)`,
  });
  const headersOf = ({ address, browser }: { address: string; browser: string }) => ({
    'x-forwarded-for': address,
    'user-agent': browser,
  });
  const logInFrom = async (email: string, origin: { address: string; browser: string }) => {
    const body = { email, password: PASSWORD, tokenTransport: 'body' };
    const headers = headersOf(origin);
    return (await insist(() => service.call({ url: '/auth/login', body, headers }))).json<Tokens>();
  };
  const verify = async () => {
    const answer = await service.call({ url: '/audit/verification', token: auditor.accessToken });
    return answer.json<Verified>();
  };
  const run = (...parameters: string[]) =>
    new Promise<{ code: number; said: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        parameters,
        { env: { ...process.env } },
        (_error, stdout, stderr) => resolve({ code: child.exitCode!, said: stdout + stderr }),
      );
    });
  /** Resolves when all entries that are recorded now have their seals. */
  const everythingSealed = async () => {
    const [newest] = await asSuperuser<{ position: string }>(
      service.database,
      'SELECT max(position) AS position FROM (SELECT position FROM audit_events UNION ALL SELECT position FROM audit_calls) AS entry',
    );
    const seals = 'SELECT FROM audit_seals WHERE to_position > $1';
    await eventually(async () =>
      expect((await asSuperuser(service.database, seals, [newest!.position])).length).toBeGreaterThan(0),
    );
  };
  const exported = async (name: string) => {
    const files = [
      join(service.environment.DATA_DIR, '..', `${name}.ndjson`),
      join(service.environment.DATA_DIR, '..', `${name}-seals.ndjson`),
    ];
    const save = async (url: string, file: string) =>
      writeFileSync(file, (await service.call({ url, token: auditor.accessToken })).body);
    await save('/audit/export', files[0]!);
    await everythingSealed();
    await save('/audit/seals', files[1]!);
    return files;
  };
  const verifier = (...parameters: string[]) => run(join('deploy', 'verify-audit-export.mjs'), ...parameters);

  /** Every row of every table, every key of Redis, and every file of DATA_DIR, as text. */
  const everything = async () => {
    const tables = await asSuperuser<{ name: string }>(
      service.database,
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const rows = await asSuperuser<{ row: string }>(
        service.database,
        `SELECT t::text AS row FROM ${name} AS t`,
      );
      texts.push(...rows.map(({ row }) => `${name} ${row}`));
    }
    const client = new Redis(redis.url);
    for (const key of await client.keys('*')) {
      const type = await client.type(key);
      texts.push(`redis ${key} ${type === 'hash' ? JSON.stringify(await client.hgetall(key)) : ''}`);
    }
    client.disconnect();
    const folder = service.environment.DATA_DIR;
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (file.isFile())
        texts.push(`${file.name} ${readFileSync(join(file.parentPath, file.name), 'latin1')}`);
    return texts;
  };
  const tracesOf = async (...of: Person[]) => {
    const texts = await everything();
    return of.flatMap((person) => tracesIn(texts, person));
  };
  const tracesIn = (texts: readonly string[], { user, address, browser }: Person) => {
    const account = service.app.get(AuditService).emailDigest(user.email);
    return texts.filter((text) =>
      [user.email, address, '2001:db8:' + address.split(':')[2] + '::/64', browser, account].some((trace) =>
        text.includes(trace),
      ),
    );
  };

  beforeAll(async () => {
    redis = await startRedis();
    service = await startApp({ variables: { REDIS_URL: redis.url, TRUSTED_PROXIES: '127.0.0.1' } });
    attacker = await Tamperer.on(service.database.superuserUrl);
    auditor = await createPerson(service, { roles: ['auditor'] });
    for (let n = 1; n <= ERASED + 1; n++) {
      const origin = originOf(n);
      const address = newAddress();
      const headers = headersOf(origin);
      const account = { email: address, password: PASSWORD, displayName: `Name of ${n}` };
      await insist(() => service.call({ url: '/auth/register', body: account, headers }));
      const wrong = { email: address, password: 'not the password' };
      await insist(() => service.call({ url: '/auth/login', body: wrong, headers }));
      people.push({ ...(await logInFrom(address, origin)), ...origin });
    }
    const taken = { email: people[0]!.user.email, password: PASSWORD };
    const headers = headersOf(STRANGER);
    await insist(() => service.call({ url: '/auth/register', body: taken, headers }));
    const audit = service.app.get(AuditService);
    for (let n = 0; n < ENTRIES; n++) {
      const person = people[n % PEOPLE];
      const userId = person?.user.id ?? strangers[(n % PEOPLE) - people.length]!;
      const { address, browser } = person ?? originOf(100 + (n % PEOPLE));
      audit.recordCall({
        origin: { requestId: `request-${n}`, ip: address, network: address, userAgent: browser },
        method: 'GET',
        route: '/users/me',
        status: 200,
        durationMs: 1,
        userId,
        sessionId: null,
        reason: null,
      });
    }
    await eventually(
      async () => {
        const [row] = await asSuperuser<{ sealed: boolean }>(
          service.database,
          `SELECT count(*) >= $1 AND max(position) < (SELECT max(to_position) FROM audit_seals) AS sealed FROM audit_calls`,
          [ENTRIES],
        );
        if (!row!.sealed) throw new Error('The entries are not all sealed.');
      },
      { timeoutMs: 60_000, intervalMs: 250 },
    );
  }, 240_000);
  afterAll(async () => {
    await attacker.end();
    await service.close();
    await redis.stop();
  });

  it('gives them what is stored about them first, with what proves it and nothing about others', async () => {
    const [person] = people as [Person];
    const { key, ...shownKey } = await createKey(service, person);
    const answer = await service.call({
      url: '/users/me/export',
      token: person.accessToken,
      headers: headersOf(person),
    });
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(answer.headers['content-disposition']).toMatch(/^attachment/);
    const data = answer.json<{
      profile: { email: string };
      sessions: { id: string }[];
      factors: unknown[];
      apiKeys: unknown[];
      trail: {
        entries: { type: string; userId: string; address: string | null; inclusion: object | null }[];
        publicKey: string;
      };
    }>();
    expect(data.profile.email).toBe(person.user.email);
    expect(data.sessions.map(({ id }) => id)).toEqual([person.session.id]);
    expect(data.apiKeys).toEqual([shownKey]);
    expect(answer.body).not.toContain(key.slice(11));
    expect(data.trail.entries.every(({ userId }) => userId === person.user.id)).toBe(true);
    expect(data.trail.entries.filter(({ type }) => type === 'authn_login_fail')).toMatchObject([
      { address: null },
    ]);
    expect(data.trail.entries.filter(({ type }) => type === 'authn_login_success')).toMatchObject([
      { address: person.address },
    ]);
    expect(data.trail.entries.filter(({ type }) => type === 'user_create_fail')).toMatchObject([
      { address: null },
    ]);
    const activity = await service.call({
      url: '/users/me/activity',
      token: person.accessToken,
      headers: headersOf(person),
    });
    expect(activity.json<{ items: object[] }>().items).toContainEqual(
      expect.objectContaining({
        type: 'user_create_fail',
        address: null,
        summary: 'Somebody tried to register with your e-mail address',
      }),
    );
    for (const { body } of [answer, activity])
      for (const trace of [STRANGER.browser, STRANGER.address]) expect(body).not.toContain(trace);
    expect(answer.body).not.toContain(people[1]!.user.id);
    const file = join(service.environment.DATA_DIR, '..', 'own-data.json');
    writeFileSync(file, answer.body);
    const proved = data.trail.entries.filter(({ inclusion }) => inclusion !== null).length;
    expect(proved).toBeGreaterThanOrEqual(ENTRIES / PEOPLE);
    const { publicKey } = data.trail;
    expect(await verifier('--own', file, publicKey)).toMatchObject({
      code: 0,
      said: expect.stringContaining(`${proved} entries match`),
    });
    writeFileSync(file, answer.body.replaceAll('"route":"/users/me"', '"route":"/users/you"'));
    expect(await verifier('--own', file, publicKey)).toMatchObject({
      code: 1,
      said: expect.stringContaining('differs'),
    });
  });

  it('ends their sessions, frees their addresses, and leaves no trace of them within 20 s', async () => {
    const { checkpoint, ...before } = await verify();
    expect(before).toMatchObject({ intact: true, erased: 0 });
    const early = await exported('before');
    expect(await verifier(...early, checkpoint.publicKey, '--complete')).toMatchObject({ code: 0 });

    const erased = people.slice(0, ERASED);
    expect((await tracesOf(erased[0]!)).length).toBeGreaterThan(ENTRIES / PEOPLE);
    for (const person of erased.slice(1))
      await service.app.get(AccountAdministration).delete(person.user.id, ORIGIN);
    const own = { method: 'DELETE', url: '/users/me', token: erased[0]!.accessToken } as const;
    const answered = await service.call({ ...own, headers: headersOf(erased[0]!) });
    expect(answered.statusCode, answered.body).toBe(204);
    expect(String(answered.headers['set-cookie'])).toMatch(/Max-Age=0|Expires=Thu, 01 Jan 1970/);
    for (const person of erased) {
      const answer = await service.call({
        url: '/users/me',
        token: person.accessToken,
        headers: headersOf(person),
      });
      expect(answer.statusCode).toBe(401);
    }
    await eventually(async () => {
      const pending = await asSuperuser(service.database, 'SELECT FROM erasures WHERE erased_at IS NULL');
      expect([pending, await tracesOf(erased[0]!)]).toEqual([[], []]);
    }, WITHIN_20_S);
    expect(await tracesOf(...erased)).toEqual([]);
    const texts = await everything();
    for (const trace of [STRANGER.browser, STRANGER.address])
      expect(texts.filter((text) => text.includes(trace))).toEqual([]);
    await register(service, erased[0]!.user.email);

    const after = await verify();
    expect(after).toMatchObject({ intact: true, firstFault: null });
    expect(after.erased).toBeGreaterThanOrEqual((ENTRIES / PEOPLE) * ERASED);
    const late = await exported('after');
    expect(await verifier(...late, checkpoint.publicKey, '--complete')).toMatchObject({
      code: 0,
      said: expect.stringMatching(/[1-9]\d* of them are erased/),
    });
    expect(await verifier(...early, checkpoint.publicKey, '--complete')).toMatchObject({ code: 0 });
    // An instance adds them with its next pass, and creates the file for the first ones.
    await eventually(() => {
      const kept = readFileSync(join(service.environment.DATA_DIR, 'erased.ndjson'), 'utf8');
      for (const { user } of erased) expect(kept).toContain(`"userId":"${user.id}"`);
    }, WITHIN_20_S);
  }, 90_000);

  it('exports the event that explains an erased entry, whatever the filter', async () => {
    const { id } = people[0]!.user;
    const url = `/audit/export?type=authn_login_success&userId=${id}`;
    const { body } = await service.call({ url, token: auditor.accessToken });
    const types = body
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['authn_login_success', 'personal_data_erased']);
  });

  it('finds a person who was erased by hand', async () => {
    const eleventh = people[ERASED]!;
    await attacker.change(
      `UPDATE audit_calls SET address = NULL, user_agent = NULL, origin_salt = NULL, origin_commitment = sha256('')
       WHERE user_id = $1`,
      eleventh.user.id,
    );
    const { intact, firstFault, checkpoint } = await verify();
    expect([intact, firstFault?.kind]).toEqual([false, 'altered']);
    expect(await verifier(...(await exported('by-hand')), checkpoint.publicKey)).toMatchObject({ code: 1 });
  });
});

describe('Deleting the own account', () => {
  const clock = new ManualClock(Date.now());
  let mailServer: MailServer;
  let service: TestApp;
  beforeAll(async () => {
    mailServer = await startMailServer();
    service = await startApp({ clock, variables: { SMTP_URL: mailServer.url, ERASURE_DELAY_HOURS: '2' } });
  });
  afterAll(async () => {
    await service.close();
    await mailServer.stop();
  });

  const remove = (token: string) => service.call({ method: 'DELETE', url: '/users/me', token });
  it('happens once, of sixteen requests at the same time', async () => {
    const { accessToken, user } = await createPerson(service);
    const answers = await Promise.all(Array.from({ length: 16 }, () => remove(accessToken)));
    const codes = answers.map((answer) =>
      answer.statusCode === 204 ? 'deleted' : answer.json<{ code: string }>().code,
    );
    expect(codes.filter((code) => code !== 'session_ended')).toEqual(['deleted']);
    const events = await asSuperuser(
      service.database,
      `SELECT FROM audit_events WHERE type = 'user_deleted' AND user_id = $1`,
      [user.id],
    );
    expect(events).toHaveLength(1);
  });

  it('is refused to the last administrator', async () => {
    const { user, accessToken } = await createPerson(service);
    await service.app.get(AccountAdministration).setRoles(user.email, ['admin'], ORIGIN);
    const { accessToken: token } = await openSession(service, user.email);
    expect((await remove(accessToken)).statusCode).toBe(401);
    const refused = await remove(token);
    expect(refused.json()).toMatchObject({ status: 409, code: 'last_administrator' });
    expect(refused.headers['clear-site-data']).toBeUndefined();
    expect((await service.call({ url: '/users/me', token })).statusCode).toBe(200);
  });

  it('peer faults 35 and 43: leaves no row that refers to the account', async () => {
    const { accessToken, user } = await createPerson(service);
    await asSuperuser(
      service.database,
      `INSERT INTO recovery_codes (user_id, digest) SELECT $1, sha256('a code')`,
      [user.id],
    ).catch(() => undefined);
    await remove(accessToken);
    // Offline verifiers read the revocations, and the sessions behind them, until the last token has expired.
    const columns = await asSuperuser<{ table: string; column: string }>(
      service.database,
      `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name IN ('user_id', 'subject') AND table_name NOT LIKE 'audit_%'
         AND table_name NOT IN ('erasures', 'revocations', 'sessions')`,
    );
    expect(columns.length).toBeGreaterThan(4);
    for (const { table, column } of columns) {
      const rows = await asSuperuser(
        service.database,
        `SELECT FROM ${table} WHERE ${column}::text IN ($1, $2)`,
        [user.id, `user:${user.id}`],
      );
      expect([table, rows.length]).toEqual([table, 0]);
    }
    const sessions = await asSuperuser(
      service.database,
      'SELECT user_agent, network, revoked_at IS NULL AS live FROM sessions WHERE user_id = $1',
      [user.id],
    );
    expect(sessions).toEqual([{ user_agent: null, network: null, live: false }]);
  });

  it('happens at once, and the trail forgets ERASURE_DELAY_HOURS later and no sooner', async () => {
    const { accessToken, user } = await createPerson(service);
    expect((await remove(accessToken)).statusCode).toBe(204);
    const login = { email: user.email, password: PASSWORD };
    expect((await service.call({ url: '/auth/login', body: login })).statusCode).toBe(401);
    await register(service, user.email);

    const traces = async () => {
      const [counted] = await asSuperuser<{ traces: number; stated: number }>(
        service.database,
        `SELECT count(*) FILTER (WHERE origin_salt IS NOT NULL AND type <> 'personal_data_erased')::int AS traces,
           count(*) FILTER (WHERE type = 'personal_data_erased')::int AS stated
         FROM audit_events WHERE user_id = $1`,
        [user.id],
      );
      return counted!;
    };
    const { traces: kept } = await traces();
    expect(kept).toBeGreaterThan(0);
    clock.advance(2 * HOUR_MS - 1);
    await service.app.get(ErasureTask, { strict: false }).run();
    expect(await traces()).toEqual({ traces: kept, stated: 0 });
    clock.advance(1);
    await expect.poll(traces).toEqual({ traces: 0, stated: 1 });
  });

  it.each([
    ['access', ({ accessToken }: Tokens) => service.call({ url: '/users/me', token: accessToken })],
    ['refresh', ({ refreshToken }: Tokens) => service.call({ url: '/auth/refresh', body: { refreshToken } })],
  ])('makes who still uses its %s token known by the id alone, from the start', async (_kind, use) => {
    const person = await createPerson(service);
    await remove(person.accessToken);
    const answer = await use(person);
    expect(answer.json()).toMatchObject({ status: 401, code: 'session_ended' });
    // The erasure is due in two hours, so it has removed nothing from these.
    await expect
      .poll(() =>
        asSuperuser(
          service.database,
          `SELECT type, user_id, address, user_agent FROM audit_events WHERE request_id = $1
           UNION ALL SELECT 'api_call', user_id, address, user_agent FROM audit_calls WHERE request_id = $1`,
          [answer.headers['x-request-id']],
        ),
      )
      .toEqual(
        ['session_use_after_expire', 'api_call'].map((type) => ({
          type,
          user_id: person.user.id,
          address: null,
          user_agent: null,
        })),
      );
  });

  it('is told by a last mail, which is wiped when it was sent, or after a day if it cannot be', async () => {
    const notice = async (id: string) => {
      const [message] = await asSuperuser<Record<string, unknown>>(
        service.database,
        `SELECT state, sealed IS NULL AND payload IS NULL AS wiped, last_error IS NOT NULL AS failed
         FROM outbox_messages WHERE subject = $1`,
        [`deleted:${id}`],
      );
      return message;
    };
    const told = await createPerson(service);
    await remove(told.accessToken);
    await expect.poll(() => notice(told.user.id)).toMatchObject({ state: 'delivered', wiped: true });
    const [mail] = mailServer.received.filter(({ to }) => to?.[0]?.address === told.user.email);
    expect(mail).toMatchObject({ subject: expect.stringMatching(/deleted/i), text: expect.any(String) });
    expect(mail!.text! + mail!.html!).not.toMatch(/https?:|href|#token=/);

    mailServer.refusal = 'try again later';
    const untold = await createPerson(service);
    await remove(untold.accessToken);
    await expect.poll(() => notice(untold.user.id)).toMatchObject({ state: 'pending', failed: true });
    clock.advance(24 * HOUR_MS);
    await expect.poll(() => notice(untold.user.id)).toMatchObject({ state: 'dead', wiped: true });
  });
});

describe('Deleting a person whom somebody else has named in refused requests', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startApp({ variables: { RATE_LIMIT_LOGIN: '1/60', RATE_LIMIT_MAIL: '1/3600' } });
  });
  afterAll(() => service.close());

  it('leaves no digest of their address in the trail', async () => {
    const { user, accessToken } = await createPerson(service);
    const caller = await createPerson(service);
    const { email } = user;
    const digest = service.app.get(AuditService).emailDigest(email);
    const requests = [
      { url: '/auth/login', body: { email, password: 'not the password' } },
      { url: '/users/me/email', body: { email } },
      { url: '/auth/password/forgot', body: { email } },
    ];
    for (const request of requests) {
      const answers = [];
      for (let n = 0; n < 12; n++)
        answers.push(await service.call({ ...request, token: caller.accessToken }));
      expect(answers.at(-1)!.statusCode).toBe(429);
    }
    service.app.get(SpoolWriter).flush();
    const entries = (where: string, ...values: string[]) =>
      asSuperuser<{ userId: string; sessionId: string | null }>(
        service.database,
        `SELECT user_id AS "userId", session_id AS "sessionId" FROM audit_events
         WHERE type = 'excess_rate_limit_exceeded' AND ${where}`,
        values,
      );
    const named = () => entries(`details->>'account' = $1`, digest);
    await eventually(async () => {
      expect((await named()).length).toBeGreaterThan(10);
      expect((await entries('user_id = $1', caller.user.id)).length).toBeGreaterThan(5);
    });
    expect(new Set((await named()).map(({ userId }) => userId))).toEqual(new Set([user.id]));
    await service.call({ method: 'DELETE', url: '/users/me', token: accessToken });
    await eventually(async () => expect(await named()).toEqual([]), WITHIN_20_S);
  });
});
