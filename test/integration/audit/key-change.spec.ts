import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { PartitionDrop } from '../../../src/audit/partition-drop.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';

const FORMER = 'a master secret of this test, thirty-two bytes or more';
const CURRENT = 'another master secret of this test, thirty-two bytes';

describe('The trail during a change of the master secret', () => {
  let trail: Trail;
  beforeEach(async () => {
    trail = await startTrail({ settings: { JWT_SECRET_KEY: FORMER } });
    await trail.grow(1);
  });
  afterEach(() => trail.stop());

  /** Another instance of the same database, with the current secret and perhaps the former one. */
  const instance = async (previous: string[]) => {
    const settings = { JWT_SECRET_KEY: CURRENT, JWT_SECRET_KEY_PREVIOUS: previous };
    const other = await startTrail({ database: trail.database, settings });
    onTestFinished(() => other.stop());
    return other;
  };
  /** An instance that knows that none makes anything with the former secret any more. */
  const settled = async () => {
    const other = await instance([FORMER]);
    const master = other.module.get(MasterKey);
    master.makeWith(master.ids[0]!);
    master.settle([trail.module.get(MasterKey).id]);
    return other;
  };

  it('keeps the key while entries of the former wait, also in the seal that records a dropped month', async () => {
    await trail.record(1);
    const next = await settled();
    await next.module.get(PartitionDrop).drop('audit_calls', '2020-01');
    await next.grow(1);
    expect((await next.verification.verify()).firstFault).toBeNull();
    await next.grow(1);
    const last = await instance([]);
    expect(await last.verification.verify()).toMatchObject({ intact: true, firstFault: null });
  });
});
