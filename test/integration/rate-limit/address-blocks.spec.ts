import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { AddressBlock } from '../../../src/rate-limit/blocks/address-block.entity.js';
import { AddressBlocks } from '../../../src/rate-limit/blocks/address-blocks.js';
import { AddressBlocksRepository } from '../../../src/rate-limit/blocks/address-blocks.repository.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { freshDatabase, type FreshDatabase } from '../../support/postgres/fresh-database.js';
import { eventually } from '../../support/time/eventually.js';

const NETWORK = '2001:db8:1:1::/64';
const ALERT = '019a0000-0000-7000-8000-000000000001';
const OTHER_ALERT = '019a0000-0000-7000-8000-000000000002';

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
      new AddressBlocks(new AddressBlocksRepository(dataSource.getRepository(AddressBlock), clock), clock);
    [here, elsewhere] = [open(), open()];
    await Promise.all([here.onModuleInit(), elsewhere.onModuleInit()]);
  });
  afterEach(async () => {
    await Promise.all([here.onModuleDestroy(), elsewhere.onModuleDestroy()]);
    await dataSource.destroy();
    await database.drop();
  });

  const block = (seconds: number, alertId = ALERT) =>
    transactions.run((tx) => here.block([NETWORK], { alertId, reason: 'token_forgery', seconds }, tx));

  it('are in force everywhere within two seconds, and in a process that starts later', async () => {
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

  it('end by themselves at their expiry', async () => {
    await block(600);
    await eventually(() => expect(here.secondsLeft(NETWORK)).toBeGreaterThan(0));
    clock.advance(599_000);
    expect(here.secondsLeft(NETWORK)).toBeLessThanOrEqual(1);
    clock.advance(1000);
    expect(here.secondsLeft(NETWORK)).toBe(0);
  });

  it('are written once per alert while they are in force', async () => {
    expect(await block(600)).toEqual([NETWORK]);
    const before = await here.list();
    expect(await block(1200)).toEqual([]);
    expect(await here.list()).toEqual(before);
    await dataSource.query(`UPDATE address_blocks SET expires_at = expires_at - interval '1 day'`);
    expect(await block(600)).toEqual([NETWORK]);
  });

  it('last as long as the longest of several alerts', async () => {
    await block(1200);
    expect(await block(60, OTHER_ALERT)).toEqual([NETWORK]);
    await eventually(() => expect(elsewhere.secondsLeft(NETWORK)).toBeGreaterThan(1100));
  });

  it('can be created concurrently', async () => {
    const networks = Array.from({ length: 50 }, (_, i) => `192.0.2.${i}`);
    const written = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        transactions.run((tx) =>
          here.block(
            i % 2 ? networks : networks.toReversed(),
            { alertId: ALERT, reason: 'token_forgery', seconds: 60 },
            tx,
          ),
        ),
      ),
    );
    expect(written.flat()).toHaveLength(50);
  });

  it('do not begin if their transaction fails', async () => {
    const failing = transactions.run(async (tx) => {
      await here.block([NETWORK], { alertId: ALERT, reason: 'token_forgery', seconds: 600 }, tx);
      throw new Error('the alert could not be written');
    });
    await expect(failing).rejects.toThrow('the alert could not be written');
    expect(await here.list()).toEqual([]);
  });

  it('can be removed everywhere', async () => {
    await block(600);
    await eventually(() => expect(elsewhere.secondsLeft(NETWORK)).toBeGreaterThan(0));
    await block(600, OTHER_ALERT);
    const lift = () => transactions.run((tx) => here.lift({ network: NETWORK }, tx));
    expect(await lift()).toHaveLength(2);
    await eventually(() => expect(elsewhere.secondsLeft(NETWORK)).toBe(0));
    expect(await lift()).toEqual([]);
  });

  it('are removed with their alert, and remain as long as another alert blocks the network', async () => {
    await block(1200);
    await block(60, OTHER_ALERT);
    const lift = (alertId: string) => transactions.run((tx) => here.lift({ alertId }, tx));
    expect(await lift(ALERT)).toEqual([expect.objectContaining({ network: NETWORK, alertId: ALERT })]);
    await eventually(() => expect(here.secondsLeft(NETWORK)).toBeLessThanOrEqual(60));
    expect(here.secondsLeft(NETWORK)).toBeGreaterThan(50);
    expect(await lift(OTHER_ALERT)).toHaveLength(1);
    await eventually(() => expect(here.secondsLeft(NETWORK)).toBe(0));
  });

  it('stay in force while PostgreSQL is unavailable', async () => {
    await block(600);
    await eventually(() => expect(elsewhere.secondsLeft(NETWORK)).toBeGreaterThan(0));
    await database.drop();
    await expect(here.list()).rejects.toThrow('dependency_unavailable');
    expect(elsewhere.secondsLeft(NETWORK)).toBeGreaterThan(0);
  });
});
