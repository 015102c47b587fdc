import { AccountAdministration } from '../../../src/admin/account-administration.js';
import type { Role } from '../../../src/platform/access/principal.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { logIn, register, type Tokens } from './accounts.js';
import type { TestApp } from './test-app.js';

/** Creates an account with these roles and signs in. */
export async function signUpWithRoles(app: TestApp, ...roles: Role[]): Promise<Tokens> {
  const email = await register(app);
  await app.app
    .get(AccountAdministration, { strict: false })
    .setRoles(email, ['user', ...roles], internalOrigin('operator'));
  return logIn(app, email);
}
