import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { LastSeen } from '../../src/sessions/state/last-seen.js';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createPerson, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { cookiesOf, jarOf } from '../support/app/set-cookie.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { temporaryFolder } from '../support/files/temporary-folder.js';
import { cityDatabase } from '../support/geoip/cities.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis/redis-server.js';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A session is created by the clock of the instance, and its tokens are issued a moment later, by that of PostgreSQL. */
const justAfter = (time: string) =>
  expect.toSatisfy((other: string) => Math.abs(Date.parse(other) - Date.parse(time)) < 1000) as string;

interface Listed {
  readonly id: string;
  readonly current: boolean;
  readonly lastSeenAt: string;
}

describeWithRedis("a user's own sessions", () => {
  const clock = new ManualClock(Date.now());
  let redis: RedisServer;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    redis = await startRedis();
    const variables = { REDIS_URL: redis.url, TRUSTED_PROXIES: '127.0.0.1' };
    here = await startApp({ variables, clock });
    there = await startBeside(here, { variables, clock });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
    await redis.stop();
  });

  let first: Tokens;
  beforeEach(async () => {
    first = await createPerson(here);
    clock.advance(1000);
  });

  const open = async (): Promise<Tokens> => {
    const tokens = await openSession(here, first.user.email);
    clock.advance(1000);
    return tokens;
  };
  const logIn = async (headers: Record<string, string> = {}): Promise<Tokens> => {
    const body = { email: first.user.email, password: PASSWORD, tokenTransport: 'body' };
    const answer = await here.call({ url: '/auth/login', body, headers });
    clock.advance(1000);
    return answer.json<Tokens>();
  };
  const list = async ({ accessToken: token }: Tokens, app = here): Promise<Listed[]> => {
    const answer = await app.call({ url: '/users/me/sessions', token });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<{ items: Listed[] }>().items;
  };
  const idsOf = async (tokens: Tokens) => (await list(tokens)).map(({ id }) => id);
  const end = ({ accessToken: token }: Tokens, id?: string, app = here) =>
    app.call({ method: 'DELETE', url: `/users/me/sessions${id === undefined ? '' : `/${id}`}`, token });
  const stateOf = async ({ accessToken: token }: Tokens, app = here) => {
    const answer = await app.call({ url: '/users/me', token });
    return answer.statusCode === 200 ? 'alive' : String(answer.json().code);
  };
  const events = (requestId: unknown) =>
    asSuperuser<{ type: string; reason: string; session_id: string; details: object }>(
      here.database,
      'SELECT type, reason, session_id, details FROM audit_events WHERE request_id = $1 ORDER BY session_id',
      [requestId],
    );

  it('are listed newest first, with descriptions that their owner recognises', async () => {
    const second = await logIn({ 'user-agent': CHROME, 'x-forwarded-for': '203.0.113.77' });
    const third = await logIn({ 'user-agent': '', 'x-forwarded-for': '2001:db8:1:2:3::4' });
    const common = { place: null, methods: ['pwd'] };
    const timesOf = ({ session: { createdAt, expiresAt } }: Tokens) => ({ createdAt, expiresAt });
    expect(await list(second, there)).toEqual([
      {
        ...common,
        ...timesOf(third),
        id: third.session.id,
        current: false,
        device: 'an unknown device',
        network: '2001:db8:1:2::/64',
        lastSeenAt: justAfter(third.session.createdAt),
      },
      {
        ...common,
        ...timesOf(second),
        id: second.session.id,
        current: true,
        device: 'Chrome on Windows',
        network: '203.0.113.0/24',
        lastSeenAt: clock.now().toISOString(),
      },
      {
        ...common,
        ...timesOf(first),
        id: first.session.id,
        current: false,
        device: 'lightMyRequest',
        network: '127.0.0.0/24',
        lastSeenAt: justAfter(first.session.createdAt),
      },
    ]);
  });

  it('have a place if the operator supplies a database that contains it', async () => {
    const path = join(await temporaryFolder(), 'City.mmdb');
    await writeFile(path, cityDatabase());
    const placing = await startBeside(here, { clock, variables: { GEOIP_DATABASE: path } });
    for (const ip of ['192.0.2.7', '2001:db8:1:2:3::4']) await logIn({ 'x-forwarded-for': ip });
    const answer = await placing.call({ url: '/users/me/sessions', token: first.accessToken });
    await placing.close();
    const { items } = answer.json<{ items: { network: string; place: string | null }[] }>();
    expect(items.map(({ network, place }) => [network, place])).toEqual([
      ['2001:db8:1:2::/64', 'A country'],
      ['192.0.2.0/24', 'A country'],
      ['127.0.0.0/24', null],
    ]);
  });

  it('do not include those of other accounts, expired ones or ended ones', async () => {
    const stranger = await createPerson(here);
    const ended = await open();
    await here.call({ method: 'POST', url: '/auth/logout', token: ended.accessToken });
    clock.advance(7 * DAY_MS);
    const today = await open();
    expect(await idsOf(today)).toEqual([today.session.id]);
    clock.advance(-7 * DAY_MS);
    expect(await idsOf(stranger)).toEqual([stranger.session.id]);
  });

  it('show their latest use, at once on one instance and after half a minute on all', async () => {
    const other = await open();
    clock.advance(5 * MINUTE_MS);
    const usedAt = clock.now().toISOString();
    expect(await stateOf(first, there)).toBe('alive');
    clock.advance(1000);
    const seen = async (app: TestApp) =>
      (await list(other, app)).find(({ id }) => id === first.session.id)?.lastSeenAt;
    expect(await seen(there)).toBe(usedAt);
    expect(await seen(here)).toEqual(justAfter(first.session.createdAt));
    await there.app.get(LastSeen, { strict: false }).write();
    expect(await seen(here)).toBe(usedAt);
  });

  it('never show an earlier use than before, and storing it waits for no lock', async () => {
    await stateOf(first);
    const later = clock.now().toISOString();
    const lastSeen = here.app.get(LastSeen, { strict: false });
    await lastSeen.write();
    clock.advance(-MINUTE_MS);
    await stateOf(first);
    await lastSeen.write();
    clock.advance(2 * MINUTE_MS);
    const [session] = await list(await open(), there).then((all) =>
      all.filter(({ id }) => id === first.session.id),
    );
    expect(session?.lastSeenAt).toBe(later);
  });

  it('keep uses that could not be stored, and store them when the process ends', async () => {
    const beside = await startBeside(here, { clock });
    expect(await stateOf(first, beside)).toBe('alive');
    const usedAt = clock.now().toISOString();
    await beside.close();
    clock.advance(1000);
    const other = await open();
    expect((await list(other)).find(({ id }) => id === first.session.id)?.lastSeenAt).toBe(usedAt);
  });

  it('can be ended one by one, with an event, within a second everywhere', async () => {
    const second = await open();
    const third = await open();
    expect(await stateOf(second, there)).toBe('alive');
    const answer = await end(first, second.session.id);
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(cookiesOf(answer)).toEqual({});
    expect(await stateOf(second)).toBe('session_ended');
    await expect.poll(() => stateOf(second, there), { timeout: 1000, interval: 20 }).toBe('session_ended');
    expect([await stateOf(first), await stateOf(third)]).toEqual(['alive', 'alive']);
    expect(await events(answer.headers['x-request-id'])).toEqual([
      {
        type: 'session_ended',
        reason: 'ended_by_user',
        session_id: second.session.id,
        details: { by: first.session.id },
      },
    ]);
    expect((await end(first, second.session.id)).json().code).toBe('not_found');
  });

  it('cannot be distinguished from unknown ones by others, who get not_found and end nothing', async () => {
    const stranger = await createPerson(here);
    const unknown = '0197a1b2-0000-7000-8000-000000000001';
    const bodies = [];
    for (const id of [stranger.session.id, unknown, 'x', stranger.session.id.toUpperCase(), "' OR 1=1"]) {
      const answer = await end(first, encodeURIComponent(id));
      expect([id, answer.statusCode]).toEqual([id, 404]);
      bodies.push({ ...answer.json<object>(), requestId: null });
    }
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(await stateOf(stranger)).toBe('alive');
  });

  it('lose their cookies if the current one is ended', async () => {
    const { email } = first.user;
    const login = await here.call({ url: '/auth/login', body: { email, password: PASSWORD } });
    const jar = jarOf(login);
    const origin = here.environment.PUBLIC_URL;
    const remove = (id: string, headers: Record<string, string>) =>
      here.call({ method: 'DELETE', url: `/users/me/sessions/${id}`, cookies: jar, headers });
    const { id } = login.json<Tokens>().session;
    expect((await remove(id, { origin: 'https://evil.example' })).json().code).toBe('csrf_rejected');
    expect(cookiesOf(await remove(first.session.id, { origin }))).toEqual({});
    const answer = await remove(id, { origin });
    expect(answer.statusCode).toBe(204);
    expect(Object.keys(cookiesOf(answer)).toSorted()).toEqual(['access_token', 'refresh_token']);
    expect(jarOf(answer)).toEqual({});
    expect((await here.call({ url: '/users/me', cookies: jar })).json().code).toBe('session_ended');
  });

  it('can all be ended at once, except the current one', async () => {
    const others = [await open(), await open()];
    const stranger = await createPerson(here);
    const answer = await end(first);
    expect(answer.statusCode).toBe(204);
    for (const other of others) {
      expect(await stateOf(other)).toBe('session_ended');
      await expect.poll(() => stateOf(other, there), { timeout: 1000, interval: 20 }).toBe('session_ended');
    }
    expect([await stateOf(first), await stateOf(stranger)]).toEqual(['alive', 'alive']);
    const ended = await events(answer.headers['x-request-id']);
    // Ordered by id, and so by age.
    expect(ended.map(({ type, session_id }) => [type, session_id])).toEqual(
      others.map(({ session }) => ['session_ended', session.id]),
    );
    expect((await end(first)).statusCode).toBe(204);
  });

  it('that end each other at the same time leave exactly one', async () => {
    for (let round = 0; round < 10; round += 1) {
      first = await createPerson(here);
      const second = await open();
      const answers = await Promise.all([end(first, undefined, here), end(second, undefined, there)]);
      const won = answers.filter(({ statusCode }) => statusCode === 204);
      const lost = answers.filter(({ statusCode }) => statusCode !== 204);
      expect(won).toHaveLength(1);
      expect(lost.map((answer) => answer.json().code)).toEqual(['session_ended']);
      const rows = await asSuperuser(
        here.database,
        'SELECT FROM sessions WHERE user_id = $1 AND revoked_at IS NULL',
        [first.user.id],
      );
      expect(rows).toHaveLength(1);
    }
  });

  it('41: are not revived by a refresh, even a concurrent one', async () => {
    for (let round = 0; round < 10; round += 1) {
      const other = await open();
      const refresh = (refreshToken: string, app = there) =>
        app.call({ url: '/auth/refresh', body: { refreshToken } });
      const [refreshed, ended] = await Promise.all([
        refresh(other.refreshToken),
        end(first, other.session.id),
      ]);
      expect(ended.statusCode).toBe(204);
      const { refreshToken } = refreshed.statusCode === 200 ? refreshed.json<Tokens>() : other;
      for (const app of [here, there])
        expect((await refresh(refreshToken, app)).json().code).toBe('session_ended');
      expect(await idsOf(first)).toEqual([first.session.id]);
    }
  });

  it('40: cannot be ended by an ended session, even if a copy still shows it as live', async () => {
    const dead = await open();
    for (const app of [here, there]) expect(await stateOf(dead, app)).toBe('alive');
    // Bypasses the service, like a revocation that has not reached the copies and the feed yet.
    await asSuperuser(here.database, 'UPDATE sessions SET revoked_at = clock_timestamp() WHERE id = $1', [
      dead.session.id,
    ]);
    for (const answer of [await end(dead, undefined, there), await end(dead, first.session.id, there)])
      expect(answer.json().code).toBe('session_ended');
    expect(await stateOf(first)).toBe('alive');
  });

  it('are limited to a hundred: a further login ends the oldest', async () => {
    for (let n = 1; n < 100; n += 1) await open();
    expect(await stateOf(first)).toBe('alive');
    expect(await list(first)).toHaveLength(100);
    const newest = await logIn();
    expect(await stateOf(first)).toBe('session_ended');
    const ids = await idsOf(newest);
    expect(ids).toHaveLength(100);
    expect(ids[0]).toBe(newest.session.id);
  });
});
