import { expect, it } from 'vitest';
import type { ServiceAccountKeys } from '../../machines/accounts/service-account-keys.js';
import type { ServiceAccounts } from '../../machines/accounts/service-accounts.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { AdminKey } from './admin-key.js';
import type { EveryScope } from './every-scope.js';
import { StartLine } from './start-line.js';

/** Returns what fails the first time, as PostgreSQL does on a machine that is busy with the start. */
function slowAtFirst<T>(result: T): () => Promise<T> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls > 1) return result;
    const cause = new Error('timeout exceeded when trying to connect');
    throw new Problem(PlatformErrors.dependency_unavailable, { cause });
  };
}

it('The key of tests is made although PostgreSQL does not answer in time at first', async () => {
  const line = new StartLine();
  const made = new AdminKey(
    { create: slowAtFirst({ id: 'account' }) } as unknown as ServiceAccounts,
    { create: slowAtFirst({ key: { id: 'key' }, text: 'pk_text' }) } as unknown as ServiceAccountKeys,
    { all: ['audit:read'] } as unknown as EveryScope,
    line,
  );
  await made.onApplicationBootstrap();
  expect(line.adminKey).toBe('pk_text');
  expect(made.original).toEqual({ account: { id: 'account' }, key: { id: 'key' } });
});
