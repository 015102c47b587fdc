import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, signUp, type Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { beginLogin, enrolTotp } from '../support/app/factors.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';

interface Operation {
  readonly responses: Readonly<Record<string, unknown>>;
}

/** The routes whose answer brings tokens, as the OpenAPI document describes them. */
function waysToASession(): string[] {
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths)
    .flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { responses }]) =>
          JSON.stringify(responses).includes('#/components/schemas/BodySignedIn'),
        )
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    )
    .toSorted();
}

interface Way {
  /** Whether it makes a session, or goes on with one that the issuer has made. */
  readonly makes: boolean;
  /** Sends the request for an account with a factor; `owed` leaves the factor out. */
  readonly take: (owner: Enrolled, owed: boolean) => Promise<{ statusCode: number; code: string | null }>;
  /** The codes of the answers while the account is disabled, and while the factor is owed. */
  readonly disabled: string;
  readonly owed: string | null;
}

interface Enrolled extends Tokens {
  readonly nextCode: () => string;
}

describe('every way to a session', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock });
  });
  afterAll(() => app.close());

  const send = async (url: string, body: object, token?: string) => {
    const answer = await app.call({ url, body, ...(token !== undefined && { token }) });
    const code = answer.statusCode < 400 ? null : answer.json<{ code: string }>().code;
    return { statusCode: answer.statusCode, code };
  };
  const login = (email: string) => send('/auth/login', { email, password: PASSWORD, tokenTransport: 'body' });

  /** The challenge of a login that began while the account was in order. */
  const challenges = new Map<string, string>();
  const WAYS: Readonly<Record<string, Way>> = {
    'POST /auth/login': {
      makes: true,
      take: ({ user }) => login(user.email),
      disabled: 'invalid_credentials',
      owed: 'factor_required',
    },
    'POST /auth/login/factor': {
      makes: true,
      take: async ({ user, nextCode }, owed) =>
        send('/auth/login/factor', {
          challenge: challenges.get(user.id),
          method: 'totp',
          code: owed ? '000000' : nextCode(),
        }),
      disabled: 'invalid_challenge',
      owed: 'invalid_code',
    },
    'POST /auth/refresh': {
      makes: false,
      take: ({ refreshToken }) => send('/auth/refresh', { refreshToken }),
      disabled: 'session_ended',
      owed: null,
    },
    'POST /auth/step-up': {
      makes: false,
      take: ({ accessToken, nextCode }, owed) =>
        send('/auth/step-up', { method: 'totp', code: owed ? '000000' : nextCode() }, accessToken),
      disabled: 'session_ended',
      owed: 'invalid_code',
    },
  };

  const enrolled = async (): Promise<Enrolled> => {
    const owner = await signUp(app);
    const authenticator = await enrolTotp(app, owner, clock.nowMs());
    challenges.set(owner.user.id, (await beginLogin(app, owner.user.email, PASSWORD)).token);
    // The code of the enrolment is used up.
    clock.advance(30_000);
    const nextCode = () => authenticator.codeAt(clock.nowMs());
    return { ...owner, nextCode };
  };
  const sessionsOf = ({ user }: Tokens) =>
    asSuperuser<{ acr: string }>(app.database, 'SELECT acr FROM sessions WHERE user_id = $1 ORDER BY id', [
      user.id,
    ]);
  const eventsOf = async ({ user }: Tokens) => {
    const rows = await asSuperuser<{ type: string }>(
      app.database,
      'SELECT type FROM audit_events WHERE user_id = $1 ORDER BY position, id',
      [user.id],
    );
    return rows.map(({ type }) => type);
  };

  it('is in this list', () => {
    expect(waysToASession()).toEqual(Object.keys(WAYS).toSorted());
  });

  describe.each(Object.entries(WAYS))('%s', (_, way) => {
    it('19, 20: gives no new session while the factor is owed', async () => {
      const owner = await enrolled();
      const { code } = await way.take(owner, true);
      expect(code).toBe(way.owed);
      expect(await sessionsOf(owner)).toHaveLength(1);
    });

    it('21, 25: gives a disabled account nothing', async () => {
      const owner = await enrolled();
      await asSuperuser(app.database, 'UPDATE users SET disabled_at = now() WHERE id = $1', [owner.user.id]);
      const { code } = await way.take(owner, false);
      expect(code).toBe(way.disabled);
      expect(await sessionsOf(owner)).toHaveLength(1);
    });

    it('21: makes no session while the account is locked', async () => {
      const owner = await enrolled();
      for (let n = 0; n < 10; n += 1)
        await send('/auth/login', { email: owner.user.email, password: 'not the password at all' });
      const { statusCode } = await way.take(owner, false);
      expect(statusCode).toBe(way.makes ? 429 : 200);
      expect(await sessionsOf(owner)).toHaveLength(1);
    });

    it('leaves an event of the account, whether it succeeds or not', async () => {
      for (const owed of [true, false]) {
        const owner = await enrolled();
        const before = await eventsOf(owner);
        await way.take(owner, owed);
        expect((await eventsOf(owner)).length).toBeGreaterThan(before.length);
      }
    });
  });

  it('together make sessions at aal2 only', async () => {
    const owner = await enrolled();
    expect(await WAYS['POST /auth/login/factor']!.take(owner, false)).toMatchObject({ statusCode: 200 });
    expect(await sessionsOf(owner)).toEqual([{ acr: 'aal2' }, { acr: 'aal2' }]);
  });
});
