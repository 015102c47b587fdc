import { PasswordChange } from '../../../src/auth/credentials/passwords/password-change.js';
import { type Transaction, TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { UsersService } from '../../../src/users/users.service.js';
import type { TestApp } from './test-app.js';

/** Replaces the password of an account by one that is already hashed, with all that follows from it. */
export async function setPassword({ app }: Pick<TestApp, 'app'>, email: string, hash: string): Promise<void> {
  await app.get(TransactionRunner, { strict: false }).run((tx) => setPasswordIn(tx, { app }, email, hash));
}

/** Does what {@link setPassword} does, in a transaction of the caller. */
export async function setPasswordIn(
  tx: Transaction,
  { app }: Pick<TestApp, 'app'>,
  email: string,
  hash: string,
): Promise<void> {
  const user = await app.get(UsersService, { strict: false }).lockByEmail(tx, email);
  if (!user) throw new Error(`no account has the address ${email}`);
  const passwords = app.get(PasswordChange, { strict: false });
  await passwords.replace(tx, user, { hash, by: 'change' }, internalOrigin('test'));
}
