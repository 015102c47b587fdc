import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EntrySigner } from '../../../src/audit/entry/entry-signer.js';
import { SealTrust } from '../../../src/audit/seals/seal-trust.js';
import { SharedVerification } from '../../../src/audit/verification/shared-verification.js';
import { CALL, startTrail, type Trail } from '../../support/audit/trail.js';

/** Less than 5 ms of work. */
const MOST_IN_A_TURN = 300;

/** Returns the most calls of a method in one turn of the event loop, during which nothing else can proceed. */
async function mostInATurn<T extends object>(
  target: T,
  method: keyof T,
  work: () => Promise<unknown>,
): Promise<{ most: number; all: number }> {
  const original = target[method] as (...parameters: unknown[]) => unknown;
  let [inTurn, most, all] = [0, 0, 0];
  const endTurn = () => {
    most = Math.max(most, inTurn);
    inTurn = 0;
    next = setImmediate(endTurn);
  };
  let next = setImmediate(endTurn);
  Object.assign(target, {
    [method]: (...parameters: unknown[]) => {
      inTurn += 1;
      all += 1;
      return original.apply(target, parameters);
    },
  });
  await work();
  clearImmediate(next);
  return { most: Math.max(most, inTurn), all };
}

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
