import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Environment } from '../../../src/platform/config/environment.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { RetentionClock } from '../../../src/platform/database/retention-clock.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { MailBounds } from '../../../src/platform/mail/mail-bounds.js';
import { MailBoundsRepository } from '../../../src/platform/mail/mail-bounds.repository.js';
import type { MailKind } from '../../../src/platform/mail/mail-kinds.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const KEY = new MasterKey('the master secret of this spec, thirty-two bytes or more');
const MINUTE_MS = 60_000;

describe('MailBounds', () => {
  const clock = new ManualClock();
  let database: FreshDatabase;
  let dataSource: DataSource;
  let transactions: TransactionRunner;
  let bounds: MailBounds;
  beforeAll(async () => {
    database = await freshDatabase();
    dataSource = await new DataSource(dataSourceOptions(database.settings, 'service')).initialize();
    transactions = new TransactionRunner(dataSource);
    bounds = new MailBounds(
      new MailBoundsRepository(dataSource),
      KEY,
      clock,
      new Environment(),
      new RetentionClock(dataSource, clock),
    );
  });
  afterEach(() => dataSource.query('DELETE FROM mail_bounds'));
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const admit = (to: string, kind: MailKind = 'verification') =>
    transactions.run((tx) => bounds.admit(tx, kind, to));

  async function inTurn(addresses: readonly string[]): Promise<boolean[]> {
    const admitted: boolean[] = [];
    for (const address of addresses) admitted.push(await admit(address));
    return admitted;
  }

  it('admits three mails of a kind to a mailbox, whatever its tags', async () => {
    expect(
      await inTurn([
        'victim@example.org',
        'victim+t0@example.org',
        'victim+t1@example.org',
        'victim@example.org',
      ]),
    ).toEqual([true, true, true, false]);
    expect(await admit('victim@example.org', 'registration_taken')).toBe(true);
    expect(await admit('other@example.org')).toBe(true);
  });

  it('counts apart what each account asks for, whatever the tags', async () => {
    const ask = (to: string, by: string | null) =>
      transactions.run((tx) => bounds.admit(tx, 'address_change', to, by));
    for (const by of ['one', 'other', null]) {
      const admitted = [];
      for (const tag of ['', '+1', '+2', '+3']) admitted.push(await ask(`victim${tag}@example.org`, by));
      expect(admitted).toEqual([true, true, true, false]);
    }
  });

  it('admits another one as soon as the first is an hour old', async () => {
    for (const minutes of [0, 10, 10]) {
      clock.advance(minutes * MINUTE_MS);
      expect(await admit('ada@example.org')).toBe(true);
    }
    clock.advance(39 * MINUTE_MS);
    expect(await admit('ada@example.org')).toBe(false);
    clock.advance(MINUTE_MS);
    expect(await inTurn(['ada@example.org', 'ada@example.org'])).toEqual([true, false]);
  });

  it('admits exactly three of sixteen at once', async () => {
    const admitted = await Promise.all(Array.from({ length: 16 }, () => admit('ada@example.org')));
    expect(admitted.filter(Boolean)).toHaveLength(3);
  });

  it('does not count a mail whose transaction is rolled back', async () => {
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const undone = transactions.run(async (tx) => {
        expect(await bounds.admit(tx, 'verification', 'ada@example.org')).toBe(true);
        throw new Error('undo');
      });
      await expect(undone).rejects.toThrow('undo');
    }
  });

  it('stores no address', async () => {
    await admit('ada@example.org');
    expect(JSON.stringify(await dataSource.query('SELECT * FROM mail_bounds'))).not.toContain('ada');
  });

  it('forgets what bounds nothing any more', async () => {
    await admit('ada@example.org');
    clock.advance(59 * MINUTE_MS);
    await admit('eve@example.org');
    clock.advance(MINUTE_MS);
    expect(await bounds.purge()).toBe(false);
    expect(await dataSource.query('SELECT count(*)::int AS left FROM mail_bounds')).toEqual([{ left: 1 }]);
  });
});
