import { expect, it, onTestFinished, vi } from 'vitest';
import { createVerifier } from '../../../packages/verify/src/index.js';
import { KeyLookUpRepository } from '../../../src/machines/keys/key-look-up.repository.js';
import { newKey } from '../../../src/machines/keys/key-format.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { PlatformErrors } from '../../../src/platform/errors/platform.errors.js';
import { Problem } from '../../../src/platform/errors/problem.js';
import { ServiceAccountsOf } from '../../support/app/service-accounts.js';
import { startApp } from '../../support/app/test-app.js';

/** How soon after the return of PostgreSQL everything works again, milliseconds. */
const WITHIN_MS = 5000;

it('@portcullis/verify accepts keys again soon after an outage, however many it was asked about meanwhile', async () => {
  const app = await startApp({
    listen: true,
    variables: { RATE_LIMIT_KEY: '100/60', RATE_LIMIT_ADDRESS: '1000/60' },
  });
  onTestFinished(() => app.close());
  const accounts = await ServiceAccountsOf.of(app);
  const api = await accounts.create('revocations:read', 'tokens:introspect');
  const machine = await accounts.create('orders:read');
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = app.environment;
  const lookUp = vi.spyOn(app.app.get(KeyLookUpRepository, { strict: false }), 'findByDigest');
  onTestFinished(() => lookUp.mockRestore());
  lookUp.mockRejectedValue(new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 1 }));
  const verifier = createVerifier({
    issuer,
    audience,
    url: app.url,
    revocations: { key: api.key, whenStale: 'ask' },
  });
  onTestFinished(() => verifier.close());
  const codeOf = async (key: string) =>
    verifier.verify(key).then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );

  const randomness = new SystemRandomness();
  for (let asked = 0; asked < 120; asked += 1)
    expect(await codeOf(newKey('user', randomness))).toBe('verification_unavailable');
  lookUp.mockReset();
  await expect.poll(() => codeOf(machine.key), { timeout: WITHIN_MS, interval: 50 }).toBe('accepted');
});
