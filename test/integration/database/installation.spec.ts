import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ConfigurationFault } from '../../../src/platform/config/configuration-fault.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { assertInstallation, assertSecretKnown } from '../../../src/platform/secret-keys/installation.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const secrets = {
  JWT_SECRET_KEY: 'the master secret of this installation, long enough',
  PASSWORD_PEPPER: 'the pepper of this installation, long enough as well',
  JWT_SECRET_KEY_PREVIOUS: [],
  PASSWORD_PEPPER_PREVIOUS: [],
};

describe('assertInstallation', () => {
  let db: FreshDatabase;
  let dataSource: DataSource;
  beforeEach(async () => {
    db = await freshDatabase();
    dataSource = await new DataSource(dataSourceOptions(db.settings, 'service')).initialize();
  });
  afterEach(async () => {
    await dataSource.destroy();
    await db.drop();
  });

  it('accepts the secrets with which the database was first used, repeatedly', async () => {
    await assertInstallation(dataSource, secrets);
    await expect(assertInstallation(dataSource, secrets)).resolves.toBeUndefined();
  });

  it.each(['JWT_SECRET_KEY', 'PASSWORD_PEPPER'] as const)(
    'rejects another %s, naming the variable but not its value',
    async (name) => {
      await assertInstallation(dataSource, secrets);
      const other = { ...secrets, [name]: 'an altogether different secret of enough length' };
      const fault = await assertInstallation(dataSource, other).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(ConfigurationFault);
      const { faults } = fault as ConfigurationFault;
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(new RegExp(`^${name} `));
      expect(faults[0]).not.toContain(other[name]);
      await assertInstallation(dataSource, secrets);
    },
  );

  it('stores nothing that reveals a secret', async () => {
    await assertInstallation(dataSource, secrets);
    const stored = await dataSource.query<object[]>('SELECT * FROM installation');
    expect(stored).toHaveLength(2);
    for (const secret of [secrets.JWT_SECRET_KEY, secrets.PASSWORD_PEPPER])
      expect(JSON.stringify(stored)).not.toContain(secret);
  });

  it('lets one of several concurrent first starts with different secrets succeed', async () => {
    const starts = Array.from({ length: 5 }, (_, index) =>
      assertInstallation(dataSource, {
        ...secrets,
        JWT_SECRET_KEY: `secret number ${index} of five, long enough`,
      }),
    );
    const outcomes = await Promise.allSettled(starts);
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });
});

describe('assertSecretKnown', () => {
  it.each([
    ['by the secrets in use', ''],
    ['before any secret was in use, by the first one', 'DELETE FROM secrets_in_use'],
  ])('rejects another secret and writes nothing: %s', async (_by, before) => {
    const db = await freshDatabase();
    onTestFinished(() => db.drop());
    const dataSource = await new DataSource(dataSourceOptions(db.settings, 'service')).initialize();
    onTestFinished(() => dataSource.destroy());
    const check = (changed: object) =>
      assertSecretKnown(dataSource, 'JWT_SECRET_KEY', { ...secrets, ...changed });
    await expect(check({})).resolves.toBeUndefined();
    await assertInstallation(dataSource, secrets);
    await dataSource.query(before);
    const role = new URL(db.url).username;
    await asSuperuser(db, `REVOKE INSERT, UPDATE, DELETE ON installation, secrets_in_use FROM ${role}`);
    const JWT_SECRET_KEY = 'an altogether different secret of enough length';

    await expect(check({})).resolves.toBeUndefined();
    await expect(check({ PASSWORD_PEPPER: JWT_SECRET_KEY })).resolves.toBeUndefined();
    await expect(
      check({ JWT_SECRET_KEY, JWT_SECRET_KEY_PREVIOUS: [secrets.JWT_SECRET_KEY] }),
    ).resolves.toBeUndefined();
    await expect(check({ JWT_SECRET_KEY })).rejects.toThrow(/^JWT_SECRET_KEY (lacks|differs)/);
  });
});
