import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { enrolTotp, openChallenge } from '../support/app/factors.js';
import { beginAuthentication, registerPasskey, type SoftwareAuthenticator } from '../support/app/passkeys.js';
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
  /** The status while strangers have locked the account by guessing. */
  readonly locked: number;
  /** The policies that limit it, beside those of every route. */
  readonly policies: readonly string[];
  /** Sends the request for an account with a factor; `owed` leaves the factor out. */
  readonly take: (owner: Enrolled, owed: boolean) => Promise<Taken>;
  /** The codes of the answers while the account is disabled, and while the factor is owed. */
  readonly disabled: string;
  readonly owed: string | null;
}

interface Taken {
  readonly statusCode: number;
  readonly code: string | null;
  /** The policies that the answer names. */
  readonly policies: readonly string[];
}

interface Enrolled extends Tokens {
  readonly passkey: SoftwareAuthenticator;
  readonly nextCode: () => string;
}

describe('every way to a session', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    const names = ['LOGIN', 'LOGIN_ADDRESS', 'REFRESH', 'PASSKEY'];
    const variables = Object.fromEntries(names.map((name) => [`RATE_LIMIT_${name}`, '1000/60']));
    app = await startApp({ clock, variables });
  });
  afterAll(() => app.close());

  const send = async (url: string, body: object, token?: string) => {
    const answer = await app.call({ url, body, ...(token !== undefined && { token }) });
    const code = answer.statusCode < 400 ? null : answer.json<{ code: string }>().code;
    const policies = [...String(answer.headers['ratelimit-policy']).matchAll(/"([\w-]+)"/g)].map(
      ([, name]) => name!,
    );
    return { statusCode: answer.statusCode, code, policies };
  };
  const login = (email: string) => send('/auth/login', { email, password: PASSWORD, tokenTransport: 'body' });

  /** The challenge of a login that began while the account was in order. */
  const challenges = new Map<string, string>();
  const WAYS: Readonly<Record<string, Way>> = {
    'POST /auth/login': {
      makes: true,
      locked: 429,
      policies: ['login', 'login-address'],
      take: ({ user }) => login(user.email),
      disabled: 'invalid_credentials',
      owed: 'factor_required',
    },
    'POST /auth/login/factor': {
      makes: true,
      locked: 429,
      // The policy `factor` counts by account, which the request does not name.
      policies: [],
      take: async ({ user, nextCode }, owed) =>
        send('/auth/login/factor', {
          challenge: challenges.get(user.id),
          method: 'totp',
          code: owed ? '000000' : nextCode(),
        }),
      disabled: 'invalid_challenge',
      owed: 'invalid_code',
    },
    'POST /auth/passkey': {
      makes: true,
      // Nobody can guess a passkey, so guesses at the password hold up nobody who has one.
      locked: 200,
      policies: ['passkey'],
      take: async ({ passkey }, owed) => {
        const begun = await beginAuthentication(app);
        const response = passkey.get(begun, { userVerified: !owed });
        return send('/auth/passkey', { challenge: begun.challenge, response });
      },
      disabled: 'invalid_passkey',
      owed: 'invalid_passkey',
    },
    'POST /auth/refresh': {
      makes: false,
      locked: 200,
      policies: ['refresh'],
      take: ({ refreshToken }) => send('/auth/refresh', { refreshToken }),
      disabled: 'session_ended',
      owed: null,
    },
    'POST /auth/step-up': {
      makes: false,
      locked: 200,
      policies: ['login-address'],
      take: ({ accessToken, nextCode }, owed) =>
        send('/auth/step-up', { method: 'totp', code: owed ? '000000' : nextCode() }, accessToken),
      disabled: 'session_ended',
      owed: 'invalid_code',
    },
  };

  const enrolled = async (): Promise<Enrolled> => {
    const owner = await createPerson(app);
    const authenticator = await enrolTotp(app, owner, clock.nowMs());
    const { authenticator: passkey } = await registerPasskey(app, owner);
    challenges.set(owner.user.id, (await openChallenge(app, owner)).token);
    // The code of the enrolment is used up.
    clock.advance(30_000);
    const nextCode = () => authenticator.codeAt(clock.nowMs());
    return { ...owner, nextCode, passkey };
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
    it('peer fault 19, peer fault 20: gives no new session while the factor is owed', async () => {
      const owner = await enrolled();
      const { code } = await way.take(owner, true);
      expect(code).toBe(way.owed);
      expect(await sessionsOf(owner)).toHaveLength(1);
    });

    it('peer fault 21, peer fault 25: gives a disabled account nothing', async () => {
      const owner = await enrolled();
      await asSuperuser(app.database, 'UPDATE users SET disabled_at = now() WHERE id = $1', [owner.user.id]);
      const { code } = await way.take(owner, false);
      expect(code).toBe(way.disabled);
      expect(await sessionsOf(owner)).toHaveLength(1);
    });

    it('peer fault 21: makes no session by what can be guessed while the account is locked', async () => {
      const owner = await enrolled();
      for (let n = 0; n < 10; n += 1)
        await send('/auth/login', { email: owner.user.email, password: 'not the password at all' });
      const { statusCode } = await way.take(owner, false);
      expect(statusCode).toBe(way.locked);
      expect(await sessionsOf(owner)).toHaveLength(way.makes && way.locked === 200 ? 2 : 1);
    });

    it('is limited', async () => {
      const { policies } = await way.take(await enrolled(), false);
      expect(policies.toSorted()).toEqual([...way.policies].toSorted());
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
    expect(await WAYS['POST /auth/passkey']!.take(owner, false)).toMatchObject({ statusCode: 200 });
    expect(await sessionsOf(owner)).toEqual([{ acr: 'aal2' }, { acr: 'aal2' }, { acr: 'aal2' }]);
  });
});
