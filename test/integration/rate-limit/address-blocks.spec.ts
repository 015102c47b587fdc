import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { AddressBlock } from '../../../src/rate-limit/blocks/address-block.entity.js';
import { AddressBlocks } from '../../../src/rate-limit/blocks/address-blocks.js';
import { AddressBlocksRepository } from '../../../src/rate-limit/blocks/address-blocks.repository.js';
import { ManualClock } from '../../support/clock/manual-clock.js';
import { freshDatabase, type FreshDatabase } from '../../support/postgres/fresh-database.js';
import { eventually } from '../../support/waiting/eventually.js';

const NETWORK = '2001:db8:1:1::/64';

describe('AddressBlocks', () => {
  const clock = new ManualClock();
  let database: FreshDatabase;
  let dataSource: DataSource;
  let transactions: TransactionRunner;
  let open: () => AddressBlocks;
  let here: AddressBlocks;
  let elsewhere: AddressBlocks;

  beforeEach(async () => {
    database = await freshDatabase();
    dataSource = await new DataSource({
      ...dataSourceOptions(database.settings, 'service'),
      entities: [AddressBlock],
    }).initialize();
    transactions = new TransactionRunner(dataSource);
    open = () =>
      new AddressBlocks(new AddressBlocksRepository(dataSource.getRepository(AddressBlock)), clock);
    [here, elsewhere] = [open(), open()];
    await Promise.all([here.onModuleInit(), elsewhere.onModuleInit()]);
  });
  afterEach(async () => {
    await Promise.all([here.onModuleDestroy(), elsewhere.onModuleDestroy()]);
    await dataSource.destroy();
    await database.drop();
  });

  const block = (seconds: number) =>
    transactions.run((tx) => here.block(NETWORK, seconds, 'token_forgery', tx));

  it('are known everywhere within two seconds, and to a process that starts later', async () => {
    expect(here.secondsLeft(NETWORK)).toBe(0);
    await block(600);
    await eventually(() => expect(here.secondsLeft(NETWORK)).toBeGreaterThan(590), { timeoutMs: 500 });
    await eventually(() => expect(elsewhere.secondsLeft(NETWORK)).toBeGreaterThan(590), { timeoutMs: 2000 });
    expect(elsewhere.secondsLeft('2001:db8:1:2::/64')).toBe(0);
    const later = open();
    await later.onModuleInit();
    expect(later.secondsLeft(NETWORK)).toBeGreaterThan(590);
    await later.onModuleDestroy();
  });

  it('end on time without anybody ending them', async () => {
    await block(600);
    await eventually(() => expect(here.secondsLeft(NETWORK)).toBeGreaterThan(0));
    clock.advance(599_000);
    expect(here.secondsLeft(NETWORK)).toBeLessThanOrEqual(1);
    clock.advance(1000);
    expect(here.secondsLeft(NETWORK)).toBe(0);
  });

  it('are lengthened by a later block and never shortened', async () => {
    await block(600);
    await block(60);
    const [{ expiresAt }] = (await here.list()) as [AddressBlock];
    await block(1200);
    const [longer] = await here.list();
    expect(longer!.expiresAt.getTime() - expiresAt.getTime()).toBeGreaterThan(500_000);
  });

  it('do not begin when their transaction fails', async () => {
    const failing = transactions.run(async (tx) => {
      await here.block(NETWORK, 600, 'token_forgery', tx);
      throw new Error('the alert could not be written');
    });
    await expect(failing).rejects.toThrow('the alert could not be written');
    expect(await here.list()).toEqual([]);
  });

  it('can be lifted, everywhere', async () => {
    await block(600);
    await eventually(() => expect(elsewhere.secondsLeft(NETWORK)).toBeGreaterThan(0));
    expect(await transactions.run((tx) => here.unblock(NETWORK, tx))).toBe(true);
    await eventually(() => expect(elsewhere.secondsLeft(NETWORK)).toBe(0));
    expect(await transactions.run((tx) => here.unblock(NETWORK, tx))).toBe(false);
  });

  it('stay in force while PostgreSQL is away', async () => {
    await block(600);
    await eventually(() => expect(elsewhere.secondsLeft(NETWORK)).toBeGreaterThan(0));
    await database.drop();
    await expect(here.list()).rejects.toThrow('dependency_unavailable');
    expect(elsewhere.secondsLeft(NETWORK)).toBeGreaterThan(0);
  });
});
