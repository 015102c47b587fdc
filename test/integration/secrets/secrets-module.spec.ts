import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClockModule } from '../../../src/platform/clock/clock.module.js';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import { ConfigModule } from '../../../src/platform/config/config.module.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { CryptoModule } from '../../../src/platform/crypto/crypto.module.js';
import { DatabaseModule } from '../../../src/platform/database/database.module.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { SecretPurposes } from '../../../src/platform/secrets/secret-purposes.js';
import { SecretsModule } from '../../../src/platform/secrets/secrets.module.js';
import { SingleUseSecrets } from '../../../src/platform/secrets/single-use-secrets.js';
import { freshDatabase, type FreshDatabase } from '../../support/postgres/fresh-database.js';

@Injectable()
class Owner {
  readonly purpose;

  constructor(purposes: SecretPurposes) {
    this.purpose = purposes.register('invitation');
  }
}

@Injectable()
class User {
  constructor(purposes: SecretPurposes) {
    purposes.use('invitation');
  }
}

describe('SecretsModule', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  const assemble = async (...providers: (new (purposes: SecretPurposes) => object)[]) => {
    const environment = Object.assign(new Environment(), database.settings, {
      JWT_SECRET_KEY: 'the master secret of this test, long enough',
    });
    const imports = [
      ConfigModule.with(environment),
      ClockModule.with(new SystemClock()),
      CryptoModule,
      DatabaseModule,
      SecretsModule,
    ];
    return Test.createTestingModule({ imports, providers }).compile();
  };

  it('lets the owners of purposes issue and spend their secrets', async () => {
    const app = await assemble(User, Owner);
    await app.init();
    const [secrets, { purpose }] = [app.get(SingleUseSecrets, { strict: false }), app.get(Owner)];
    await app.get(TransactionRunner, { strict: false }).run(async (tx) => {
      const bound = { purpose, subject: randomUUID(), emailDigest: null, fingerprint: null, context: null };
      const { token } = await secrets.issue(tx, {
        ...bound,
        payload: null,
        lifetimeMs: 1000,
        replaces: true,
      });
      expect((await secrets.spend(tx, { purpose, token, context: null }))?.subject).toBe(bound.subject);
    });
    await app.close();
  });

  it('does not start with a purpose that has no owner', async () => {
    const app = await assemble(User);
    await expect(app.init()).rejects.toThrow('without an owner: invitation');
    await app.close();
  });
});
