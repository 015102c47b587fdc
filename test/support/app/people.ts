import type { FastifyReply } from 'fastify';
import { PasswordCredentials } from '../../../src/auth/credentials/passwords/password-credentials.js';
import { PasswordHasher } from '../../../src/auth/credentials/passwords/password-hasher.js';
import { AuditService } from '../../../src/audit/audit.service.js';
import type { Role } from '../../../src/platform/access/principal.js';
import { type Transaction, TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { Problem } from '../../../src/platform/errors/problem.js';
import { networkOf } from '../../../src/platform/http/client-ip/ip-address.js';
import type { Origin } from '../../../src/platform/http/origin.js';
import type { IssuedSession } from '../../../src/sessions/issued-session.js';
import { SessionIssuer } from '../../../src/sessions/issuing/session-issuer.js';
import { TokenResponse } from '../../../src/sessions/tokens/token-response.js';
import type { User } from '../../../src/users/user.entity.js';
import { UsersService } from '../../../src/users/users.service.js';
import { newAddress, PASSWORD, type Tokens } from './accounts.js';
import type { TestApp } from './test-app.js';

/** The origin of an injected request, because sessions are bound to it and listed with it. */
export const originAt = (address: string): Origin => ({
  requestId: 'people-of-tests',
  ip: address,
  network: networkOf(address),
  userAgent: 'lightMyRequest',
});

export const LOOPBACK = '127.0.0.1';

/** A password that nobody had to guess. */
const PROOF = {
  method: 'pwd',
  attempt: {
    failures: 0,
    isLast: false,
    succeeded: () => Promise.resolve(0),
    refund: () => Promise.resolve(),
  },
  stillHolds: () => Promise.resolve(true),
} as const;

/** How often work is tried that waits too long for a connection, as a busy machine makes it. */
const TRIES = 5;

/** The account to create. */
export interface WantedAccount {
  /** One that no other test uses by default. */
  readonly email?: string;
  readonly roles?: readonly Role[];
  /** Whether the address is verified; false by default. */
  readonly verified?: boolean;
  /** The address of the client. */
  readonly from?: string;
}

/**
 * Creates an account with {@link PASSWORD} and returns its address. It takes a fifth of the processor time of `register`,
 * because nothing is judged, hashed or mailed and no request is recorded: for specs that are not about registration.
 */
export async function createAccount(app: TestApp, wanted: WantedAccount = {}): Promise<string> {
  const hash = await passwordHash(app);
  const { email } = await inTransaction(app, (tx) => insert(app, tx, wanted, hash));
  return email;
}

/**
 * Opens a session of an account as the right password does on a known device, without checking one: no notice is sent, and the
 * counts of guesses stay as they are. Throws the problem of a condition that the account does not meet.
 */
export async function openSession(app: TestApp, email: string): Promise<Tokens> {
  return tokensOf(
    app,
    await inTransaction(app, async (tx) => {
      const user = await app.app.get(UsersService, { strict: false }).lockByEmail(tx, email);
      if (!user) throw new Error(`no account has the address ${email}`);
      return issue(app, tx, user);
    }),
  );
}

/** Does what {@link createAccount} and {@link openSession} do, in one transaction. */
export async function createPerson(app: TestApp, wanted: WantedAccount = {}): Promise<Tokens> {
  const hash = await passwordHash(app);
  return tokensOf(
    app,
    await inTransaction(app, async (tx) => issue(app, tx, await insert(app, tx, wanted, hash), wanted.from)),
  );
}

const hashes = new WeakMap<object, Promise<string>>();

/** Hashed once per application, each of which may have its own pepper. */
function passwordHash({ app }: TestApp): Promise<string> {
  const hash = hashes.get(app) ?? app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
  hashes.set(app, hash);
  return hash;
}

async function insert(
  { app }: TestApp,
  tx: Transaction,
  { email = newAddress(), roles = [], verified = false, from = LOOPBACK }: WantedAccount,
  hash: string,
): Promise<User> {
  const account = {
    email,
    displayName: null,
    roles: ['user' as const, ...roles],
    locale: 'en' as const,
    emailVerified: verified,
  };
  const user = await app.get(UsersService, { strict: false }).create(tx, account, originAt(from));
  await app.get(PasswordCredentials, { strict: false }).set(tx, user.id, hash);
  return user;
}

async function issue({ app }: TestApp, tx: Transaction, user: User, from = LOOPBACK): Promise<IssuedSession> {
  const request = {
    userId: user.id,
    proofs: [PROOF] as const,
    deviceId: null,
    isKnownDevice: true,
    emailDigest: app.get(AuditService, { strict: false }).emailDigest(user.email),
  };
  const outcome = await app.get(SessionIssuer, { strict: false }).issue(tx, request, originAt(from));
  if (outcome.kind === 'issued') return outcome.issued;
  throw outcome.kind === 'unmet' ? new Problem(outcome.problem) : new Error(`${user.email} cannot sign in`);
}

/** The tokens as the login answers them in the body transport, which leaves the reply alone. */
async function tokensOf({ app }: TestApp, issued: IssuedSession): Promise<Tokens> {
  const reply = {} as FastifyReply;
  return (await app.get(TokenResponse, { strict: false }).send(issued, 'body', reply)) as Tokens;
}

async function inTransaction<T>(
  { app }: TestApp,
  work: (tx: Transaction) => Promise<T>,
  triesLeft = TRIES,
): Promise<T> {
  try {
    return await app.get(TransactionRunner, { strict: false }).run(work);
  } catch (error) {
    if (triesLeft <= 1 || !(error instanceof Problem) || error.row.status !== 503) throw error;
    return inTransaction({ app } as TestApp, work, triesLeft - 1);
  }
}
