import crypto, { randomUUID } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type OwnEntry, OwnTrail } from '../../../src/audit/own-trail/own-trail.js';
import { SealTrust } from '../../../src/audit/seals/seal-trust.js';
import { CREATED, startTrail, type Trail } from '../../support/audit/trail.js';
import { mostBetweenPauses } from '../../support/event-loop/most-between-pauses.js';

/** The members of a seal, with the prefix of a leaf. */
const LEAF_BYTES = 49;

/** Together with a query for each, less than 5 ms of work. */
const MOST_SEALS = 5;

/** Counts the members that are hashed for the tree of a seal. */
function hashedMembers(): { count: number } {
  const hashed = { count: 0 };
  const { hash } = crypto;
  vi.spyOn(crypto, 'hash').mockImplementation((...parameters) => {
    const [, data] = parameters;
    if (Buffer.isBuffer(data) && data.length === LEAF_BYTES && data[0] === 0) hashed.count += 1;
    return hash(...parameters);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  return hashed;
}

describe('The export of the trail of one person', () => {
  const userId = randomUUID();
  let trail: Trail;
  beforeEach(async () => {
    trail = await startTrail();
  });
  afterEach(() => trail.stop());

  const record = async (entries: number) => {
    for (let n = 0; n < entries; n += 1) await trail.audit.recordAlone({ ...CREATED, userId });
  };
  const exported = async () => {
    const entries: OwnEntry[] = [];
    for await (const chunk of trail.module.get(OwnTrail).entries(userId, new Map())) entries.push(...chunk);
    return entries;
  };

  it('hashes each member of a seal once, however many of its entries are about the person', async () => {
    await trail.record(50);
    await record(250);
    await trail.sealed();
    const hashed = hashedMembers();
    const entries = await exported();
    expect(entries.map(({ inclusion }) => inclusion?.index).sort((a, b) => a! - b!)).toEqual(
      Array.from({ length: 250 }, (_, n) => n + 50),
    );
    expect(hashed.count).toBe(300);
  });

  it('lets requests proceed after few seals', { timeout: 60_000 }, async () => {
    for (let n = 0; n < 20; n += 1) {
      await record(1);
      await trail.sealed();
    }
    const { most, all } = await mostBetweenPauses(trail.module.get(SealTrust), 'recognises', exported);
    expect(all).toBe(20);
    expect(most).toBeLessThanOrEqual(MOST_SEALS);
  });
});
