import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SealingRound } from '../../src/audit/seals/sealing-round.js';
import { SpoolDrain } from '../../src/audit/spool/spool-drain.js';
import { AuditVerification } from '../../src/audit/verification/audit-verification.js';
import { keyIdOf } from '../../src/platform/crypto/key-id.js';
import { MasterKey } from '../../src/platform/crypto/master-key.js';
import { UsableSecrets } from '../../src/platform/crypto/usable-secrets.js';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { PlatformErrors } from '../../src/platform/errors/platform.errors.js';
import { AnnouncementTransactions } from '../../src/platform/secret-keys/announcement-transactions.js';
import { SecretAnnouncer } from '../../src/platform/secret-keys/secret-announcer.js';
import { SecretRewriting } from '../../src/platform/secret-keys/secret-rewriting.js';
import { KeyRing } from '../../src/sessions/keys/key-ring.js';
import { PASSWORD, signUp, type Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres/fresh-database.js';
import { ManualClock } from '../support/time/manual-clock.js';

const PASSWORD_PEPPER = 'a pepper that stays the same, of thirty-two bytes or more';
const OLD_SECRET = 'the first master secret of thirty-two bytes or more';
const OLD = { PASSWORD_PEPPER, JWT_SECRET_KEY: OLD_SECRET };
const NEW_SECRET = 'the second master secret of thirty-two bytes or more';
const BOTH = { PASSWORD_PEPPER, JWT_SECRET_KEY: NEW_SECRET, JWT_SECRET_KEY_PREVIOUS: OLD_SECRET };
const NEW_ID = keyIdOf(NEW_SECRET);
const UNAVAILABLE = { row: PlatformErrors.dependency_unavailable };

describe(
  'an instance that was suspended while the others changed the master secret',
  { timeout: 60_000 },
  () => {
    const startedMs = Date.now() - 3_600_000;
    /** The clock of the suspended instance stands still until it wakes. */
    const clocks = { first: new ManualClock(startedMs), second: new ManualClock(startedMs) };
    let database: FreshDatabase;
    let first: TestApp;
    let second: TestApp;
    let ada: Tokens;
    const faults: string[] = [];

    const get = <T>({ app }: TestApp, service: abstract new (...args: never[]) => T) =>
      app.get<T>(service, { strict: false });
    const announce = async (app: TestApp) => expect(await get(app, SecretAnnouncer).announce()).toEqual([]);
    const sealed = async (app: TestApp) => {
      await get(app, SpoolDrain).run();
      await get(app, SealingRound).run();
    };
    const readiness = async (app: TestApp) => (await app.call({ url: '/health/ready' })).statusCode;

    beforeAll(async () => {
      database = await freshDatabase();
      first = await startApp({ database, clock: clocks.first, variables: OLD });
      second = await startApp({ database, clock: clocks.second, variables: BOTH });
      ada = await signUp(first);
      await sealed(first);
      get(first, SecretAnnouncer).lacking.subscribe((fault) => faults.push(...fault.faults));

      clocks.second.advance(61_000);
      await announce(second);
      clocks.second.advance(1000);
      await announce(second);
      await get(second, SecretRewriting).run();
      await sealed(second);
      await signUp(second);
      await sealed(second);
    });
    afterAll(async () => {
      await first.close();
      await second.close();
      await database.drop();
    });

    it('declares nothing forged, even if no time seems to have passed', async () => {
      expect(get(second, MasterKey).id).toBe(NEW_ID);
      await expect(get(first, SealingRound).run()).rejects.toMatchObject(UNAVAILABLE);
      await expect(get(first, KeyRing).refresh()).rejects.toMatchObject(UNAVAILABLE);
      await expect(get(first, AuditVerification).verify()).rejects.toMatchObject(UNAVAILABLE);
      expect(get(first, KeyRing).publicKeys()).toHaveLength(1);
    });

    it('makes no values, is not ready, and says what it lacks', async () => {
      clocks.first.advance(62_000);
      expect(await readiness(first)).toBe(503);
      const body = { email: ada.user.email, password: PASSWORD };
      const refused = await first.call({ url: '/auth/login', body });
      expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([
        503,
        'dependency_unavailable',
      ]);
      const drained = get(first, SpoolDrain).run();
      await expect(drained).rejects.toMatchObject(UNAVAILABLE);
      expect(faults).toContainEqual(expect.stringContaining(NEW_ID));
      expect((await second.call({ url: '/auth/login', body })).statusCode).toBe(200);
    });

    it('leaves the trail intact, without a second seal of any number and without an alert', async () => {
      await sealed(second);
      expect(await get(second, AuditVerification).verify()).toMatchObject({ intact: true, firstFault: null });
      expect(
        await asSuperuser(database, 'SELECT number FROM audit_seals GROUP BY number HAVING count(*) > 1'),
      ).toEqual([]);
      const rejected = `SELECT type FROM audit_events WHERE type = 'signing_key_rejected'`;
      expect(await asSuperuser(database, rejected)).toEqual([]);
      const alerts = `SELECT rule FROM monitoring_alert WHERE severity = 'critical'`;
      expect(await asSuperuser(database, alerts)).toEqual([]);
    });

    it('announces outside the pool, all of whose connections may wait for it', async () => {
      clocks.second.advance(61_000);
      const { DATABASE_POOL_SIZE: size } = second.environment;
      const allOpen = Promise.withResolvers<void>();
      let open = 0;
      const change = async () => {
        if (++open === size) allOpen.resolve();
        await allOpen.promise;
        await get(second, UsableSecrets).assertUsable();
      };
      const changes = Array.from({ length: size }, () => get(second, TransactionRunner).run(change));
      await expect(Promise.all(changes)).resolves.toHaveLength(size);
    });

    it.each(['run', 'runApart'] as const)(
      'announces in a transaction that the server ends after 5 s of silence, because others wait for it (%s)',
      async (run) => {
        const announcements = get(second, AnnouncementTransactions);
        const limit = await announcements[run]((tx) => tx.query('SHOW idle_in_transaction_session_timeout'));
        expect(limit).toEqual([{ idle_in_transaction_session_timeout: '5s' }]);
      },
    );

    it('is not ready until an announcement that is due has succeeded', async () => {
      clocks.second.advance(61_000);
      expect(await readiness(second)).toBe(503);
      await announce(second);
      expect(await readiness(second)).toBe(200);
    });
  },
);
