import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountAdministration } from '../../../src/admin/account-administration.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { RACE_ROUNDS } from '../../support/races/race-rounds.js';
import type { Tokens } from '../../support/app/accounts.js';
import { createAccount, createPerson } from '../../support/app/people.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';

const ORIGIN = internalOrigin('test', { actor: 'cli', operator: 'ada' });

type Act = (administration: AccountAdministration, who: string) => Promise<unknown>;

const ACTS: [string, Act][] = [
  ['demotes', (administration, who) => administration.setRoles(who, ['user', 'auditor'], ORIGIN)],
  ['disables', (administration, who) => administration.disable(who, ORIGIN)],
  ['deletes', (administration, who) => administration.delete(who, ORIGIN)],
];

describe('The last administrator', { timeout: 120_000 }, () => {
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    here = await startApp();
    there = await startBeside(here);
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });
  beforeEach(() => asSuperuser(here.database, 'DELETE FROM users'));

  const of = ({ app }: TestApp) => app.get(AccountAdministration, { strict: false });
  const administrator = () => createAccount(here, { roles: ['admin'] });
  const administrators = async () => {
    const rows = await asSuperuser<{ email: string }>(
      here.database,
      `SELECT email FROM users WHERE 'admin' = ANY (roles) AND disabled_at IS NULL`,
    );
    return rows.map(({ email }) => email);
  };
  const events = async () => {
    const [row] = await asSuperuser<{ count: string }>(here.database, 'SELECT count(*) FROM audit_events');
    return Number(row?.count);
  };

  it.each(ACTS)('is kept if an operator %s them, and nothing is recorded', async (_what, act) => {
    const email = await administrator();
    const before = await events();
    await expect(act(of(here), email)).rejects.toMatchObject({
      row: { code: 'last_administrator', status: 409 },
    });
    expect([await administrators(), await events()]).toEqual([[email], before]);
  });

  it.each(ACTS)('is not protected as one of two: %s', async (_what, act) => {
    const [first, second] = [await administrator(), await administrator()];
    await act(of(here), first);
    expect(await administrators()).toEqual([second]);
  });

  it('is the enabled one of two, and the disabled one can be demoted', async () => {
    const [first, second] = [await administrator(), await administrator()];
    await of(here).disable(first, ORIGIN);
    await expect(of(here).disable(second, ORIGIN)).rejects.toMatchObject({
      row: { code: 'last_administrator' },
    });
    await of(here).setRoles(first, ['user'], ORIGIN);
    expect(await administrators()).toEqual([second]);
  });

  it('remains if two administrators demote each other over HTTP at the same time, on two instances', async () => {
    for (let round = 0; round < RACE_ROUNDS; round++) {
      const [first, second] = [
        await createPerson(here, { roles: ['admin'] }),
        await createPerson(here, { roles: ['admin'] }),
      ];
      const demote = (app: TestApp, by: Tokens, whom: Tokens) =>
        app.call({
          method: 'PATCH',
          url: `/admin/users/${whom.user.id}`,
          token: by.accessToken,
          body: { roles: ['user'] },
        });
      const answers = await Promise.all([demote(here, first, second), demote(there, second, first)]);
      const outcomes = answers.map(({ statusCode, json }) =>
        statusCode === 200 ? 200 : json<{ code: string }>().code,
      );
      // The loser may have been demoted before its own request was authorised.
      expect(outcomes).toContain(200);
      expect(['last_administrator', 'session_ended']).toContain(outcomes.find((outcome) => outcome !== 200));
      expect(await administrators()).toHaveLength(1);
      await asSuperuser(here.database, 'DELETE FROM users');
    }
  });

  it.each(ACTS)('remains if each of two %s the other at the same time', async (_what, act) => {
    for (let round = 0; round < RACE_ROUNDS; round++) {
      const pair = [await administrator(), await administrator()] as const;
      const outcomes = await Promise.allSettled([act(of(here), pair[0]), act(of(there), pair[1])]);
      const refused = outcomes.filter(({ status }) => status === 'rejected');
      expect(refused).toMatchObject([{ reason: { row: { code: 'last_administrator' } } }]);
      expect(await administrators()).toHaveLength(1);
      await asSuperuser(here.database, 'DELETE FROM users');
    }
  });
});
