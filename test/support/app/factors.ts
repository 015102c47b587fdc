import { createGuardrails, generateSync } from 'otplib';
import { PendingLogins } from '../../../src/auth/sign-in/pending-logins.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { UsersService } from '../../../src/users/users.service.js';
import type { Tokens } from './accounts.js';
import { LOOPBACK, originAt } from './people.js';
import type { TestApp } from './test-app.js';

/** An authenticator app of a test. */
export interface Authenticator {
  readonly id: string;
  readonly secret: string;
  /** The ten codes that came with the first factor; null after. */
  readonly recoveryCodes: string[] | null;
  /** The code that it shows at a time, in milliseconds since the Unix epoch. */
  readonly codeAt: (ms: number) => string;
}

/** The first half of a login that waits for a factor. */
export interface Challenge {
  readonly token: string;
  readonly methods: readonly string[];
  readonly expiresAt: string;
}

/** Imported secrets may have 80 bits. */
const IMPORTED = createGuardrails({ MIN_SECRET_BYTES: 10 });

/** The code of a secret at a time, in milliseconds since the Unix epoch. */
export const codeOf = (secret: string, ms: number) =>
  generateSync({ secret, epoch: Math.floor(ms / 1000), guardrails: IMPORTED });

/** Enrols an authenticator app in a session. The code of the given time is used up by that. */
export async function enrolTotp(
  { call }: TestApp,
  { accessToken }: Pick<Tokens, 'accessToken'>,
  ms: number,
): Promise<Authenticator> {
  const begun = await call({ url: '/users/me/factors/totp', token: accessToken, body: { name: 'Phone' } });
  if (begun.statusCode !== 201) throw new Error(`enrolment was answered ${begun.statusCode}: ${begun.body}`);
  const { id, secret } = begun.json<{ id: string; secret: string }>();
  const confirmed = await call({
    url: `/users/me/factors/totp/${id}/confirm`,
    token: accessToken,
    body: { code: codeOf(secret, ms) },
  });
  if (confirmed.statusCode !== 200)
    throw new Error(`confirmation was answered ${confirmed.statusCode}: ${confirmed.body}`);
  const { recoveryCodes } = confirmed.json<{ recoveryCodes: string[] | null }>();
  return { id, secret, recoveryCodes, codeAt: (at) => codeOf(secret, at) };
}

const NEW_DEVICE = { tokenTransport: 'body', deviceId: null, isKnownDevice: false } as const;

/** Opens the challenge that {@link beginLogin} answers on a new device, without checking a password. */
export async function openChallenge({ app }: TestApp, { user }: Pick<Tokens, 'user'>): Promise<Challenge> {
  const [logins, users] = [
    app.get(PendingLogins, { strict: false }),
    app.get(UsersService, { strict: false }),
  ];
  return app.get(TransactionRunner, { strict: false }).run(async (tx) => {
    const owner = await users.lock(tx, user.id);
    if (!owner) throw new Error(`the account ${user.id} is gone`);
    return logins.hold(tx, owner, NEW_DEVICE, originAt(LOOPBACK));
  });
}

/** Sends the first half of a login of an account with a factor, in the body transport. */
export async function beginLogin(
  { call }: TestApp,
  email: string,
  password: string,
  request: { readonly headers?: Record<string, string>; readonly deviceToken?: string } = {},
): Promise<Challenge> {
  const { headers = {}, ...member } = request;
  const body = { email, password, tokenTransport: 'body', ...member };
  const answer = await call({ url: '/auth/login', body, headers });
  if (answer.statusCode !== 401 || answer.json().code !== 'factor_required')
    throw new Error(`login was answered ${answer.statusCode}: ${answer.body}`);
  return answer.json<{ challenge: Challenge }>().challenge;
}
