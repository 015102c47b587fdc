import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { RetentionClock } from '../../../src/platform/database/retention-clock.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { Problem } from '../../../src/platform/errors/problem.js';
import { AccountGuessing } from '../../../src/rate-limit/guessing/account-guessing.js';
import { GuessingRules } from '../../../src/rate-limit/guessing/guessing-rules.js';
import { LoginFailures } from '../../../src/rate-limit/guessing/login-failures.entity.js';
import { LoginFailuresPurge } from '../../../src/rate-limit/guessing/login-failures-purge.js';
import { LoginFailuresRepository } from '../../../src/rate-limit/guessing/login-failures.repository.js';
import { RateLimitErrors } from '../../../src/rate-limit/rate-limit.errors.js';
import { freshDatabase, type FreshDatabase } from '../../support/postgres/fresh-database.js';

const RULES = new GuessingRules(new Environment());

const anAccount = () => randomBytes(32).toString('hex');

describe('guessing one account', () => {
  let database: FreshDatabase;
  let dataSource: DataSource;
  let repository: LoginFailuresRepository;
  let guessing: AccountGuessing;
  let transactions: TransactionRunner;

  const open = () =>
    new DataSource({
      ...dataSourceOptions(database.settings, 'service'),
      entities: [LoginFailures],
    }).initialize();

  beforeAll(async () => {
    database = await freshDatabase();
    dataSource = await open();
    repository = new LoginFailuresRepository(dataSource.getRepository(LoginFailures), new SystemClock());
    guessing = new AccountGuessing(repository, RULES);
    transactions = new TransactionRunner(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const refusalOf = async (account: string, device: string | null = null): Promise<Problem> => {
    const problem: unknown = await guessing.begin(account, device).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).row).toBe(RateLimitErrors.rate_limited);
    return problem as Problem;
  };

  const waitOf = async (account: string, device: string | null = null) =>
    (await refusalOf(account, device)).occurrence.retryAfterSeconds!;

  /** The clock of the database cannot be changed, so the stored waits are moved instead. */
  const passTime = (account: string, seconds: number) =>
    dataSource.query(
      `UPDATE login_failures SET blocked_until = blocked_until - $2 * interval '1 second' WHERE account_digest = $1`,
      [account, seconds],
    );

  async function fail(account: string, times: number, device: string | null = null): Promise<void> {
    for (let guess = 0; guess < times; guess++) {
      await guessing.begin(account, device);
      await passTime(account, RULES.longestWaitSeconds);
    }
  }

  const succeed = async (account: string, device: string | null = null) => {
    const attempt = await guessing.begin(account, device);
    return transactions.run((tx) => attempt.succeeded(tx));
  };

  it('has no wait for nine failures, and then a wait that doubles from thirty seconds to 15 minutes', async () => {
    const account = anAccount();
    await fail(account, 9);
    const waits = [];
    for (let failure = 10; failure <= 17; failure++) {
      expect(await guessing.begin(account, null)).toMatchObject({ failures: failure });
      waits.push(await waitOf(account));
      await passTime(account, RULES.longestWaitSeconds);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it('admits the first attempt after Retry-After, and none before it', async () => {
    const account = anAccount();
    await fail(account, 9);
    await guessing.begin(account, null);
    await passTime(account, 28);
    expect(await waitOf(account)).toBeLessThanOrEqual(2);
    await passTime(account, 2);
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 11 });
  });

  it('does not count refused attempts, which extend no wait', async () => {
    const account = anAccount();
    await fail(account, 9);
    await guessing.begin(account, null);
    const before = await waitOf(account);
    for (let attempt = 0; attempt < 30; attempt++) expect(await waitOf(account)).toBeLessThanOrEqual(before);
    await passTime(account, 30);
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 11 });
  });

  it('admits one guess after a wait that began on a clock a day ahead, and then has the usual wait', async () => {
    const account = anAccount();
    await fail(account, 9);
    await guessing.begin(account, null);
    const [clockAheadSeconds, longest] = [86_400, RULES.longestWaitSeconds];
    await passTime(account, -clockAheadSeconds);
    expect(await guessing.locksOf([account])).toEqual([]);
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 11 });
    expect(await waitOf(account)).toBe(60);
    await passTime(account, 60 - longest);
    expect(await waitOf(account)).toBe(longest);
    expect(await guessing.locksOf([account])).toHaveLength(1);
  });

  it('evaluates no more guesses of a burst of fifty than of fifty in sequence', async () => {
    const account = anAccount();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => guessing.begin(account, null)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    await passTime(account, 30);
    const again = await Promise.allSettled(Array.from({ length: 16 }, () => guessing.begin(account, null)));
    expect(again.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('evaluates no guess after the hundredth failure, even after restarts', async () => {
    const account = anAccount();
    let evaluated = 0;
    for (let guess = 0; guess < 150; guess++) {
      const restarted = guess % 50 === 0 ? await open() : dataSource;
      const service = new AccountGuessing(
        new LoginFailuresRepository(restarted.getRepository(LoginFailures), new SystemClock()),
        RULES,
      );
      await service.begin(account, null).then(
        () => evaluated++,
        () => undefined,
      );
      await passTime(account, RULES.longestWaitSeconds);
      if (restarted !== dataSource) await restarted.destroy();
    }
    expect(evaluated).toBe(100);
    expect(await waitOf(account)).toBe(RULES.longestWaitSeconds);
  });

  it('says of the hundredth guess alone that it is the last', async () => {
    const account = anAccount();
    await fail(account, 98);
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 99, isLast: false });
    await passTime(account, RULES.longestWaitSeconds);
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 100, isLast: true });
  });

  it('has no last guess without limits, and makes nobody wait', async () => {
    const environment = Object.assign(new Environment(), { throwaway: { limits: false, log: null } });
    const unlimited = new AccountGuessing(repository, new GuessingRules(environment));
    const account = anAccount();
    for (let failures = 1; failures <= 101; failures++)
      expect(await unlimited.begin(account, null)).toMatchObject({ failures, isLast: false });
    expect(await unlimited.locksOf([account])).toEqual([]);
  });

  it('evaluates at most one of sixteen concurrent guesses as the hundredth', async () => {
    const account = anAccount();
    await fail(account, 99);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, () => guessing.begin(account, null)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('resets the failures on a success, and returns how many there were', async () => {
    const account = anAccount();
    await fail(account, 12);
    expect(await succeed(account)).toBe(12);
    expect(await succeed(account)).toBe(0);
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 1 });
  });

  it('keeps the failures of a success that rolls back', async () => {
    const account = anAccount();
    await fail(account, 3);
    const attempt = await guessing.begin(account, null);
    const login = transactions.run(async (tx) => {
      await attempt.succeeded(tx);
      throw new Error('the session could not be written');
    });
    await expect(login).rejects.toThrow('the session could not be written');
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 5 });
  });

  it('admits the owner on a known device while strangers are locked out', async () => {
    const account = anAccount();
    await fail(account, 100);
    await refusalOf(account);
    expect(await succeed(account, 'device-1')).toBe(0);
    expect(await succeed(account, 'device-2')).toBe(0);
    await refusalOf(account);
  });

  it('limits a known device by its own count', async () => {
    const account = anAccount();
    await fail(account, 10, 'device-1');
    await guessing.begin(account, 'device-1');
    await refusalOf(account, 'device-1');
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 1 });
  });

  it('does not count a guess that was never evaluated', async () => {
    const account = anAccount();
    await fail(account, 9);
    const attempt = await guessing.begin(account, null);
    await refusalOf(account);
    await attempt.refund();
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 10 });
  });

  it('keeps the wait of a later failure when an earlier guess is taken back', async () => {
    const account = anAccount();
    await fail(account, 9);
    const eleventh = await guessing.begin(account, null).then(async () => {
      await passTime(account, 30);
      return guessing.begin(account, null);
    });
    await passTime(account, 60);
    await guessing.begin(account, null);
    await eleventh.refund();
    expect(await waitOf(account)).toBeGreaterThan(60);
  });

  it('can be unlocked by an operator, on every device', async () => {
    const account = anAccount();
    await fail(account, 100);
    await fail(account, 2, 'device-1');
    expect(await transactions.run((tx) => guessing.unlock(account, tx))).toBe(true);
    expect(await guessing.begin(account, null)).toMatchObject({ failures: 1 });
    expect(await guessing.begin(account, 'device-1')).toMatchObject({ failures: 1 });
    expect(await transactions.run((tx) => guessing.unlock(anAccount(), tx))).toBe(false);
  });

  it('is refused with the violated policy, and no information about the account', async () => {
    const account = anAccount();
    await fail(account, 9);
    await guessing.begin(account, null);
    const { occurrence } = await refusalOf(account);
    expect(occurrence.extensions).toEqual({ 'violated-policies': ['account-guessing'] });
    expect(JSON.stringify(occurrence)).not.toContain(account);
  });

  it('is deleted after 90 days, unless it has reached a wait', async () => {
    const [mistyped, recent, guessed] = [anAccount(), anAccount(), anAccount()];
    await fail(mistyped, 9);
    await fail(recent, 9);
    await fail(guessed, 10);
    await dataSource.query(
      `UPDATE login_failures SET updated_at = now() - interval '91 days' WHERE account_digest = ANY($1)`,
      [[mistyped, guessed]],
    );
    await new LoginFailuresPurge(
      repository,
      RULES,
      new RetentionClock(dataSource, new SystemClock()),
    ).purge();
    const kept = await Promise.all(
      [mistyped, recent, guessed].map((emailDigest) => repository.find({ emailDigest, deviceId: '' }, RULES)),
    );
    expect(kept.map((row) => row?.failures)).toEqual([undefined, 9, 10]);
  });
});
