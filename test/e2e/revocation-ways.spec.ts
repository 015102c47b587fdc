import { globSync, readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { AccountAccess } from '../../src/admin/account-access.js';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { NewPassword } from '../../src/auth/credentials/passwords/new-password.js';
import { RecoverySchedule } from '../../src/auth/factor-recovery/recovery-schedule.js';
import type { Message } from '../../src/monitoring/alerts/delivery-channel.js';
import { EndSessionsChannel } from '../../src/monitoring/responses/end-sessions.channel.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { logIn, newAddress, PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createAccount, openSession } from '../support/app/people.js';
import { enrolTotp } from '../support/app/factors.js';
import { mailTo } from '../support/app/mails.js';
import { postForm } from '../support/app/oauth.js';
import { ServiceAccountsOf } from '../support/app/service-accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { setPassword } from '../support/app/set-password.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { LISTED_REASONS } from '../../src/sessions/revocation-list/revocation-item.js';
import type { RevocationReason } from '../../src/sessions/revocation-reason.js';
import { follow, revocationsAfter } from '../support/http/revocation-list.js';
import { eventually } from '../support/time/eventually.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis/redis-server.js';

const ORIGIN = internalOrigin('operator');

interface Signed extends Tokens {
  readonly email: string;
}

interface Way {
  /** The source file and the method of SessionRevocation that ends the sessions, as `file: method`. */
  readonly by: string;
  readonly reason: RevocationReason;
  readonly end: (app: TestApp, signed: Signed) => Promise<unknown>;
}

const NEW_PASSWORD = 'seven quiet herons cross the weir';
const HALF_AN_HOUR_MS = 30 * 60_000;

const clock = new ManualClock(Date.now());

const administration = ({ app }: TestApp) => app.get(AccountAdministration, { strict: false });
const access = ({ app }: TestApp) => app.get(AccountAccess, { strict: false });
const logOut = (app: TestApp, token?: string, refreshToken?: string) =>
  app.call({
    method: 'POST',
    url: '/auth/logout',
    ...(token !== undefined && { token }),
    ...(refreshToken !== undefined && { body: { refreshToken } }),
  });

const revokeAsClient = async (app: TestApp, token: string) => {
  const client = await (await ServiceAccountsOf.of(app)).create('tokens:revoke');
  await postForm(app, '/oauth/revoke', { token }, { client });
};

const WAYS: Record<string, Way> = {
  'a logout by the access token': {
    by: 'sessions/logout.service.ts: logout',
    reason: 'logout',
    end: (app, { accessToken }) => logOut(app, accessToken),
  },
  'a logout by the refresh token': {
    by: 'sessions/logout.service.ts: logout',
    reason: 'logout',
    end: (app, { refreshToken }) => logOut(app, undefined, refreshToken),
  },
  'a logout by an access token that has expired': {
    by: 'sessions/logout.service.ts: logout',
    reason: 'logout',
    end: async (app, { accessToken }) => {
      clock.advance(HALF_AN_HOUR_MS);
      await logOut(app, accessToken).finally(() => clock.advance(-HALF_AN_HOUR_MS));
    },
  },
  'the reuse of a refresh token': {
    by: 'sessions/refresh/session-renewal.ts: end',
    reason: 'refresh_token_reused',
    end: async (app, { refreshToken }) => {
      for (const userAgent of ['Browser/1', 'Browser/2'])
        await app.call({
          url: '/auth/refresh',
          body: { refreshToken },
          headers: { 'user-agent': userAgent },
        });
    },
  },
  'its owner, in another session, one by one': {
    by: 'sessions/own-sessions/own-sessions.ts: endSome',
    reason: 'ended_by_user',
    end: async (app, { email, session }) => {
      const { accessToken: token } = await openSession(app, email);
      await app.call({ method: 'DELETE', url: `/users/me/sessions/${session.id}`, token });
    },
  },
  'its owner, in another session, with all others': {
    by: 'sessions/own-sessions/own-sessions.ts: endSome',
    reason: 'ended_by_user',
    end: async (app, { email }) => {
      const { accessToken: token } = await openSession(app, email);
      await app.call({ method: 'DELETE', url: '/users/me/sessions', token });
    },
  },
  'its owner, in the session itself': {
    by: 'sessions/own-sessions/own-sessions.ts: endSome',
    reason: 'ended_by_user',
    end: (app, { accessToken: token, session }) =>
      app.call({ method: 'DELETE', url: `/users/me/sessions/${session.id}`, token }),
  },
  'a client that revokes its access token': {
    by: 'machines/oauth/known-tokens/token-ending.ts: endSome',
    reason: 'ended_by_administrator',
    end: (app, { accessToken }) => revokeAsClient(app, accessToken),
  },
  'a client that revokes its refresh token': {
    by: 'machines/oauth/known-tokens/token-ending.ts: endSome',
    reason: 'ended_by_administrator',
    end: (app, { refreshToken }) => revokeAsClient(app, refreshToken),
  },
  'the hundredth session after it': {
    by: 'sessions/issuing/session-opening.ts: endSome',
    reason: 'session_limit',
    end: async (app, { email }) => {
      for (let n = 0; n < 100; n += 1) await openSession(app, email);
    },
  },
  'a password that an operator sets': {
    by: 'sessions/revocation/access-revocation.ts: endAllOfUser',
    reason: 'password_changed',
    end: async ({ app }, { email }) => {
      const hash = await app.get(NewPassword, { strict: false }).hash(PASSWORD);
      await setPassword({ app }, email, hash);
    },
  },
  'a change of the password in another session': {
    by: 'sessions/revocation/access-revocation.ts: endSome',
    reason: 'password_changed',
    end: async (app, { email }) => {
      const { accessToken: token } = await openSession(app, email);
      const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
      await app.call({ method: 'PUT', url: '/users/me/password', body, token });
    },
  },
  'a reset of the password': {
    by: 'sessions/revocation/access-revocation.ts: endAllOfUser',
    reason: 'password_reset',
    end: async (app, { email }) => {
      await app.call({ url: '/auth/password/forgot', body: { email } });
      const { token } = await mailTo(app, email, 'password_reset');
      await app.call({ url: '/auth/password/reset', body: { token, newPassword: NEW_PASSWORD } });
    },
  },
  'the link in the notice of a new device': {
    by: 'sessions/revocation/access-revocation.ts: endSome',
    reason: 'disowned',
    end: async (app, { email }) => {
      const { token } = await mailTo(app, email, 'new_device');
      await app.call({ url: '/auth/sessions/disown', body: { token } });
    },
  },
  'the link in the notice of an earlier new device': {
    by: 'sessions/revocation/access-revocation.ts: endSome',
    reason: 'disowned',
    end: async (app, { email, session }) => {
      await logIn(app, email);
      const { token } = await mailTo(app, email, 'new_device', 2);
      await asSuperuser(
        app.database,
        `UPDATE sessions SET created_at = created_at + interval '1 second' WHERE id = $1`,
        [session.id],
      );
      await app.call({ url: '/auth/sessions/disown', body: { token } });
    },
  },
  'undoing a change of the address': {
    by: 'auth/email/account-takeback.ts: endAllOfUser',
    reason: 'address_undone',
    end: async (app, { email }) => {
      const { accessToken: token } = await openSession(app, email);
      const changed = newAddress();
      await app.call({ url: '/users/me/email', body: { email: changed }, token });
      const proof = await mailTo(app, changed, 'address_change');
      await app.call({ url: '/auth/email/verify', body: { token: proof.token }, token });
      const undo = await mailTo(app, email, 'address_changed');
      await app.call({ url: '/auth/email/undo', body: { token: undo.token } });
    },
  },
  'the link that removes lost factors': {
    by: 'auth/factor-recovery/recovery-completion.ts: endAllOfUser',
    reason: 'recovered',
    end: async (app, { email, user, accessToken }) => {
      await asSuperuser(app.database, 'UPDATE users SET email_verified = true WHERE id = $1', [user.id]);
      await enrolTotp(app, { accessToken }, clock.nowMs());
      await app.call({ url: '/auth/recovery', body: { email, password: PASSWORD } });
      await asSuperuser(
        app.database,
        'UPDATE factor_recoveries SET due_at = started_at, next_at = started_at WHERE user_id = $1',
        [user.id],
      );
      await app.app.get(RecoverySchedule, { strict: false }).run();
      const { token } = await mailTo(app, email, 'recovery_ready');
      await app.call({ url: '/auth/recovery/finish', body: { token } });
    },
  },
  'other roles': {
    by: 'admin/account-changes.ts: endAllOfUser',
    reason: 'roles_changed',
    end: (app, { email }) => administration(app).setRoles(email, ['user'], ORIGIN),
  },
  'disabling the account': {
    by: 'admin/account-changes.ts: endAllOfUser',
    reason: 'account_disabled',
    end: (app, { email }) => administration(app).disable(email, ORIGIN),
  },
  'deleting the account': {
    by: 'auth/account-deletion/account-deletion.ts: endAllOfUser',
    reason: 'account_deleted',
    end: (app, { email }) => administration(app).delete(email, ORIGIN),
  },
  'an operator': {
    by: 'admin/account-access.ts: endAllOfUser',
    reason: 'ended_by_administrator',
    end: (app, { email }) => access(app).endSessions(email, ORIGIN),
  },
  'the response to an alert': {
    by: 'monitoring/responses/end-sessions.channel.ts: endAllOfUser',
    reason: 'response_to_alert',
    end: ({ app }, { user }) =>
      app.get(EndSessionsChannel, { strict: false }).deliver({
        deliveryId: 'delivery',
        alert: { evidence: { userIds: [user.id] } },
      } as unknown as Message),
  },
};

/**
 * Every call of a public method of SessionRevocation, as in {@link Way.by}; several calls in one file are listed
 * separately. Those of a throwaway service are tested with its routes.
 */
function callsInSource(): string[] {
  return globSync('src/**/*.ts', { exclude: ['src/**/*.spec.ts', 'src/ephemeral/**'] }).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const [, field] = /(\w+): SessionRevocation\b/.exec(text) ?? [];
    if (field === undefined) return [];
    return [...text.matchAll(new RegExp(`\\b${field}\\s*\\.(\\w+)\\(`, 'g'))].map(
      ([, method]) => `${file.slice('src/'.length)}: ${method}`,
    );
  });
}

describeWithRedis('a session is over everywhere within a second of', () => {
  /** A reader whose key does not expire while the clock is ahead. */
  let reader: string;
  let redisServer: RedisServer;
  let redis: Redis;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    redisServer = await startRedis();
    redis = new Redis(redisServer.url);
    const variables = { REDIS_URL: redisServer.url };
    here = await startApp({ variables, clock });
    there = await startBeside(here, { variables, clock, listen: true });
    ({ key: reader } = await (await ServiceAccountsOf.of(here)).create('revocations:read'));
  });
  afterAll(async () => {
    redis.disconnect();
    await there.close();
    await here.close();
    await redisServer.stop();
  });

  const signUpAuditor = async (): Promise<Signed> => {
    const email = await createAccount(here, { roles: ['auditor'], verified: true });
    // The second login is from a new device, whose owner is notified.
    await openSession(here, email);
    return { email, ...(await logIn(here, email)) };
  };
  const stateOn = async (app: TestApp, token: string) => {
    const answer = await app.call({ url: '/users/me', token });
    return answer.statusCode === 200 ? 'alive' : String(answer.json().code);
  };
  /** Resolves with the time at which the stream ends, milliseconds. */
  const openStream = async (token: string): Promise<{ ended: Promise<number> }> => {
    const response = await fetch(`${there.url}/audit/stream`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    onTestFinished(() => reader.cancel().catch(() => undefined));
    await reader.read();
    const ended = (async () => {
      // A stream that is cut off in the middle of a chunk has ended, too.
      while (!(await reader.read().catch(() => ({ done: true }))).done);
      return performance.now();
    })();
    return { ended };
  };

  it.each(Object.keys(WAYS))('%s', async (name) => {
    const way = WAYS[name]!;
    const signed = await signUpAuditor();
    const { accessToken, session, user } = signed;
    for (const app of [here, there]) {
      expect(await stateOn(app, accessToken)).toBe('alive');
      expect(await stateOn(app, accessToken)).toBe('alive');
    }
    const stream = await openStream(accessToken);
    const { cursor } = await revocationsAfter(there, reader);
    const followed = await follow(there, reader, cursor);

    await way.end(here, signed);
    const endedMs = performance.now();
    const listed = eventually(
      () => {
        const found = followed.items.filter(({ sessionId }) => sessionId === session.id);
        expect(found).toMatchObject([{ subject: user.id, reason: LISTED_REASONS[way.reason] }]);
      },
      { timeoutMs: 1000 },
    );
    expect(await stateOn(here, accessToken)).toBe('session_ended');
    await expect
      .poll(() => stateOn(there, accessToken), { timeout: 1000, interval: 20 })
      .toBe('session_ended');
    await expect
      .poll(() => redis.hget(`portcullis:account:${user.id}`, session.id), { timeout: 1000, interval: 20 })
      .toBe('0');
    const [row] = await asSuperuser<{ revoked_at: Date | null; revoke_reason: string | null }>(
      here.database,
      'SELECT revoked_at, revoke_reason FROM sessions WHERE id = $1',
      [session.id],
    );
    expect([row?.revoked_at, row?.revoke_reason]).toEqual([expect.any(Date), way.reason]);
    await listed;
    // The stream checks its session by the clock of the service, twice per second of real time.
    clock.advance(1000);
    expect((await stream.ended) - endedMs).toBeLessThan(1000);
    const refreshed = await there.call({
      url: '/auth/refresh',
      body: { refreshToken: signed.refreshToken },
    });
    expect(refreshed.json().code).toBe('session_ended');
  });

  it('each of the calls in the source, and there are no others', () => {
    const inSource = callsInSource();
    const tested = Object.values(WAYS).map(({ by }) => by);
    expect(inSource.length).toBeGreaterThan(0);
    expect(new Set(tested)).toEqual(new Set(inSource));
    // Two ways can share one line of source, but not the reverse.
    for (const call of inSource) {
      const count = (list: string[]) => list.filter((one) => one === call).length;
      expect(count(tested), call).toBeGreaterThanOrEqual(count(inSource));
    }
  });
});
