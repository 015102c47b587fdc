import { asSuperuser } from './as-superuser.js';
import { insist } from './insist.js';
import type { TestApp } from './test-app.js';

/** As short as the policy allows, because longer passwords take longer to judge. */
export const PASSWORD = 'otters hum at 4';

/** The response to a login in the body transport. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly deviceToken: string;
  readonly expiresIn: number;
  readonly refreshExpiresIn: number;
  readonly user: { readonly id: string; readonly email: string };
  readonly session: { readonly id: string; readonly createdAt: string; readonly expiresAt: string };
}

let count = 0;

/** An address that no other test of this process uses. */
export function newAddress(): string {
  return `person-${process.pid}-${(count += 1)}@example.com`;
}

export async function register(
  { call }: TestApp,
  email = newAddress(),
  password = PASSWORD,
): Promise<string> {
  const answer = await insist(() => call({ url: '/auth/register', body: { email, password } }));
  if (answer.statusCode !== 201)
    throw new Error(`registration was answered ${answer.statusCode}: ${answer.body}`);
  return email;
}

/** Signs in with the body transport; throws if the login is refused. */
export async function logIn({ call }: TestApp, email: string, password = PASSWORD): Promise<Tokens> {
  const answer = await insist(() =>
    call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' } }),
  );
  if (answer.statusCode !== 200) throw new Error(`login was answered ${answer.statusCode}: ${answer.body}`);
  return answer.json<Tokens>();
}

/** Creates an account and signs in. */
export async function signUp(app: TestApp): Promise<Tokens> {
  return logIn(app, await register(app));
}

/** Creates an account with a verified address and signs in. */
export async function signUpVerified(app: TestApp): Promise<Tokens> {
  const tokens = await signUp(app);
  await asSuperuser(app.database, 'UPDATE users SET email_verified = true WHERE id = $1', [tokens.user.id]);
  return tokens;
}
