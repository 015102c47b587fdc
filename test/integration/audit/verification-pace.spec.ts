import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EntrySigner } from '../../../src/audit/entry/entry-signer.js';
import { SealTrust } from '../../../src/audit/seals/seal-trust.js';
import { SharedVerification } from '../../../src/audit/verification/shared-verification.js';
import { CALL, startTrail, type Trail } from '../../support/audit/trail.js';
import { mostInATurn } from '../../support/event-loop/most-in-a-turn.js';

/** Less than 5 ms of work. */
const MOST_IN_A_TURN = 300;

describe('the verification of a service that answers requests', () => {
  let trail: Trail;
  beforeEach(async () => {
    trail = await startTrail();
  });
  afterEach(() => trail.stop());

  it.each([
    ['at its interval', () => trail.verification.verifyNew()],
    ['on request', () => trail.module.get(SharedVerification).verify({})],
  ])('lets them proceed after few entries of a large seal: %s', async (_when, verify) => {
    for (let n = 0; n < 2500; n += 1) trail.audit.recordCall(CALL);
    await trail.drained();
    await trail.sealed();
    const { most, all } = await mostInATurn(trail.module.get(EntrySigner), 'madeWith', verify);
    expect(all).toBeGreaterThanOrEqual(2500);
    expect(most).toBeLessThanOrEqual(MOST_IN_A_TURN);
  });

  it('lets them proceed after few small seals', { timeout: 60_000 }, async () => {
    for (let n = 0; n < 120; n += 1) await trail.grow(1);
    const { most, all } = await mostInATurn(trail.module.get(SealTrust), 'isGenuine', () =>
      trail.verification.verifyNew(),
    );
    expect(all).toBeGreaterThanOrEqual(120);
    expect(most).toBeLessThanOrEqual(MOST_IN_A_TURN / 6);
  });
});
