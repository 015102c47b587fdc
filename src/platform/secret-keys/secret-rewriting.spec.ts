import { expect, it } from 'vitest';
import type { SecretInUse } from '../crypto/secret-dependants.js';
import type { UsableSecrets } from '../crypto/usable-secrets.js';
import type { Dependants } from './dependants.js';
import type { SecretKeysRepository } from './secret-keys.repository.js';
import type { SecretReport } from './secret-report.js';
import { SecretRewriting } from './secret-rewriting.js';

it('A run rewrites one batch, and the secret is released by the run that finds no more', async () => {
  const old = { variable: 'JWT_SECRET_KEY', keyId: '0123456789abcdef', isSettled: true } as SecretInUse;
  const batches = [true, true, false];
  const done: string[] = [];
  const rewrite = async () => {
    done.push('batch');
    return batches.shift() ?? false;
  };
  const report = { releaseIfUnused: async () => done.push('released') > 0 };
  const rewriting = new SecretRewriting(
    { inUse: async () => [old] } as unknown as SecretKeysRepository,
    { of: () => [{ rewrite }, {}] } as unknown as Dependants,
    report as unknown as SecretReport,
    { assertUsable: async () => undefined } as unknown as UsableSecrets,
  );
  expect(await rewriting.run()).toBe(true);
  expect(done).toEqual(['batch']);
  expect(await rewriting.run()).toBe(true);
  expect(await rewriting.run()).toBe(false);
  expect(done).toEqual(['batch', 'batch', 'batch', 'released']);
});
