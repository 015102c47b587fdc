import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountDirectory } from '../../../src/admin/directory/account-directory.js';
import { AccountListRepository } from '../../../src/admin/directory/account-list.repository.js';
import {
  ACCOUNT_STATUSES,
  type AccountStatus,
  statusOf,
} from '../../../src/admin/directory/account-status.js';
import { AuditService } from '../../../src/audit/audit.service.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { GuessingRules } from '../../../src/rate-limit/guessing/guessing-rules.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { createAccount } from '../../support/app/people.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';

const MINUTE = "interval '1 minute'";
const { closedAt } = new GuessingRules(new Environment());

/** The counted failures of an account: the device, how many, until when its password is not compared, and whether that is a lock. */
const FAILURES: readonly (readonly [device: string, failures: number, until: string, isLock: boolean])[] = [
  ['', 1, 'NULL', false],
  ['', closedAt - 1, `now() - ${MINUTE}`, false],
  ['', closedAt - 1, `now() + ${MINUTE}`, true],
  ['', closedAt, `now() - ${MINUTE}`, true],
  ['a known device', closedAt, `now() + ${MINUTE}`, false],
];

const ROWS = [false, true].flatMap((isDisabled) =>
  [false, true].flatMap((isInvited) =>
    [false, true].flatMap((isVerified) =>
      [null, ...FAILURES].map((failures) => ({ isDisabled, isInvited, isVerified, failures })),
    ),
  ),
);

describe('The status of an account', { timeout: 60_000 }, () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
    for (const row of ROWS) await insert(row);
  });
  afterAll(() => app.close());

  const insert = async ({ isDisabled, isInvited, isVerified, failures }: (typeof ROWS)[number]) => {
    const email = await createAccount(app, { verified: isVerified });
    await asSuperuser(
      app.database,
      'UPDATE users SET disabled_at = CASE WHEN $2 THEN now() END, invited_at = CASE WHEN $3 THEN now() END WHERE email = $1',
      [email, isDisabled, isInvited],
    );
    if (failures === null) return;
    const [device, count, until] = failures;
    await asSuperuser(
      app.database,
      `INSERT INTO login_failures (account_digest, device_id, user_id, failures, blocked_until, updated_at)
       SELECT $2, $3, id, $4, ${until}, now() FROM users WHERE email = $1`,
      [email, app.app.get(AuditService, { strict: false }).emailDigest(email), device, count],
    );
  };
  const listed = async (status?: AccountStatus) => {
    const list = app.app.get(AccountListRepository, { strict: false });
    const { accounts } = await list.page(status ? { status } : {}, null, ROWS.length + 1);
    return accounts;
  };

  it.each(ACCOUNT_STATUSES.filter((status) => status !== 'locked'))(
    'is %s in SQL for the accounts that the service describes so, apart from locks',
    async (status) => {
      const all = (await listed()).map(({ user }) => user);
      expect(all).toHaveLength(ROWS.length);
      const expected = all.filter((user) => statusOf(user, false) === status);
      expect(expected.length).toBeGreaterThan(0);
      expect((await listed(status)).map(({ user }) => user)).toEqual(expected);
    },
  );

  it('puts each account into one list, the one of its status', async () => {
    const directory = app.app.get(AccountDirectory, { strict: false });
    const all = await directory.page({}, ROWS.length);
    const byStatus = await Promise.all(
      ACCOUNT_STATUSES.map(async (status) => (await directory.page({ status }, ROWS.length)).items),
    );
    expect(byStatus).toEqual(
      ACCOUNT_STATUSES.map((wanted) => all.items.filter(({ status }) => status === wanted)),
    );
    for (const items of byStatus) expect(items.length).toBeGreaterThan(0);
  });

  it('is locked in SQL for exactly the accounts that refuse guesses and are not disabled', async () => {
    const directory = app.app.get(AccountDirectory, { strict: false });
    const { items } = await directory.page({}, ROWS.length);
    const locked = items.filter(({ status }) => status === 'locked').map(({ id }) => id);
    expect((await listed('locked')).map(({ user }) => user.id)).toEqual(locked);
    const { length } = ROWS.filter(({ isDisabled, failures }) => !isDisabled && failures?.[3]);
    expect(locked).toHaveLength(length);
  });
});
