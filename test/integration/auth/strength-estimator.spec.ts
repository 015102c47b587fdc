import { expect, it } from 'vitest';
import { StrengthEstimator } from '../../../src/auth/credentials/passwords/strength-estimator.js';
import { startApp } from '../../support/app/test-app.js';

it('The thread that evaluates passwords ends with the service', async () => {
  const app = await startApp();
  const estimator = app.app.get(StrengthEstimator, { strict: false });
  // Each takes milliseconds, so most are still waiting when the service has closed.
  const text = 'wovenglassotter'.repeat(10);
  const evaluations = Array.from({ length: 90 }, () => estimator.estimate(text, []));
  const outcomes = Promise.allSettled(evaluations);
  await app.close();
  expect((await outcomes).at(-1)).toMatchObject({
    status: 'rejected',
    reason: { message: 'The thread that evaluates passwords has ended' },
  });
});
