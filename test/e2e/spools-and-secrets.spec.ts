import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditRepository } from '../../src/audit/audit.repository.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { EntryFactory } from '../../src/audit/entry/entry-factory.js';
import { EntrySigner } from '../../src/audit/entry/entry-signer.js';
import { Salts } from '../../src/audit/entry/salts.js';
import { SealingRound } from '../../src/audit/seals/sealing-round.js';
import { SpoolDrain } from '../../src/audit/spool/spool-drain.js';
import { TallyWriter } from '../../src/audit/spool/tally.js';
import { AuditVerification } from '../../src/audit/verification/audit-verification.js';
import { keyIdOf } from '../../src/platform/crypto/key-id.js';
import { MasterKey } from '../../src/platform/crypto/master-key.js';
import { SystemRandomness } from '../../src/platform/crypto/randomness.js';
import { UuidV7 } from '../../src/platform/crypto/uuid.js';
import { SecretAnnouncer } from '../../src/platform/secret-keys/secret-announcer.js';
import { SecretReport } from '../../src/platform/secret-keys/secret-report.js';
import { SecretRewriting } from '../../src/platform/secret-keys/secret-rewriting.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { signUp } from '../support/app/accounts.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { CALL, REFUSED } from '../support/audit/trail.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres/fresh-database.js';
import { ManualClock } from '../support/time/manual-clock.js';

const PASSWORD_PEPPER = 'a pepper that stays the same, of thirty-two bytes or more';
const OLD_SECRET = 'the first master secret of thirty-two bytes or more';
const OLD = { PASSWORD_PEPPER, JWT_SECRET_KEY: OLD_SECRET };
const NEW = { PASSWORD_PEPPER, JWT_SECRET_KEY: 'the second master secret of thirty-two bytes or more' };
const BOTH = { ...NEW, JWT_SECRET_KEY_PREVIOUS: OLD_SECRET };
const OLD_ID = keyIdOf(OLD_SECRET);
/** The code of nobody. */
const WRONG_CODE = 'f00d'.repeat(16);

describe(
  'records that wait in a data folder during a change of the master secret',
  { timeout: 120_000 },
  () => {
    const clock = new ManualClock(Date.now() - 3_600_000);
    const oldKey = new MasterKey(OLD_SECRET);
    const signer = new EntrySigner(oldKey, new Salts(new SystemRandomness()));
    const entries = new EntryFactory(new UuidV7(clock, new SystemRandomness()));
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-spools-'));
    const spool = join(folder, 'audit-spool');
    let database: FreshDatabase;
    let app: TestApp | null = null;
    let segments = 0;

    beforeAll(async () => {
      database = await freshDatabase();
      mkdirSync(spool, { recursive: true });
    });
    afterAll(async () => {
      await app?.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    });

    const restart = async (variables: Record<string, string>) => {
      await app?.close();
      app = null;
      app = await startApp({ database, clock, variables: { ...variables, DATA_DIR: folder } });
    };
    const get = <T>(service: abstract new (...args: never[]) => T) =>
      app!.app.get<T>(service, { strict: false });
    const drained = async () => {
      clock.advance(6000);
      await get(SpoolDrain).run();
      await get(SealingRound).run();
    };
    const verified = async () => {
      await drained();
      return get(AuditVerification).verify();
    };
    const countOf = async (id: string) =>
      (
        await asSuperuser(
          database,
          `SELECT FROM audit_events WHERE id = '${id}' UNION ALL SELECT FROM audit_calls WHERE id = '${id}'`,
        )
      ).length;

    /** Leaves a segment behind, as an instance that was killed; returns its path. */
    const leaveBehind = (key: MasterKey, lines: readonly string[]): string => {
      segments += 1;
      const owner = `elsewhere~1~0000000${segments}`;
      const path = join(spool, `${owner}~00000001.ndjson`);
      const text = lines.map((line) => `${line}\n`).join('');
      appendFileSync(path, text);
      const tally = new TallyWriter(path, key, { owner, first: 0 });
      tally.add(lines.length, Buffer.from(text));
      tally.close();
      return path;
    };

    it('get a code of the new secret, so that the trail is intact without the old one', async () => {
      await restart(OLD);
      await signUp(app!);
      expect((await verified()).intact).toBe(true);
      await restart(BOTH);
      clock.advance(61_000);
      expect(await get(SecretAnnouncer).announce()).toEqual([]);
      // An open transaction of somebody else can keep an entry from being sealed until after the change.
      await get(AuditRepository).insert([signer.json(entries.event(REFUSED))]);
      for (let seals = 1; seals <= 2; seals += 1) {
        await get(SecretRewriting).run();
        await drained();
      }

      const call = entries.call(CALL);
      const event = entries.event(REFUSED);
      const refused = entries.event(REFUSED);
      leaveBehind(oldKey, [signer.row(call), signer.json(event)]);
      leaveBehind(oldKey, [signer.row(entries.call(CALL)), signer.row(entries.call(CALL))]);
      appendFileSync(join(spool, 'rejected.ndjson'), `${signer.json(refused)}\n`);
      clock.advance(3_600_000);
      expect((await verified()).intact).toBe(true);
      expect([await countOf(call.id), await countOf(event.id), await countOf(refused.id)]).toEqual([1, 1, 1]);

      expect(await get(SecretReport).forget(OLD_ID, async () => undefined)).toBe('forgotten');
      await restart(NEW);
      expect(await verified()).toMatchObject({ intact: true, firstFault: null });
    });

    it('are set aside if their secret is not known, until an instance knows it again', async () => {
      const late = entries.call(CALL);
      const refused = entries.event(REFUSED);
      const segment = leaveBehind(oldKey, [signer.row(late)]);
      const quarantined = { ...(JSON.parse(signer.json(refused)) as object), madeWith: OLD_ID };
      appendFileSync(join(spool, 'rejected.ndjson'), `${JSON.stringify(quarantined)}\n`);
      clock.advance(3_600_000);
      expect((await verified()).intact).toBe(true);
      expect(existsSync(segment)).toBe(true);
      expect(get(AuditService).lostRecords).toBe(0);
      expect([await countOf(late.id), await countOf(refused.id)]).toEqual([0, 0]);

      await restart(BOTH);
      await drained();
      expect([await countOf(late.id), await countOf(refused.id)]).toEqual([1, 1]);
      await restart(NEW);
      expect((await verified()).intact).toBe(true);
    });

    it('stay visible as forged if somebody else wrote them', async () => {
      await restart(BOTH);
      const forged = entries.call(CALL);
      const row = signer.row(forged);
      const mac = row.split('\t')[14]!;
      leaveBehind(oldKey, [row.replace(mac, String.raw`\\x${WRONG_CODE}`)]);
      expect(await verified()).toMatchObject({
        intact: false,
        firstFault: { id: forged.id, kind: 'forged' },
      });
    });
  },
);
