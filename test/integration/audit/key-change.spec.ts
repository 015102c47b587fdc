import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { OwnTrail } from '../../../src/audit/own-trail/own-trail.js';
import type { OwnSeal } from '../../../src/audit/own-trail/seal-inclusions.js';
import { PartitionDrop } from '../../../src/audit/partition-drop.js';
import { statementHash } from '../../../src/audit/seals/seal.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';

const FORMER = 'a master secret of this test, thirty-two bytes or more';
const CURRENT = 'another master secret of this test, thirty-two bytes';

const run = (...parameters: string[]) =>
  new Promise<[code: number, said: string]>((resolve) => {
    const verifier = execFile(
      process.execPath,
      [join('deploy', 'verify-audit-export.mjs'), '--own', ...parameters],
      (_error, stdout, stderr) => resolve([verifier.exitCode!, stdout + stderr]),
    );
  });

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

  describe('exported to the person whom it is about', () => {
    const userId = randomUUID();
    const login = async (on: Trail) => {
      await on.audit.recordAlone({
        type: 'authn_login_fail',
        outcome: 'failure',
        reason: 'wrong_password',
        userId,
        origin: ORIGIN,
        details: { account: 'digest' },
      });
      await on.sealed();
    };
    const exported = async (on: Trail) => {
      const own = on.module.get(OwnTrail);
      const seals = new Map<number, OwnSeal>();
      const entries: unknown[] = [];
      for await (const chunk of own.entries(userId, seals)) entries.push(...chunk);
      const ordered = await own.sealsInOrder(seals);
      const publicKey = await own.publicKey();
      const file = join(on.dataDir, 'own.json');
      await writeFile(file, JSON.stringify({ trail: { entries, seals: ordered, publicKey } }));
      return { file, publicKey, numbers: ordered.map(({ number }) => number) };
    };

    it('is verified with the key of any time', async () => {
      const { publicKey: former } = await exported(trail);
      await login(trail);
      const next = await settled();
      await next.grow(1);
      await login(next);
      // The change of the key is in a seal without an entry of the person.
      const { file, publicKey, numbers } = await exported(next);
      expect(numbers).toEqual([2, 3, 4]);
      expect(publicKey).not.toBe(former);
      expect(await run(file, former)).toEqual([0, '2 entries match their seals.\n']);
      expect(await run(file, publicKey)).toEqual([0, '2 entries match their seals.\n']);
    });

    it('is verified with a later key also if every entry is older, and with no other person’s', async () => {
      await login(trail);
      const next = await settled();
      await next.grow(1);
      const { file, publicKey, numbers } = await exported(next);
      expect(numbers).toEqual([2, 3]);
      expect((await run(file, publicKey))[0]).toBe(0);
      const { publicKey: foreign } = generateKeyPairSync('ed25519');
      const text = foreign.export({ format: 'der', type: 'spki' }).toString('base64');
      expect(await run(file, text)).toEqual([1, 'BROKEN: seal 2 was not signed with this key\n']);
    });

    it('proves nothing by a change to the key that nobody has signed', async () => {
      await login(trail);
      const { file, publicKey } = await exported(trail);
      const { seals } = (JSON.parse(await readFile(file, 'utf8')) as { trail: { seals: OwnSeal[] } }).trail;
      const foreign = generateKeyPairSync('ed25519');
      const from = foreign.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
      const keyChange = { from, to: publicKey, signature: '00'.repeat(64) };
      const hash = statementHash({ ...seals[0]!, keyChange, proof: seals[0]!.root });
      const signature = sign(null, Buffer.from(hash, 'hex'), foreign.privateKey).toString('hex');
      const forged = { ...seals[0]!, keyChange, hash, signature };
      await writeFile(file, JSON.stringify({ trail: { entries: [], seals: [forged] } }));
      expect(await run(file, publicKey)).toEqual([1, 'BROKEN: seal 2 was not signed with this key\n']);
    });

    it('names the key that signs at present, as long as it is the former one', async () => {
      const { publicKey: former } = await exported(trail);
      const next = await instance([FORMER]);
      await login(next);
      expect((await exported(next)).publicKey).toBe(former);
    });
  });

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
